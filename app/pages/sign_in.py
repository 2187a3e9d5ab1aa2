"""Signing in."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.web.forms import Form
from app.web.guards import public
from app.web.redirects import own_path

blueprint = Blueprint("sign_in", __name__, template_folder="templates")


@blueprint.get("/sign-in")
@public
def show() -> ResponseReturnValue:
    """Ask for phone, member number or card, and the PIN."""
    next_path = own_path(request.args.get("next"))
    return render_template("pages/sign_in.html", form=Form({}), next_path=next_path)
