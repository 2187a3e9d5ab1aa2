"""Sign-in links for looking around: this machine only, and only where they are allowed.

A link carries a token made from the installation's secret, so that it cannot be
guessed, and it works only for a browser on the machine itself.
"""

from __future__ import annotations

import hmac
from ipaddress import ip_address

from flask import current_app, request

from app.models import RoleKind

# A proxy in front makes every caller look as if it stood on this machine.
_PROXY_HEADERS = ("X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Forwarded", "Via")


def demo_path(secret_key: str, kind: RoleKind) -> str:
    """Return the path that signs a person with this role in."""
    return f"/demo/{kind}?token={_token(secret_key, kind)}"


def is_allowed(kind: RoleKind, token: str) -> bool:
    """Whether this request may use a demo link for a role."""
    return (
        bool(current_app.config["DEMO_LINKS"])
        and _is_this_machine(request.remote_addr or "")
        and _is_this_machine(request.host.rsplit(":", 1)[0].strip("[]"))
        and not any(header in request.headers for header in _PROXY_HEADERS)
        and hmac.compare_digest(token.encode(), _token(_secret(), kind).encode())
    )


def _secret() -> str:
    return str(current_app.config["SECRET_KEY"])


def _token(secret_key: str, kind: RoleKind) -> str:
    return hmac.digest(secret_key.encode(), f"demo link {kind}".encode(), "sha256").hex()[:32]


def _is_this_machine(name: str) -> bool:
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
