"""Publish a plan: it becomes the day's plan, farmers and drivers are told once."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app import messages
from app.kernel.errors import N_, NotFound, Refusal
from app.messages import Notice
from app.models import (
    LineHaulTrip,
    Lot,
    MarketDay,
    MarketDayState,
    Message,
    Plan,
    Run,
    Stop,
    StopLot,
    Vehicle,
    Village,
    Weighing,
)
from logistics.services.line_haul import send_on

# A farmer is told a window that a few minutes of the plan do not move.
_QUARTER_S = 15 * 60
_WINDOW = timedelta(hours=1)


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
    _replace_others(session, plan, at)
    plan.published_at = at
    _send_on(session, plan)
    _tell_farmers(session, plan, at)
    _tell_drivers(session, plan, at)
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


def _send_on(session: Session, plan: Plan) -> None:
    # A plan that was made meanwhile and not published may have taken the departures.
    collected_at = session.scalar(select(func.max(Run.ends_at)).where(Run.plan_id == plan.id))
    if collected_at is None:
        return
    over = send_on(session, plan_id=plan.id, collected_at=collected_at)
    plan.figures = {**plan.figures, "line_haul_over": [waiting.figures() for waiting in over]}


def _tell_farmers(session: Session, plan: Plan, at: datetime) -> None:
    rows = session.execute(
        select(Lot.farmer_id, Village.id, Village.called, func.min(Stop.arrives_at))
        .join(StopLot, StopLot.lot_id == Lot.id)
        .join(Stop, Stop.id == StopLot.stop_id)
        .join(Run, Run.id == Stop.run_id)
        .join(Village, Village.id == Stop.village_id)
        .where(Run.plan_id == plan.id)
        .group_by(Lot.farmer_id, Village.id)
        .order_by(Lot.farmer_id, Village.id)
    )
    before = _windows_told(session, plan.market_day_id)
    told: dict[str, list[Notice]] = {"truck_window": [], "truck_window_changed": []}
    for farmer_id, village_id, village, arrives_at in rows:
        from_at, until_at = window(arrives_at)
        known = before.get((farmer_id, village_id))
        if known == from_at.isoformat():
            continue
        event_key = f"{plan.market_day_id}:{village_id}:{from_at:%Y%m%d%H%M}"
        if known is not None:
            # It may move back to a time that was told before, so the plan is named too.
            event_key += f":{plan.id}"
        told["truck_window" if known is None else "truck_window_changed"].append(
            Notice(
                farmer_id,
                event_key,
                {
                    "village": village.figure(),
                    "from_at": from_at.isoformat(),
                    "until_at": until_at.isoformat(),
                },
                until_at,
            )
        )
    for kind, notices in told.items():
        messages.tell_all(
            session, cooperative_id=plan.cooperative_id, kind=kind, notices=notices, at=at
        )


def _windows_told(session: Session, market_day_id: int) -> dict[tuple[int, int], str]:
    """Return the start of the window that each farmer was told last, by person and village."""
    rows = session.execute(
        select(Message.person_id, Message.event_key, Message.figures)
        .where(
            Message.kind.in_(["truck_window", "truck_window_changed"]),
            Message.event_key.startswith(f"{market_day_id}:"),
        )
        .order_by(Message.id)
    )
    return {
        (person_id, int(event_key.split(":")[1])): figures["from_at"]
        for person_id, event_key, figures in rows
    }


def window(arrives_at: datetime) -> tuple[datetime, datetime]:
    """Return the hour that farmers are told: from the quarter before the planned arrival."""
    late_s = arrives_at.timestamp() % _QUARTER_S
    from_at = arrives_at - timedelta(seconds=late_s)
    return from_at, from_at + _WINDOW


def _tell_drivers(session: Session, plan: Plan, at: datetime) -> None:
    runs = session.scalars(select(Run).where(Run.plan_id == plan.id).order_by(Run.id)).all()
    for run in runs:
        tell_driver(session, run=run, at=at)


def tell_driver(session: Session, *, run: Run, at: datetime) -> None:
    """Tell the driver of a published run about it; the same run is told once."""
    if run.driver_id is None:
        return
    plan = session.get_one(Plan, run.plan_id)
    day = session.get_one(MarketDay, plan.market_day_id)
    messages.tell(
        session,
        person_id=run.driver_id,
        cooperative_id=plan.cooperative_id,
        kind="run_assigned",
        event_key=f"{day.id}:{run.vehicle_id}:{_shape(session, run)}",
        figures={
            "vehicle": session.get_one(Vehicle, run.vehicle_id).name,
            "day_on": day.on.isoformat(),
            "starts_at": run.starts_at.isoformat(),
            "run_id": run.id,
        },
        at=at,
    )


def _shape(session: Session, run: Run) -> str:
    """Return a digest of what a driver would notice: the start and the stops in order."""
    stops = session.execute(
        select(Stop.village_id, Stop.pickup_point_id, Stop.load_g)
        .where(Stop.run_id == run.id)
        .order_by(Stop.position)
    ).all()
    shape = repr((run.starts_at.isoformat(), [tuple(stop) for stop in stops]))
    return hashlib.sha256(shape.encode()).hexdigest()[:16]
