"""A new code on its way to the one page that shows it.

Only its hash is in the database, and an address would stay in the history, so it
travels in the manager's own signed cookie and is gone once shown.
"""

from __future__ import annotations

from flask import session as cookie_session

from app.web.addresses import public_address

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
    return public_address(f"/enrol/{code}")
