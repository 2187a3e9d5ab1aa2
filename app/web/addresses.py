"""Whole addresses, for what leaves the site: a printed code, a link in a chat."""

from __future__ import annotations

from flask import current_app, request

_OWN_MACHINE = ("//127.0.0.1", "//localhost", "//[::1]")


def public_address(path: str) -> str:
    """Return a path of this site as an address that another device can open.

    Without a public address the one that this request came by is the best known.
    """
    public_url = str(current_app.config["PUBLIC_URL"])
    is_own = any(name in public_url for name in _OWN_MACHINE)
    return f"{(request.host_url if is_own else public_url).rstrip('/')}{path}"
