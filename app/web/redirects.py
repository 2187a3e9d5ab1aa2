"""Redirects that stay on this site."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import redirect, request
from werkzeug.wrappers import Response


def own_path(address: str | None, *, otherwise: str = "/") -> str:
    """Return the address if it is a path of this site, else another one.

    Browsers read a backslash as a slash and skip control characters, so both are
    refused before the address is taken apart.
    """
    if not address or any(sign == "\\" or ord(sign) < 33 for sign in address):
        return otherwise
    parts = urlsplit(address)
    if parts.scheme or parts.netloc or not address.startswith("/") or address.startswith("//"):
        return otherwise
    return address


def see_other(path: str) -> Response:
    """Answer a finished form: look at this path now (303)."""
    return redirect(own_path(path), code=303)


def back_or(path: str) -> Response:
    """Go to the form's ``next`` path, or to another one."""
    return redirect(own_path(request.values.get("next"), otherwise=path), code=303)
