"""After the run: planned against driven, the odometer, and freight prices that runs propose."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, flash, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.kernel.database import reading
from app.models import RoleKind, Vehicle
from app.web.forms import Form, NoSuchChoice
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.session import current_cooperative, now
from app.web.translation import gettext, ngettext
from app.web.writing import write_once
from logistics.pages.scopes import own_run
from logistics.services import learning, tariff_lessons
from logistics.services.tariff_lessons import Proposal
from logistics.services.views import RunView

blueprint = Blueprint("recorded_runs", __name__, template_folder="templates")

_SHOWN = 30
_MOST_KM = 3_000


@dataclass(frozen=True)
class Recorded:
    """One finished run; what it loaded, took and cost beside what was planned."""

    run: RunView
    loaded_g: int
    spent_s: int | None
    cost_minor: int


@blueprint.get("/runs/recorded")
@role_required(RoleKind.MANAGER)
def index() -> ResponseReturnValue:
    """Show the finished runs and the prices they propose."""
    return _page(Form({}))


@blueprint.post("/runs/<int:run_id>/odometer")
@role_required(RoleKind.MANAGER)
def record(run_id: int) -> ResponseReturnValue:
    """Write down what a run's odometer showed."""
    form = Form()
    # Kilometres are read as kilograms are: a thousand metres to one.
    driven_m = form.quantity_g("driven", maximum_g=_MOST_KM * 1_000)

    def do(session: Session) -> Answer:
        own_run(session, run_id)
        learning.record(session, run_id=run_id, driven_m=driven_m, at=now())
        flash(gettext("Saved."), "good")
        return Answer(url_for("recorded_runs.index"))

    return write_once(form, do) or _page(form, run_id)


@blueprint.post("/runs/recorded/prices")
@role_required(RoleKind.MANAGER)
def accept() -> ResponseReturnValue:
    """Publish the ticked freight prices."""
    form, home_id = Form(), current_cooperative().id
    wanted = _ticked(form)

    def do(session: Session) -> Answer:
        made = tariff_lessons.accept(session, cooperative_id=home_id, wanted=wanted, at=now())
        flash(
            ngettext("%(num)s price is published.", "%(num)s prices are published.", made), "good"
        )
        return Answer(url_for("recorded_runs.index"))

    return write_once(form, do) or _page(form)


def _ticked(form: Form) -> dict[tuple[int, int], int]:
    """Read the ticks: village, pickup point and the price that was shown."""
    wanted: dict[tuple[int, int], int] = {}
    for typed in form.chosen("price"):
        parts = typed.split(":")
        if len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts):
            form.refuse(NoSuchChoice(field="price"))
            continue
        village_id, point_id, price = (int(part) for part in parts)
        wanted[village_id, point_id] = price
    if not wanted:
        form.refuse(NoSuchChoice(field="price"))
    return wanted


def _page(form: Form, run_id: int | None = None) -> ResponseReturnValue:
    home = current_cooperative()
    with reading() as session:
        runs = tariff_lessons.latest_runs(session, cooperative_id=home.id, count=_SHOWN)
        found = [_recorded(session, run) for run in runs]
        proposals: list[Proposal] = tariff_lessons.proposals(
            session, cooperative_id=home.id, at=now()
        )
    return render_template(
        "logistics/recorded_runs.html",
        runs=found,
        proposals=proposals,
        form=form,
        wrong_run=run_id,
        least_runs=learning.LEAST_RUNS,
    ), form.status


def _recorded(session: Session, run: RunView) -> Recorded:
    spent_s = None
    if run.started_at is not None and run.finished_at is not None:
        spent_s = int((run.finished_at - run.started_at).total_seconds())
    vehicle = session.get_one(Vehicle, run.vehicle_id)
    return Recorded(
        run=run,
        loaded_g=sum(stop.weighed_g for stop in run.stops),
        spent_s=spent_s,
        cost_minor=tariff_lessons.actual_cost_minor(run, vehicle),
    )
