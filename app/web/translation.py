"""Words in the reader's language: Flask-Babel with types."""

from __future__ import annotations

import flask_babel
from babel import Locale


def gettext(message: str, **figures: object) -> str:
    """Return a message in the reader's language, with its figures put in."""
    return str(flask_babel.gettext(message, **figures))


def ngettext(one: str, many: str, count: int, **figures: object) -> str:
    """Return the form of a message that a count asks for; ``%(num)s`` is the count."""
    return str(flask_babel.ngettext(one, many, count, **figures))


def locale() -> Locale:
    """Return the reader's locale."""
    return flask_babel.get_locale() or Locale("en")
