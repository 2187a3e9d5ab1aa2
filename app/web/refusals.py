"""Refusals in the reader's words, as a page or as JSON: the one place for both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from app.kernel.errors import N_, Refusal
from app.web.formatting import money, quantity
from app.web.translation import gettext
from app.web.words import called_name

STATUSES = {
    400: N_("The request could not be read. Go back, reload the page and try again."),
    404: N_("This page was not found. The link may be incomplete, or the thing was removed."),
    405: N_("This page cannot be opened like this. Go back and use its buttons."),
    413: N_("What you sent is too large. Send a smaller file."),
    429: N_("Too many requests. Wait a minute and try again."),
    500: N_("Something went wrong on our side. Nothing was saved. Try again in a moment."),
}


def wording(refusal: Refusal) -> str:
    """Return a refusal's message in the reader's language, with its figures.

    Figures that end in ``_g`` are shown as weights, in ``_minor`` as money.
    """
    figures = {name: _shown(name, value) for name, value in refusal.figures.items()}
    return gettext(refusal.message, **figures)


def stored_wording(error: Mapping[str, Any] | None) -> str:
    """Return the message of a refusal that a job has stored, or nothing."""
    if error is None:
        return ""
    try:
        figures = {name: _shown(name, value) for name, value in error["figures"].items()}
        return gettext(str(error["message"])) % figures
    except (KeyError, TypeError, ValueError):
        # A job may outlive the version that worded its fault.
        return str(error.get("code", ""))


def _shown(name: str, value: int | str) -> int | str:
    if isinstance(value, int) and name.endswith("_g"):
        return quantity(value)
    if isinstance(value, int) and name.endswith("_minor"):
        return money(value)
    return called_name(value) if isinstance(value, str) else value


def wants_json() -> bool:
    """Whether a script asked, and not a person's browser for a page."""
    if request.path.startswith("/api/") or request.is_json:
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json"


def install(app: Flask) -> None:
    """Turn refusals and HTTP errors into replies."""

    @app.errorhandler(Refusal)
    def refused(refusal: Refusal) -> ResponseReturnValue:
        if wants_json():
            return _json(refusal.status, refusal.code, wording(refusal), refusal.field)
        if refusal.status == 401:
            return redirect(url_for("sign_in.show", next=_asked_for()))
        page = render_template("errors/refused.html", refusal=refusal, message=wording(refusal))
        return page, refusal.status

    @app.errorhandler(CSRFError)
    def stale_form(error: CSRFError) -> ResponseReturnValue:
        message = gettext("This form was open for too long. Go back, reload it and send it again.")
        return _error(400, "stale_form", message)

    @app.errorhandler(HTTPException)
    def failed(error: HTTPException) -> ResponseReturnValue:
        status = error.code or 500
        if status < 400:
            return error.get_response()
        return _error(status, f"http_{status}", gettext(STATUSES.get(status, STATUSES[400])))


def _error(status: int, code: str, message: str) -> ResponseReturnValue:
    if wants_json():
        return _json(status, code, message, None)
    return render_template("errors/error.html", status=status, message=message), status


def _json(status: int, code: str, message: str, field: str | None) -> tuple[Response, int]:
    return jsonify(error={"code": code, "message": message, "field": field}), status


def _asked_for() -> str:
    # Only a page that was looked at can be opened again after signing in.
    return request.full_path.rstrip("?") if request.method == "GET" else "/"
