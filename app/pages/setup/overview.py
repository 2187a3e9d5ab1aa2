"""The one entry to all set-up pages, and the list of what a new cooperative still lacks."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.kernel.database import reading
from app.kernel.errors import N_
from app.models import RoleKind
from app.pages.setup import steps
from app.setting_up.first_hour import progress
from app.web.guards import role_required
from app.web.navigation import Entry
from app.web.session import current_cooperative, now

blueprint = Blueprint("setup", __name__, template_folder="templates")

NAVIGATION = (Entry("setup.index", N_("Set up"), (RoleKind.MANAGER,), "settings", 90),)


@dataclass(frozen=True)
class Door:
    """One page of the set-up: where, how it is called, what it is for."""

    endpoint: str
    label: str
    text: str
    icon: str


GROUPS: tuple[tuple[str, tuple[Door, ...]], ...] = (
    (
        N_("Places and trucks"),
        (
            Door("villages.index", N_("Villages"), N_("Gathering points, hours, pins"), "map"),
            Door("hubs.index", N_("Hubs"), N_("Where goods are sorted, legs between"), "home"),
            Door("shops.index", N_("Shops"), N_("Pickup points in the city"), "shop"),
            Door("vehicles.index", N_("Vehicles"), N_("Load, cost, shift, driver"), "truck"),
            Door(
                "village_routes.index", N_("Village routes"), N_("The standing milk runs"), "route"
            ),
        ),
    ),
    (
        N_("The market"),
        (
            Door("crops.index", N_("Crops"), N_("What is traded, in which units"), "leaf"),
            Door("market_calendar.index", N_("Calendar"), N_("Market days and festivals"), "day"),
            Door("fees.index", N_("Fees"), N_("What the cooperative keeps"), "money"),
            Door("freight.index", N_("Freight prices"), N_("Village to pickup point"), "scale"),
        ),
    ),
    (
        N_("The cooperative"),
        (
            Door("cooperative.show", N_("Rules"), N_("Name, languages, prices"), "settings"),
            Door("imports.index", N_("Import"), N_("From a spreadsheet"), "list"),
            Door("deliveries.index", N_("Messages"), N_("To phones; quiet hours"), "bell"),
            Door("background.index", N_("Background work"), N_("What failed, and why"), "clock"),
        ),
    ),
)


@blueprint.get("/set-up")
@role_required(RoleKind.MANAGER)
def index() -> ResponseReturnValue:
    """Show every page of the set-up, and whether anything is still missing."""
    found = _steps()
    return render_template(
        "setup/index.html", groups=GROUPS, missing=sum(not step.is_done for step in found)
    )


@blueprint.get("/set-up/first-hour")
@role_required(RoleKind.MANAGER)
def first_hour() -> ResponseReturnValue:
    """Show what is still missing before the first market day."""
    found = _steps()
    return render_template(
        "setup/first_hour.html", steps=found, done=sum(step.is_done for step in found)
    )


def _steps() -> list[steps.Step]:
    with reading() as session:
        found = progress(session, cooperative_id=current_cooperative().id, at=now())
    return steps.steps_of(found)
