"""One request to one host, and what is known of its end.

A message must not go twice, so what matters is whether the other side can have got the
request. No redirect is followed, no proxy of the environment is used, no retry is made.
"""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

CONNECT_S, ANSWER_S = 5.0, 15.0
_MOST_BYTES = 64 * 1024


class NotSent(Exception):
    """No connection came about: the other side got nothing, and another try is safe."""


class NoAnswer(Exception):
    """The request went off and its answer did not come: it may have been done."""


@dataclass(frozen=True)
class Answer:
    """The status and the beginning of the body of an answer."""

    status: int
    body: str


def post(
    url: str,
    *,
    method: str = "POST",
    headers: Mapping[str, str],
    body: bytes | None,
    connect_s: float = CONNECT_S,
    answer_s: float = ANSWER_S,
) -> Answer:
    """Send a request and return its answer.

    :raises NotSent: if the other side was not reached.
    :raises NoAnswer: if it was, and did not answer whole or in time.
    """
    parts = urlsplit(url)
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(
            parts.netloc, timeout=connect_s, context=ssl.create_default_context()
        )
    else:
        connection = http.client.HTTPConnection(parts.netloc, timeout=connect_s)
    try:
        try:
            connection.connect()
        except OSError as error:
            raise NotSent(type(error).__name__) from None
        connection.sock.settimeout(answer_s)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            connection.request(method, path, body=body, headers=dict(headers))
            answer = connection.getresponse()
            text = answer.read(_MOST_BYTES).decode("utf-8", errors="replace")
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(type(error).__name__) from None
        return Answer(answer.status, text)
    finally:
        connection.close()
