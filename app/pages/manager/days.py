"""The market day on one page: its state, what is next, one button a step, the way back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.jobs import services as jobs
from app.kernel.database import reading
from app.kernel.errors import N_
from app.market_days import (
    cancelling,
    clearing,
    collecting,
    delivering,
    holding_again,
    opening,
    planning,
    postponing,
    settling,
    steps,
    undoing,
)
from app.models import RoleKind
from app.pages.manager.blueprint import blueprint, own_day
from app.pages.manager.overview import ORDER, overview
from app.web.forms import Form
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.session import current_person, now
from app.web.translation import gettext
from app.web.writing import write_once

STEPS = {
    "close": N_("closed"),
    "reopen": N_("opened again"),
    "clearing": N_("matching begun"),
    "clear": N_("matched"),
    "undo_clearing": N_("matching undone"),
    "plan": N_("routes published"),
    "collect": N_("collection ended"),
    "deliver": N_("hand-over ended"),
    "settle": N_("settled"),
    "cancel": N_("cancelled"),
    "postpone": N_("postponed"),
    "hold_again": N_("held after all"),
}


@blueprint.app_template_filter()
def step_name(name: str) -> str:
    """Return what was done to a day, in words."""
    return gettext(STEPS[name])


@blueprint.get("/market-days/<int:day_id>")
@role_required(RoleKind.MANAGER)
def show(day_id: int) -> ResponseReturnValue:
    """Show one day with its next step."""
    return _page(day_id, Form({}))


def _step(
    day_id: int, do: Callable[..., object], *, endpoint: str = "days.show"
) -> ResponseReturnValue:
    """Do one step of an own day for the form's key, and show the day again."""
    form = Form()

    def work(session: Session) -> Answer:
        own_day(session, day_id)
        do(
            session,
            market_day_id=day_id,
            # The key is the person's own; a step's stands for everybody.
            key=f"{current_person().id}:{form.key}",
            person_id=current_person().id,
            at=now(),
        )
        return Answer(url_for(endpoint, day_id=day_id))

    return write_once(form, work) or _page(day_id, form)


@blueprint.post("/market-days/<int:day_id>/closure")
@role_required(RoleKind.MANAGER)
def close(day_id: int) -> ResponseReturnValue:
    """Close the day for farmers and buyers."""
    return _step(day_id, opening.close)


@blueprint.post("/market-days/<int:day_id>/reopening")
@role_required(RoleKind.MANAGER)
def reopen(day_id: int) -> ResponseReturnValue:
    """Open a closed day again."""
    return _step(day_id, opening.reopen)


@blueprint.post("/market-days/<int:day_id>/matching")
@role_required(RoleKind.MANAGER)
def match(day_id: int) -> ResponseReturnValue:
    """Begin the matching."""
    return _step(day_id, clearing.start)


@blueprint.post("/market-days/<int:day_id>/matching/retry")
@role_required(RoleKind.MANAGER)
def match_again(day_id: int) -> ResponseReturnValue:
    """Try a crop again whose matching failed, or all of them; the others are left alone."""
    crop_id = request.form.get("crop", type=int)

    def retry(
        session: Session, *, market_day_id: int, key: str, person_id: int, at: datetime
    ) -> None:
        work = overview(session, own_day(session, market_day_id)).matching
        for failed in work.failed if work else ():
            if crop_id in (None, failed.crop.id):
                jobs.retry(session, key=failed.job_key)

    return _step(day_id, retry)


@blueprint.post("/market-days/<int:day_id>/matching/undoing")
@role_required(RoleKind.MANAGER)
def undo_matching(day_id: int) -> ResponseReturnValue:
    """Take the matching back, to do it anew with other decisions."""
    return _step(day_id, undoing.undo)


@blueprint.post("/market-days/<int:day_id>/holding")
@role_required(RoleKind.MANAGER)
def hold_again(day_id: int) -> ResponseReturnValue:
    """Hold a cancelled day after all."""
    return _step(day_id, holding_again.hold_again)


@blueprint.post("/market-days/<int:day_id>/routes")
@role_required(RoleKind.MANAGER)
def plan(day_id: int) -> ResponseReturnValue:
    """Have the village routes planned."""

    def start(
        session: Session, *, market_day_id: int, key: str, person_id: int, at: datetime
    ) -> None:
        planning.start(session, market_day_id=market_day_id, at=at)

    return _step(day_id, start)


@blueprint.post("/market-days/<int:day_id>/publication")
@role_required(RoleKind.MANAGER)
def publish(day_id: int) -> ResponseReturnValue:
    """Publish the routes: farmers get their window, drivers their run."""
    return _step(day_id, planning.publish)


@blueprint.post("/market-days/<int:day_id>/collection")
@role_required(RoleKind.MANAGER)
def collect(day_id: int) -> ResponseReturnValue:
    """End the collection."""
    return _step(day_id, collecting.finish)


@blueprint.post("/market-days/<int:day_id>/delivery")
@role_required(RoleKind.MANAGER)
def deliver(day_id: int) -> ResponseReturnValue:
    """End the hand-over."""
    return _step(day_id, delivering.finish)


@blueprint.post("/market-days/<int:day_id>/settlement")
@role_required(RoleKind.MANAGER)
def settle(day_id: int) -> ResponseReturnValue:
    """Settle the day with its farmers."""
    return _step(day_id, settling.settle)


@blueprint.post("/market-days/<int:day_id>/cancellation")
@role_required(RoleKind.MANAGER)
def cancel(day_id: int) -> ResponseReturnValue:
    """Cancel the day: everything goes back and everybody is told."""
    return _step(day_id, cancelling.cancel)


@blueprint.post("/market-days/<int:day_id>/postponement")
@role_required(RoleKind.MANAGER)
def postpone(day_id: int) -> ResponseReturnValue:
    """Move the day to a later date."""
    form = Form()
    to_on = form.date("to_on")

    def work(session: Session) -> Answer:
        own_day(session, day_id)
        postponing.postpone_day(
            session,
            market_day_id=day_id,
            to_on=to_on,
            key=f"{current_person().id}:{form.key}",
            person_id=current_person().id,
            at=now(),
        )
        return Answer(url_for("days.show", day_id=day_id))

    return write_once(form, work) or _page(day_id, form)


@blueprint.post("/market-days/<int:day_id>/villages")
@role_required(RoleKind.MANAGER)
def leave_village_out(day_id: int) -> ResponseReturnValue:
    """Leave a village out of the day."""
    form = Form()
    with reading() as session:
        offered = [village.id for village in overview(session, own_day(session, day_id)).villages]
    village_id = form.identifier("village", offered)
    reason = form.text("reason", maximum=200)

    def work(session: Session) -> Answer:
        own_day(session, day_id)
        postponing.postpone_village(
            session,
            market_day_id=day_id,
            village_id=village_id,
            reason=reason,
            person_id=current_person().id,
            at=now(),
        )
        return Answer(url_for("days.show", day_id=day_id))

    return write_once(form, work) or _page(day_id, form)


def _page(day_id: int, form: Form) -> ResponseReturnValue:
    with reading() as session:
        day = own_day(session, day_id)
        found = overview(session, day)
        history = steps.steps_of(session, day_id)
    return (
        render_template("manager/day.html", page=found, form=form, history=history, order=ORDER),
        form.status,
    )
