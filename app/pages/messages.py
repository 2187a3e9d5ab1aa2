"""What a person was told."""

from __future__ import annotations

from flask import Blueprint, g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import messages
from app.kernel.database import reading, transaction
from app.web.guards import signed_in_required
from app.web.session import current_person, now
from app.web.told import in_words

blueprint = Blueprint("messages", __name__, template_folder="templates")

PAGE_LENGTH = 30


@blueprint.get("/messages")
@signed_in_required
def show() -> ResponseReturnValue:
    """List messages, newest first; what has been shown counts as read."""
    person = current_person()
    before_id = request.args.get("before", type=int)
    with reading() as session:
        found = messages.newest(
            session, person_id=person.id, before_id=before_id, limit=PAGE_LENGTH + 1
        )
        shown = found[:PAGE_LENGTH]
        told = in_words(session, shown)
    if any(message.is_new for message in told):
        with transaction() as session:
            messages.mark_read(session, person_id=person.id, up_to_id=shown[0].id, at=now())
        g.pop("unread_messages", None)
    older = url_for("messages.show", before=shown[-1].id) if len(found) > PAGE_LENGTH else ""
    return render_template("pages/messages.html", messages=told, older=older)
