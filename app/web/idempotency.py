"""One request, one effect: the repeat of a keyed request gets the first one's answer."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import Response
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.kernel.errors import N_, BadInput, Refusal
from app.models import Reply

_KEY = re.compile(r"[A-Za-z0-9._:-]{8,64}")


class KeyMissing(BadInput):
    """A writing request came without a usable key."""

    code = "key_missing"
    message = N_("The form is incomplete. Open the page again and send it once more.")


class KeyReused(Refusal):
    """A key came again with another content."""

    code = "key_reused"
    message = N_(
        "This form was already sent with other content. Look at what was saved, then start anew."
    )


@dataclass(frozen=True)
class Answer:
    """What a keyed request is answered: a path to look at, or a body."""

    location: str | None = None
    body: str = ""
    status: int = 303

    def response(self) -> Response:
        """Return the answer as an HTTP response."""
        kind = "application/json" if self.body else "text/html"
        response = Response(self.body, status=self.status, mimetype=kind)
        if self.location is not None:
            response.headers["Location"] = self.location
        return response


def new_key() -> str:
    """Return a fresh key for one rendered form."""
    return uuid.uuid4().hex


def checked_key(key: str | None) -> str:
    """Return a key a request may use.

    :raises KeyMissing: if there is none, or it is too short to be unique.
    """
    if key is None or not _KEY.fullmatch(key):
        raise KeyMissing
    return key


def reply_once(
    session: Session,
    *,
    person_id: int,
    key: str,
    body: Mapping[str, object],
    at: datetime,
    do: Callable[[], Answer],
) -> Answer:
    """Do a request's work once per person and key, and return its (stored) answer.

    The key is taken before the work starts and stands in the same transaction, so
    either both are kept or neither; a refusal raised by ``do`` frees the key.

    :raises KeyReused: if the key already answered a different body.
    """
    digest = _digest(body)
    taken = _reply(session, person_id, key)
    if taken is None:
        reply = Reply(
            person_id=person_id, key=key, body_hash=digest, status=0, body="", created_at=at
        )
        try:
            with session.begin_nested():
                session.add(reply)
        except IntegrityError:
            # Another process took the key between the look and the insert.
            taken = _reply(session, person_id, key)
            if taken is None:
                raise
    if taken is not None:
        if taken.body_hash != digest:
            raise KeyReused
        return Answer(location=taken.location, body=taken.body, status=taken.status)
    answer = do()
    reply.location, reply.body, reply.status = answer.location, answer.body, answer.status
    session.flush()
    return answer


def _reply(session: Session, person_id: int, key: str) -> Reply | None:
    return session.scalars(
        select(Reply).where(Reply.person_id == person_id, Reply.key == key)
    ).first()


def _digest(body: Mapping[str, object]) -> str:
    return hashlib.sha256(
        json.dumps(body, sort_keys=True, ensure_ascii=False, default=str).encode()
    ).hexdigest()
