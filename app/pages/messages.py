"""What a person was told."""

from __future__ import annotations

from flask import Blueprint, g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import messages
from app.kernel.database import reading, transaction
from app.messages.kinds import kind_of
from app.messages.short_links import message_number
from app.web.guards import signed_in_required
from app.web.redirects import see_other
from app.web.session import current_person, now
from app.web.told import in_words

blueprint = Blueprint("messages", __name__, template_folder="templates")

PAGE_LENGTH = 30


@blueprint.get("/m/<code>")
@signed_in_required
def open_link(code: str) -> ResponseReturnValue:
    """Lead from the short link of a text message to the page that it is about."""
    with reading() as session:
        message = messages.own_message(
            session, message_id=message_number(code), person_id=current_person().id
        )
    return see_other(kind_of(message.kind).page(message.figures))


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
