"""The village lead's scale: what the truck will load here, weighed before it comes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.kernel.database import reading
from app.kernel.errors import N_
from app.models import RoleKind
from app.web.forms import Form
from app.web.guards import role_required
from app.web.navigation import Entry
from app.web.session import current_cooperative, current_roles
from logistics.services import run_reading
from logistics.services.board import days_on_the_road
from logistics.services.views import StopView

blueprint = Blueprint("gathering", __name__, template_folder="templates")

NAVIGATION = (Entry("gathering.index", N_("Gather"), (RoleKind.VILLAGE_LEAD,), "scale", 20),)


@dataclass(frozen=True)
class Gathering:
    """One visit of a truck to the lead's village."""

    on: date
    vehicle: str
    driver_phone: str | None
    stop: StopView


@blueprint.get("/gathering")
@role_required(RoleKind.VILLAGE_LEAD)
def index() -> ResponseReturnValue:
    """Show what is to be gathered and weighed in the lead's villages."""
    villages = {role.village_id for role in current_roles(RoleKind.VILLAGE_LEAD)}
    found: list[Gathering] = []
    with reading() as session:
        for day in days_on_the_road(session, cooperative_id=current_cooperative().id):
            stops = [
                stop
                for village_id in sorted(village for village in villages if village is not None)
                for stop in run_reading.stops_of_village(
                    session, village_id=village_id, market_day_id=day.id
                )
            ]
            runs = run_reading.read_runs(session, run_ids=[stop.run_id for stop in stops])
            by_id = {run.run_id: run for run in runs}
            found += [
                Gathering(day.on, by_id[s.run_id].vehicle, by_id[s.run_id].driver_phone, s)
                for s in stops
            ]
    done = request.args.get("done", 0, type=int)
    just_done = next((one.stop for one in found if one.stop.stop_id == done), None)
    return render_template(
        "logistics/gathering.html", gatherings=found, just_done=just_done, form=Form({})
    )
