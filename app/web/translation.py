"""Words in the reader's language: Flask-Babel with types."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

import flask_babel
from babel import Locale
from jinja2 import pass_context
from jinja2.runtime import Context


def gettext(message: str, **figures: object) -> str:
    """Return a message in the reader's language, with its figures put in."""
    return str(flask_babel.gettext(message, **figures))


def ngettext(one: str, many: str, count: int, **figures: object) -> str:
    """Return the form of a message that a count asks for; ``%(num)s`` is the count."""
    return str(flask_babel.ngettext(one, many, count, **figures))


def locale() -> Locale:
    """Return the reader's locale."""
    return flask_babel.get_locale() or Locale("en")


def per_reader(function: Callable[..., str]) -> Callable[..., str]:
    """Return a template filter that is worked out for each reader.

    Jinja works a filter of a constant out once, when it compiles the template, unless the
    filter takes the context; whoever came first would choose the language for everybody.
    """

    @pass_context
    @wraps(function)
    def shown(_context: Context, *values: object, **more: object) -> str:
        return function(*values, **more)

    return shown
