"""The driver's phone: my runs, the next stop, what was loaded there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.kernel.database import reading
from app.kernel.errors import N_, NotFound
from app.models import RoleKind
from app.web.forms import Form
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.navigation import Entry
from app.web.session import current_person, current_roles, now
from app.web.writing import write_once
from logistics.pages import weigh_forms
from logistics.pages.scopes import own_run, own_stop
from logistics.services import driving, run_reading, surplus
from logistics.services.views import RunView, StopView

blueprint = Blueprint("driving", __name__, template_folder="templates")

NAVIGATION = (Entry("driving.index", N_("Runs"), (RoleKind.DRIVER,), "truck", 10),)


@dataclass(frozen=True)
class RunPage:
    """One run on the road; ``expected`` is when each open stop is reached, by stop id."""

    run: RunView
    next_stop: StopView | None
    expected: Mapping[int, datetime]
    is_late: bool
    just_done: StopView | None

    @property
    def done_count(self) -> int:
        """Return how many stops are done."""
        return sum(stop.done_at is not None for stop in self.run.stops)


@blueprint.get("/runs")
@role_required(RoleKind.DRIVER)
def index() -> ResponseReturnValue:
    """List the driver's runs."""
    with reading() as session:
        mine = driving.runs_of(session, driver_id=current_person().id, at=now())
        runs = run_reading.read_runs(session, run_ids=[run.id for run in mine])
    runs.sort(key=lambda run: (run.finished_at is not None, run.starts_at))
    return render_template("logistics/runs.html", runs=runs)


@blueprint.get("/runs/<int:run_id>")
@role_required(RoleKind.DRIVER, RoleKind.MANAGER)
def show(run_id: int) -> ResponseReturnValue:
    """Show the next stop large, and the others below."""
    return _run_page(run_id, Form({}))


@blueprint.post("/runs/<int:run_id>/departure")
@role_required(RoleKind.DRIVER, RoleKind.MANAGER)
def depart(run_id: int) -> ResponseReturnValue:
    """Note that the truck has left."""
    form = Form()

    def do(session: Session) -> Answer:
        own_run(session, run_id)
        driving.start(session, run_id=run_id, at=now())
        return Answer(url_for("driving.show", run_id=run_id))

    return write_once(form, do) or _run_page(run_id, form)


@blueprint.post("/runs/<int:run_id>/arrival")
@role_required(RoleKind.DRIVER, RoleKind.MANAGER)
def arrive(run_id: int) -> ResponseReturnValue:
    """Note that the truck is back at the hub."""
    form = Form()

    def do(session: Session) -> Answer:
        own_run(session, run_id)
        driving.finish(session, run_id=run_id, at=now())
        return Answer(url_for("driving.show", run_id=run_id))

    return write_once(form, do) or _run_page(run_id, form)


@blueprint.get("/stops/<int:stop_id>")
@role_required(RoleKind.DRIVER, RoleKind.MANAGER, RoleKind.VILLAGE_LEAD)
def stop(stop_id: int) -> ResponseReturnValue:
    """Show one stop with its lots, also one that is done, to correct it."""
    return _stop_page(stop_id, Form({}))


@blueprint.post("/stops/<int:stop_id>/weighings")
@role_required(RoleKind.DRIVER, RoleKind.MANAGER, RoleKind.VILLAGE_LEAD)
def weigh(stop_id: int) -> ResponseReturnValue:
    """Record what was loaded of one lot, or that all the others are as planned."""
    form = Form()
    with reading() as session:
        own_stop(session, stop_id)
        view = run_reading.read_stop(session, stop_id=stop_id)
    typed = weigh_forms.read(form, view)

    def do(session: Session) -> Answer:
        weigh_forms.save(
            session,
            stop=view,
            typed=typed,
            person_id=current_person().id,
            key=form.key,
            at=now(),
        )
        return Answer(_after(view))

    return write_once(form, do) or _stop_page(stop_id, form)


@blueprint.post("/stops/<int:stop_id>/lots/<int:lot_id>/surplus")
@role_required(RoleKind.DRIVER, RoleKind.MANAGER, RoleKind.VILLAGE_LEAD)
def keep_surplus(stop_id: int, lot_id: int) -> ResponseReturnValue:
    """Offer what a farmer brought too much on the next market day."""
    form = Form()
    with reading() as session:
        own_stop(session, stop_id)
        view = run_reading.read_stop(session, stop_id=stop_id)
    if lot_id not in {lot.lot_id for lot in view.lots}:
        raise NotFound

    def do(session: Session) -> Answer:
        surplus.offer_again(session, lot_id=lot_id, person_id=current_person().id, at=now())
        return Answer(url_for("driving.stop", stop_id=stop_id))

    return write_once(form, do) or _stop_page(stop_id, form)


def _after(stop: StopView) -> str:
    """Return where to look next: the run for its driver, the gathering for a village lead."""
    if current_roles(RoleKind.DRIVER, RoleKind.MANAGER):
        return url_for("driving.show", run_id=stop.run_id, done=stop.stop_id)
    return url_for("gathering.index", done=stop.stop_id)


def _run_page(run_id: int, form: Form) -> ResponseReturnValue:
    with reading() as session:
        own_run(session, run_id)
        run = run_reading.read_run(session, run_id=run_id)
        progress = driving.progress(session, run_id=run_id, at=now())
    views = {stop.stop_id: stop for stop in run.stops}
    next_id = None if progress.next_stop is None else progress.next_stop.id
    estimates = progress.estimates
    page = RunPage(
        run=run,
        next_stop=None if next_id is None else views.get(next_id),
        expected={estimate.stop_id: estimate.expected_at for estimate in estimates},
        is_late=any(estimate.expected_at > estimate.planned_at for estimate in estimates),
        just_done=views.get(request.args.get("done", 0, type=int)),
    )
    return render_template("logistics/run.html", page=page, form=form), form.status


def _stop_page(stop_id: int, form: Form) -> ResponseReturnValue:
    with reading() as session:
        own_stop(session, stop_id)
        view = run_reading.read_stop(session, stop_id=stop_id)
    back = _after(view).partition("?")[0]
    return render_template("logistics/stop.html", stop=view, form=form, back_to=back), form.status
