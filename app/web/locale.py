"""The language of a page: the person's, else the device's, else the browser's."""

from __future__ import annotations

from flask import Flask, request
from flask_babel import Babel, get_locale
from werkzeug.wrappers import Response

from app.web.session import cooperative_or_none, visitor

LANGUAGE_COOKIE = "farmgate_language"
DEFAULT_LANGUAGES = ("en", "zh")
RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})


def languages() -> list[str]:
    """Return the languages that the cooperative speaks, its first one first."""
    cooperative = cooperative_or_none()
    return list(cooperative.languages) if cooperative is not None else list(DEFAULT_LANGUAGES)


def install(app: Flask) -> None:
    """Choose a locale per request and tell the templates."""
    Babel(app, locale_selector=select_locale, default_locale="en")
    app.jinja_env.globals["languages"] = languages
    app.jinja_env.globals["language"] = language
    app.jinja_env.globals["direction"] = direction


def select_locale() -> str:
    """Return the locale of this request, out of the cooperative's languages."""
    offered = languages()
    known = visitor()
    if known is not None and known.person.language in offered:
        return known.person.language
    kept = request.cookies.get(LANGUAGE_COOKIE)
    if kept in offered:
        return kept
    return request.accept_languages.best_match(offered) or offered[0]


def language() -> str:
    """Return the page's language for its ``lang`` attribute."""
    locale = get_locale()
    return "en" if locale is None else str(locale.language)


def direction() -> str:
    """Return the page's writing direction, ``ltr`` or ``rtl``."""
    return "rtl" if language() in RIGHT_TO_LEFT else "ltr"


def keep_language(response: Response, code: str) -> None:
    """Remember a language on this device for a year."""
    response.set_cookie(LANGUAGE_COOKIE, code, max_age=31_536_000, samesite="Lax")
