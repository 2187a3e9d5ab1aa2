"""The first page: a welcome, or straight to what this person does most."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.web.guards import public
from app.web.session import cooperative_or_none, visitor

blueprint = Blueprint("home", __name__, template_folder="templates")


@blueprint.get("/")
@public
def show() -> ResponseReturnValue:
    """Show the way in, or the person's own tasks."""
    return render_template("pages/home.html", cooperative=cooperative_or_none(), visitor=visitor())
