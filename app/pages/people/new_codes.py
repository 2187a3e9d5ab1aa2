"""A new code on its way to the one page that shows it.

Only its hash is in the database, and an address would stay in the history, so it
travels in the manager's own signed cookie and is gone once shown.
"""

from __future__ import annotations

from flask import current_app, request
from flask import session as cookie_session

_KEPT = "new_code"


def remember(person_id: int, code: str) -> None:
    """Keep a code for the next page about this person."""
    cookie_session[_KEPT] = {"person_id": person_id, "code": code}


def take(person_id: int) -> str:
    """Return the code that was kept for a person, once; nothing if there is none."""
    kept = cookie_session.get(_KEPT)
    if kept is None or kept["person_id"] != person_id:
        return ""
    del cookie_session[_KEPT]
    return str(kept["code"])


def enrolment_link(code: str) -> str:
    """Return the address that a card's QR code leads to."""
    public_url = str(current_app.config["PUBLIC_URL"])
    # Without a public address the one that the manager uses now is the best known.
    is_own = any(name in public_url for name in ("//127.0.0.1", "//localhost", "//[::1]"))
    return f"{request.host_url.rstrip('/') if is_own else public_url}/enrol/{code}"
