"""The first page: a welcome for strangers, what comes next for everyone else."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app import messages
from app.kernel.database import reading
from app.models import RoleKind
from app.pages.upcoming import upcoming
from app.web.guards import public
from app.web.session import cooperative_or_none, current_roles, now, visitor
from app.web.told import in_words

blueprint = Blueprint("home", __name__, template_folder="templates")

SHOWN_MESSAGES = 3
# Their pages have a side menu and tables; everyone else's have large buttons.
AT_A_DESK = (RoleKind.MANAGER, RoleKind.BUYER, RoleKind.SHOPKEEPER, RoleKind.HUB_WORKER)


@blueprint.get("/")
@public
def show() -> ResponseReturnValue:
    """Show the welcome, or the person's own next things."""
    cooperative, known = cooperative_or_none(), visitor()
    if known is None or cooperative is None:
        return render_template("pages/welcome.html", cooperative=cooperative)
    with reading() as session:
        coming = upcoming(
            session,
            cooperative=cooperative,
            person_id=known.person.id,
            roles=current_roles(),
            at=now(),
        )
        latest = messages.newest(session, person_id=known.person.id, limit=SHOWN_MESSAGES)
        told = [message for message in in_words(session, latest) if message.is_new]
    return render_template(
        "pages/home.html",
        layout="base.html" if current_roles(*AT_A_DESK) else "base_phone.html",
        name=known.person.name,
        roles=current_roles(),
        upcoming=coming,
        messages=told,
    )
