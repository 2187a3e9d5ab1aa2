"""Help that is good where there is no signal."""

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
