"""Headers and checks that keep other sites out of ours."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, g, request
from flask_wtf.csrf import CSRFProtect

from app.kernel.errors import N_, Refusal

csrf = CSRFProtect()

P = ParamSpec("P")
R = TypeVar("R")


class ForeignOrigin(Refusal):
    """A request that another site made a browser send."""

    code = "foreign_origin"
    message = N_("This request came from another site.")
    status = 403


def protect(app: Flask, *, tile_address: str) -> None:
    """Put CSRF tokens on every form and security headers on every reply."""
    csrf.init_app(app)
    app.jinja_env.globals["csp_nonce"] = nonce
    tiles = _origin(tile_address)

    @app.after_request
    def add_headers(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", _policy(nonce(), tiles))
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", "geolocation=(self), camera=(self)")
        if request.is_secure:
            headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        return response


def nonce() -> str:
    """Return this reply's nonce for inline styles and scripts."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def same_origin_required(view: Callable[P, R]) -> Callable[P, R]:
    """Refuse requests that another site started; for endpoints without a CSRF token.

    A page kept offline for weeks has no fresh token, so the queue's endpoint relies on
    the headers that a browser sets itself and no script can change.

    :raises ForeignOrigin: inside the view, if either header names another site.
    """

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        fetched_from = request.headers.get("Sec-Fetch-Site")
        origin = request.headers.get("Origin")
        if fetched_from not in (None, "same-origin"):
            raise ForeignOrigin
        if origin is not None and urlsplit(origin).netloc != request.host:
            raise ForeignOrigin
        if fetched_from is None and origin is None:
            raise ForeignOrigin
        return view(*args, **kwargs)

    return guarded


def _origin(address: str) -> str:
    parts = urlsplit(address)
    # A tile template may shard by sub-domain, as in https://{s}.tile.example.org.
    return f"{parts.scheme}://{parts.netloc.replace('{s}', '*')}" if parts.netloc else ""


def _policy(own_nonce: str, tiles: str) -> str:
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src 'self' 'nonce-{own_nonce}'",
            f"style-src 'self' 'nonce-{own_nonce}'",
            f"img-src 'self' data: blob: {tiles}".rstrip(),
            "font-src 'self'",
            "media-src 'self'",
            "connect-src 'self'",
            "worker-src 'self'",
            "manifest-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ]
    )
