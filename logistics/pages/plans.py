"""The manager's routes: the days, a hub's plan with its map, plan again, publish."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from flask import Blueprint, current_app, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.database import reading
from app.kernel.errors import N_
from app.models import Hub, RoleKind, Vehicle
from app.web.forms import Form
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.navigation import Entry
from app.web.session import current_cooperative, current_person, now
from app.web.translation import gettext
from app.web.writing import write_once
from logistics.pages import schematic, wording
from logistics.pages.day_publishing import PublishDay
from logistics.pages.map_data import MapData, map_data
from logistics.pages.scopes import own_day, own_hub, own_plan, own_run
from logistics.services import drivers, plan_reading, publishing
from logistics.services.board import board
from logistics.services.day_times import DayTimes
from logistics.services.jobs import planning_of, request_plan
from logistics.services.progress import Planning
from logistics.services.views import PlanView, UnplannedView

blueprint = Blueprint("plans", __name__, template_folder="templates")
blueprint.record_once(lambda state: wording.install(state.app))

NAVIGATION = (Entry("plans.index", N_("Routes"), (RoleKind.MANAGER,), "route", 40),)


@dataclass(frozen=True)
class LeftOut:
    """A village that no run visits, with the reason and the cheapest mend in words."""

    village: UnplannedView
    reason: str
    mend: str


@dataclass(frozen=True)
class PlanPage:
    """Everything the plan page shows; ``plan`` is missing until there is one."""

    market_day_id: int
    hub_id: int
    hub: str
    plan: PlanView | None
    planning: Planning | None
    refusal: str
    left_out: Sequence[LeftOut]
    over: Sequence[str]
    drawing: schematic.Schematic | None
    map_data: MapData | None


@blueprint.get("/plans")
@role_required(RoleKind.MANAGER)
def index() -> ResponseReturnValue:
    """List the days whose routes are to be planned or driven."""
    with reading() as session:
        days = board(session, cooperative_id=current_cooperative().id)
    return render_template("logistics/plans.html", days=days)


@blueprint.get("/market-days/<int:day_id>/hubs/<int:hub_id>/plan")
@role_required(RoleKind.MANAGER)
def newest(day_id: int, hub_id: int) -> ResponseReturnValue:
    """Show a hub's newest plan of a day, or how far its making is."""
    return _page(day_id, hub_id, Form({}))


@blueprint.post("/market-days/<int:day_id>/hubs/<int:hub_id>/plan")
@role_required(RoleKind.MANAGER)
def create(day_id: int, hub_id: int) -> ResponseReturnValue:
    """Ask for a plan; it is made in the background."""
    form = Form()
    here = url_for("plans.newest", day_id=day_id, hub_id=hub_id)

    def ask(session: Session) -> Answer:
        own_day(session, day_id)
        own_hub(session, hub_id)
        request_plan(session, market_day_id=day_id, hub_id=hub_id, at=now())
        return Answer(here)

    return write_once(form, ask) or _page(day_id, hub_id, form)


@blueprint.get("/plans/<int:plan_id>")
@role_required(RoleKind.MANAGER)
def show(plan_id: int) -> ResponseReturnValue:
    """Show one plan, also one that was replaced."""
    with reading() as session:
        plan = own_plan(session, plan_id)
    return _page(plan.market_day_id, plan.hub_id, Form({}), plan_id=plan_id)


@blueprint.post("/plans/<int:plan_id>/publication")
@role_required(RoleKind.MANAGER)
def publish(plan_id: int) -> ResponseReturnValue:
    """Publish the day's routes, of which this plan is a part; people are told."""
    form = Form()
    with reading() as session:
        plan = own_plan(session, plan_id)

    def do(session: Session) -> Answer:
        # The plan that was looked at is published, or nothing: a newer one was not seen.
        publishing.publish(session, plan_id=plan_id, at=now())
        publish_day = cast(PublishDay, current_app.extensions["publish_day"])
        publish_day(
            session,
            market_day_id=plan.market_day_id,
            key=f"publish:{plan.market_day_id}:{form.key}",
            person_id=current_person().id,
            at=now(),
        )
        return Answer(url_for("plans.show", plan_id=plan_id))

    return write_once(form, do) or _page(plan.market_day_id, plan.hub_id, form, plan_id=plan_id)


@blueprint.post("/runs/<int:run_id>/driver")
@role_required(RoleKind.MANAGER)
def assign(run_id: int) -> ResponseReturnValue:
    """Put a driver on a run."""
    form = Form()
    with reading() as session:
        plan = own_plan(session, own_run(session, run_id).plan_id)
        known = drivers.drivers(session, cooperative_id=plan.cooperative_id)
    driver_id = form.identifier("driver", [person.id for person in known])

    def do(session: Session) -> Answer:
        drivers.assign(session, run_id=run_id, driver_id=driver_id, at=now())
        return Answer(url_for("plans.show", plan_id=plan.id))

    return write_once(form, do) or _page(plan.market_day_id, plan.hub_id, form, plan_id=plan.id)


def _page(
    day_id: int, hub_id: int, form: Form, *, plan_id: int | None = None
) -> ResponseReturnValue:
    with reading() as session:
        own_day(session, day_id)
        hub = own_hub(session, hub_id)
        if plan_id is None:
            plans = plan_reading.newest_plans(session, market_day_id=day_id)
            plan_id = next((plan.id for plan in plans if plan.hub_id == hub_id), None)
        view = None if plan_id is None else plan_reading.read_plan(session, plan_id=plan_id)
        planning = planning_of(session, market_day_id=day_id, hub_id=hub_id)
        vehicles = _vehicles(session, hub)
        known = drivers.drivers(session, cooperative_id=hub.cooperative_id)
    page = _compose(day_id, hub, view, planning, vehicles)
    choices = [(person.id, person.name) for person in known]
    return render_template(
        "logistics/plan.html", page=page, form=form, drivers=choices
    ), form.status


def _vehicles(session: Session, hub: Hub) -> dict[int, str]:
    rows = session.execute(select(Vehicle.id, Vehicle.name).where(Vehicle.hub_id == hub.id))
    return dict(rows.all())


def _compose(
    day_id: int,
    hub: Hub,
    view: PlanView | None,
    planning: Planning | None,
    vehicles: dict[int, str],
) -> PlanPage:
    refusal = ""
    if planning is not None and planning.refusal is not None:
        message, figures = planning.refusal
        refusal = gettext(message, **figures)
    times = None if view is None else DayTimes(view.on, current_cooperative().time_zone)
    left_out = [
        LeftOut(
            village,
            wording.reason_text(village, times),
            wording.mend_text(village, times, vehicles),
        )
        for village in (view.unplanned if view is not None else ())
        if times is not None
    ]
    return PlanPage(
        market_day_id=day_id,
        hub_id=hub.id,
        hub=hub.called,
        plan=view,
        planning=planning,
        refusal=refusal,
        left_out=left_out,
        over=[wording.over_text(over) for over in (view.over if view is not None else ())],
        drawing=None if view is None else schematic.draw(view),
        map_data=None if view is None else map_data(view),
    )
