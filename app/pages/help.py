"""Help: what is good where there is no signal, and how a price comes about."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.web.guards import public

blueprint = Blueprint("help", __name__, template_folder="templates")


@blueprint.get("/help/offline")
@public
def offline() -> ResponseReturnValue:
    """Tell what works without a signal and what happens to what was saved."""
    return render_template("pages/offline_help.html")


@blueprint.get("/help/prices")
@public
def prices() -> ResponseReturnValue:
    """Tell a farmer how prices are made and what is fair about them."""
    return render_template("pages/price_rules.html")
