"""Whether this process can serve: for supervisors and load balancers."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from app.kernel.database import reading
from app.web.guards import public

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@public
def show() -> ResponseReturnValue:
    """Answer 200 once the database answers."""
    with reading() as session:
        session.execute(text("SELECT 1"))
    return jsonify(status="ok")
