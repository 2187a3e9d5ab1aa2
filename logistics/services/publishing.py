"""Publish a plan: it becomes the day's plan, farmers and drivers are told once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app import messages
from app.kernel.errors import N_, NotFound, Refusal
from app.models import (
    LineHaulTrip,
    MarketDay,
    MarketDayState,
    Plan,
    Run,
    Stop,
    Village,
    Weighing,
)
from logistics.services.line_haul import send_on
from logistics.services.telling import (
    collected_from,
    tell_called_off,
    tell_driver,
    tell_farmers,
    tell_left_out,
)


class PlanReplaced(Refusal):
    """A newer plan took this one's place."""

    code = "plan_replaced"
    message = N_("A newer plan has replaced this one. Open the newest plan.")


class RunsUnderWay(Refusal):
    """A truck of the published plan is already on the road."""

    code = "runs_under_way"
    message = N_("%(runs)s of the published trucks have started. Their plan can no longer change.")


class DayNotToPublish(Refusal):
    """The market day is over or cancelled."""

    code = "day_not_to_publish"
    message = N_("This market day takes no routes any more.")


def publish(session: Session, *, plan_id: int, at: datetime) -> Plan:
    """Make a plan the one that is driven, in place of the one published before.

    Farmers get the window of their truck and drivers their run, once; publishing a
    changed plan tells only those whose window or run is another now. Publishing the
    same plan again changes nothing.

    :raises NotFound: if there is no such plan.
    :raises PlanReplaced: if a newer plan replaced it.
    :raises RunsUnderWay: if a truck of the earlier plan has started.
    :raises DayNotToPublish: if the day is cancelled, or collected already.
    """
    plan = session.get(Plan, plan_id, with_for_update=True, populate_existing=True)
    if plan is None:
        raise NotFound
    if plan.replaced_at is not None:
        raise PlanReplaced
    if plan.published_at is not None:
        return plan
    day = session.get_one(MarketDay, plan.market_day_id)
    if day.state not in (MarketDayState.CLEARED, MarketDayState.PLANNED):
        raise DayNotToPublish
    _refuse_started(session, plan)
    earlier = _published_before(session, plan)
    farmers = {pair for old in earlier for pair in collected_from(session, old)}
    _replace_others(session, plan, at)
    plan.published_at = at
    send_plan_on(session, plan)
    tell_farmers(session, plan, at)
    tell_left_out(session, plan, farmers, at)
    _tell_drivers(session, plan, earlier, at)
    session.flush()
    return plan


def withdraw(session: Session, *, market_day_id: int, at: datetime) -> int:
    """Take every plan of a market day back with its line haul; return how many plans.

    The messages about the day go out with the cancelling itself.
    """
    plans = session.scalars(
        select(Plan)
        .where(Plan.market_day_id == market_day_id, Plan.replaced_at.is_(None))
        .order_by(Plan.id)
    ).all()
    for plan in plans:
        plan.replaced_at = at
    session.execute(delete(LineHaulTrip).where(LineHaulTrip.market_day_id == market_day_id))
    session.flush()
    return len(plans)


def drop_village(session: Session, *, market_day_id: int, village_id: int, at: datetime) -> int:
    """Take a postponed village off the published runs; return how many stops that met.

    The stop stays on its run, marked as done with nothing loaded, so that the driver
    sees that it is left out; a stop where something was weighed is left alone.
    """
    weighed = select(Weighing.stop_id).where(Weighing.stop_id.is_not(None))
    stops = session.scalars(
        select(Stop)
        .join(Run, Run.id == Stop.run_id)
        .join(Plan, Plan.id == Run.plan_id)
        .where(
            Stop.village_id == village_id,
            Stop.done_at.is_(None),
            Stop.id.not_in(weighed),
            Plan.market_day_id == market_day_id,
            Plan.published_at.is_not(None),
            Plan.replaced_at.is_(None),
        )
        .order_by(Stop.id)
    ).all()
    for stop in stops:
        stop.done_at = at
        _tell_of_dropped(session, stop, at)
    session.flush()
    return len(stops)


def _tell_of_dropped(session: Session, stop: Stop, at: datetime) -> None:
    run = session.get_one(Run, stop.run_id)
    village = session.get_one(Village, stop.village_id)
    if run.driver_id is not None:
        messages.tell(
            session,
            person_id=run.driver_id,
            cooperative_id=village.cooperative_id,
            kind="stop_dropped",
            event_key=f"stop:{stop.id}",
            figures={"village": village.called.figure(), "run_id": run.id},
            at=at,
        )


def _refuse_started(session: Session, plan: Plan) -> None:
    started = session.scalar(
        select(func.count(Run.id))
        .join(Plan, Plan.id == Run.plan_id)
        .where(
            Plan.market_day_id == plan.market_day_id,
            Plan.hub_id == plan.hub_id,
            Plan.kind == plan.kind,
            Plan.published_at.is_not(None),
            Plan.replaced_at.is_(None),
            Run.started_at.is_not(None),
        )
    )
    if started:
        raise RunsUnderWay(runs=started)


def _replace_others(session: Session, plan: Plan, at: datetime) -> None:
    session.execute(
        update(Plan)
        .where(
            Plan.market_day_id == plan.market_day_id,
            Plan.hub_id == plan.hub_id,
            Plan.kind == plan.kind,
            Plan.id != plan.id,
            Plan.replaced_at.is_(None),
        )
        .values(replaced_at=at)
        .execution_options(synchronize_session=False)
    )


def send_plan_on(session: Session, plan: Plan) -> None:
    """Choose the line-haul departures after the last truck of a plan."""
    # A plan that was made meanwhile and not published may have taken the departures.
    collected_at = session.scalar(select(func.max(Run.ends_at)).where(Run.plan_id == plan.id))
    if collected_at is None:
        return
    over = send_on(session, plan_id=plan.id, collected_at=collected_at)
    plan.figures = {**plan.figures, "line_haul_over": [waiting.figures() for waiting in over]}


def _published_before(session: Session, plan: Plan) -> Sequence[int]:
    """Return the plan that is published for the same hub and day, if there is one."""
    return session.scalars(
        select(Plan.id)
        .where(
            Plan.market_day_id == plan.market_day_id,
            Plan.hub_id == plan.hub_id,
            Plan.kind == plan.kind,
            Plan.published_at.is_not(None),
            Plan.replaced_at.is_(None),
        )
        .order_by(Plan.id)
    ).all()


def _tell_drivers(session: Session, plan: Plan, earlier: Sequence[int], at: datetime) -> None:
    runs = session.scalars(
        select(Run).where(Run.plan_id.in_([plan.id, *earlier])).order_by(Run.id)
    ).all()
    driven = {(run.driver_id, run.vehicle_id) for run in runs if run.plan_id == plan.id}
    for run in runs:
        if run.plan_id == plan.id:
            tell_driver(session, run=run, at=at)
        elif (run.driver_id, run.vehicle_id) not in driven:
            tell_called_off(session, run, at)
