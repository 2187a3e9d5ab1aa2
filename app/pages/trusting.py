"""How a phone comes to trust this installation's own certificate."""

from __future__ import annotations

import hashlib
import ssl
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, current_app, render_template, send_file
from flask.typing import ResponseReturnValue

from app.kernel.errors import NotFound
from app.web.guards import public

blueprint = Blueprint("trusting", __name__, template_folder="templates")


@dataclass(frozen=True)
class Trust:
    """The address to open afterwards, and the fingerprint that phone and screen show."""

    address: str
    fingerprint: str


@blueprint.get("/trust")
@public
def show() -> ResponseReturnValue:
    """Tell step by step how to install the certificate."""
    der = ssl.PEM_cert_to_DER_cert(_certificate().read_text())
    digest = hashlib.sha256(der).hexdigest().upper()
    fingerprint = ":".join(digest[start : start + 2] for start in range(0, len(digest), 2))
    trust = Trust(str(current_app.config["PUBLIC_URL"]), fingerprint)
    return render_template("pages/trust.html", trust=trust)


@blueprint.get("/trust/farmgate-ca.crt")
@public
def certificate() -> ResponseReturnValue:
    """Hand out the authority's certificate; its key never leaves the machine."""
    # This type makes a phone offer to install it.
    return send_file(_certificate(), mimetype="application/x-x509-ca-cert", max_age=0)


def _certificate() -> Path:
    path = Path(current_app.config["INSTANCE_DIR"]) / "tls" / "ca.crt"
    if not path.exists():
        raise NotFound
    return path
