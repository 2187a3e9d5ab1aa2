"""What a person was told."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app.kernel.database import reading
from app.models import Message
from app.web.guards import signed_in_required
from app.web.session import current_person

blueprint = Blueprint("messages", __name__, template_folder="templates")

PAGE_LENGTH = 50


@blueprint.get("/messages")
@signed_in_required
def show() -> ResponseReturnValue:
    """List the latest messages, newest first."""
    person = current_person()
    with reading() as session:
        messages = session.scalars(
            select(Message)
            .where(Message.person_id == person.id)
            .order_by(Message.id.desc())
            .limit(PAGE_LENGTH)
        ).all()
    return render_template("pages/messages.html", messages=messages)
