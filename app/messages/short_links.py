"""Short names of messages, for links that leave room for the text."""

from __future__ import annotations

from app.kernel.errors import NotFound

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
# More than any database counts to.
_LONGEST = 12


def short_code(message_id: int) -> str:
    """Return a message's number in as few signs as a link allows."""
    signs = ""
    while message_id:
        message_id, rest = divmod(message_id, len(_DIGITS))
        signs = _DIGITS[rest] + signs
    return signs or "0"


def message_number(code: str) -> int:
    """Return the number of a short code.

    :raises NotFound: if it is none.
    """
    if not 0 < len(code) <= _LONGEST or not set(code.lower()) <= set(_DIGITS):
        raise NotFound
    return int(code, len(_DIGITS))
