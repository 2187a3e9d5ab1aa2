"""Opening and closing a session on the device that asks."""

from __future__ import annotations

import hashlib

from flask import request
from flask import session as cookie_session
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import messages
from app.people import roles, sessions
from app.web.redirects import own_path, see_other
from app.web.session import keep_on_device, now, visitor


def origin() -> str:
    """Return the network address that asks, for counting tries."""
    return request.remote_addr or "unknown"


def open_session(session: Session, *, person_id: int) -> str:
    """Sign a person in on this device, in place of whoever was; return the new token."""
    known = visitor()
    if known is not None:
        sessions.revoke(session, session_id=known.session_id, person_id=known.person.id, at=now())
    device = request.user_agent.string or "?"
    is_strange = sessions.is_another_device(session, person_id=person_id, device=device)
    token = sessions.start(session, person_id=person_id, device=device, at=now())
    if is_strange:
        _tell(session, person_id, "new_device", hashlib.sha256(token.encode()).hexdigest()[:16])
    return token


def tell_of_pin(session: Session, *, person_id: int) -> None:
    """Tell a person that the PIN is another one now."""
    _tell(session, person_id, "pin_changed", now().isoformat())


def signed_in_response(token: str, next_path: str) -> Response:
    """Return the reply that gives the device its session and shows the next page."""
    # What a stranger was given before signing in, tokens included, ends here.
    cookie_session.clear()
    response = see_other(own_path(next_path))
    keep_on_device(response, token)
    return response


def _tell(session: Session, person_id: int, kind: str, event: str) -> None:
    home_id = roles.home_of(session, person_id)
    # Who has no role yet belongs nowhere, and has nothing to lose.
    if home_id is not None:
        messages.tell(
            session,
            person_id=person_id,
            cooperative_id=home_id,
            kind=kind,
            event_key=event,
            figures={},
            at=now(),
        )
