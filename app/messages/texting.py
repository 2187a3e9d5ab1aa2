"""Text messages: by a plain HTTP gateway that is described in the settings, or on paper.

Gateways differ in the names of their fields and in what they answer, hardly in more; so
one adapter sends a form, JSON or an address to any of them. Numbers and texts stay out
of the logs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol
from urllib.parse import quote, urlencode, urlsplit

from app.kernel.database import transaction
from app.messages import reasons
from app.messages.posting import Answer, NoAnswer, NotSent, post
from app.messages.reasons import Outcome
from app.models import WrittenText


@dataclass(frozen=True)
class Text:
    """One text message to send."""

    delivery_id: int
    phone: str
    body: str
    at: datetime


class TextGateway(Protocol):
    """Brings text messages to phones."""

    def send(self, text: Text) -> Outcome:
        """Send one text and say what is known of its end."""
        ...


@dataclass(frozen=True)
class GatewaySettings:
    """How a gateway wants its requests and says its answers.

    ``{to}`` and ``{text}`` in the address's path or query and in the values of ``fields``
    become the number and the text; ``{plain_to}`` is the number without its plus sign.

    :param fields: the fields of the body.
    :param accepted: a regular expression that the body of a good answer holds.
    :param refused: one that the body of a clear refusal holds, whatever its status.
    """

    url: str
    method: Literal["POST", "GET"] = "POST"
    body: Literal["form", "json"] = "form"
    fields: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    accepted: str = ""
    refused: str = ""

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or "{" in parts.netloc:
            raise ValueError("the gateway's address needs http:// or https:// and a fixed host")
        re.compile(self.accepted)
        re.compile(self.refused)


class HttpGateway:
    """A gateway that takes one text message a request."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._settings = settings

    def send(self, text: Text) -> Outcome:
        """Send one text; what the gateway leaves open is unknown, never tried again."""
        settings = self._settings
        places = {"to": text.phone, "plain_to": text.phone.lstrip("+"), "text": text.body}
        url = _filled(settings.url, {name: quote(value, safe="") for name, value in places.items()})
        fields = {name: _filled(value, places) for name, value in settings.fields.items()}
        headers, body = dict(settings.headers), None
        if settings.method == "POST":
            if settings.body == "json":
                headers.setdefault("Content-Type", "application/json")
                body = json.dumps(fields, ensure_ascii=False).encode()
            else:
                headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
                body = urlencode(fields).encode()
        try:
            answer = post(url, method=settings.method, headers=headers, body=body)
        except NotSent:
            return reasons.again(reasons.UNREACHABLE)
        except NoAnswer:
            return reasons.unknown(reasons.NO_ANSWER)
        return self._judged(answer)

    def _judged(self, answer: Answer) -> Outcome:
        settings = self._settings
        if settings.refused and re.search(settings.refused, answer.body):
            return reasons.failed(reasons.REFUSED)
        if 200 <= answer.status < 300:
            if not settings.accepted or re.search(settings.accepted, answer.body):
                return reasons.SENT
            return reasons.unknown(reasons.ODD_ANSWER)
        if answer.status == 429:
            return reasons.again(reasons.BUSY)
        if answer.status >= 500 or answer.status == 408:
            return reasons.unknown(reasons.SERVER_FAULT)
        return reasons.failed(reasons.REFUSED)


class WritingGateway:
    """Sends nothing: keeps each text for a page, where developers and the demo read it."""

    def send(self, text: Text) -> Outcome:
        """Write the text down."""
        with transaction() as session:
            session.add(
                WrittenText(
                    delivery_id=text.delivery_id,
                    phone=text.phone,
                    body=text.body,
                    written_at=text.at,
                )
            )
        return reasons.SENT


def _filled(template: str, places: Mapping[str, str]) -> str:
    # Not str.format: a text may hold braces, and a template may hold JSON.
    return re.sub(r"\{(to|plain_to|text)\}", lambda place: places[place.group(1)], template)
