"""My day: what was sold where, when the truck comes, what was weighed, what is owed."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.kernel.database import reading
from app.kernel.errors import N_
from app.models import RoleKind
from app.web.guards import role_required
from app.web.navigation import Entry
from app.web.session import current_cooperative, current_person, now
from farmers.services import my_day

NAVIGATION = (Entry("my_day.show", N_("My day"), (RoleKind.FARMER,), "truck", 15),)

blueprint = Blueprint("my_day", __name__, template_folder="templates")


@blueprint.get("/my-day")
@role_required(RoleKind.FARMER)
def show() -> ResponseReturnValue:
    """Show the farmer's coming market days, then the past ones, and what is owed."""
    before = request.args.get("before", type=date.fromisoformat)
    person_id, cooperative_id = current_person().id, current_cooperative().id
    with reading() as session:
        days, more = my_day.past_days(
            session,
            farmer_id=person_id,
            cooperative_id=cooperative_id,
            at=now(),
            before_on=before,
        )
        if before is None:
            coming = my_day.coming_days(
                session, farmer_id=person_id, cooperative_id=cooperative_id, at=now()
            )
            days = coming + days
        owed = my_day.owed(session, farmer_id=person_id, cooperative_id=cooperative_id)
        moves = my_day.movements(session, farmer_id=person_id, cooperative_id=cooperative_id)
    return render_template(
        "farmers/my_day.html",
        days=days,
        owed_minor=owed,
        movements=moves,
        more=url_for(".show", before=more) if more else "",
        at=now(),
        is_first=before is None,
        person_id=person_id,
    )
