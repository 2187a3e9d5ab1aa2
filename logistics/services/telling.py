"""Whom a published plan concerns, and telling each of them once."""

from __future__ import annotations

import hashlib
from collections.abc import Set
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import messages
from app.messages import Notice
from app.models import Lot, MarketDay, Message, Plan, Run, Stop, StopLot, Vehicle, Village

# A farmer is told a window that a few minutes of the plan do not move.
_QUARTER_S = 15 * 60
_WINDOW = timedelta(hours=1)


def tell_farmers(session: Session, plan: Plan, at: datetime) -> None:
    """Tell the farmers of a plan's runs the hour of their truck, where it is a new one."""
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
            # It may move back to a time that was told before, so plan and minute are named too.
            event_key += f":{plan.id}:{at:%Y%m%d%H%M}"
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
            Message.kind.in_(["truck_window", "truck_window_changed", "truck_called_off"]),
            Message.event_key.startswith(f"{market_day_id}:"),
        )
        .order_by(Message.id)
    )
    return {
        (person_id, int(event_key.split(":")[1])): figures.get("from_at", "")
        for person_id, event_key, figures in rows
    }


def window(arrives_at: datetime) -> tuple[datetime, datetime]:
    """Return the hour that farmers are told: from the quarter before the planned arrival."""
    late_s = arrives_at.timestamp() % _QUARTER_S
    from_at = arrives_at - timedelta(seconds=late_s)
    return from_at, from_at + _WINDOW


def tell_driver(session: Session, *, run: Run, at: datetime, kind: str = "run_assigned") -> None:
    """Tell the driver of a published run about it; the same run is told once."""
    if run.driver_id is None:
        return
    plan = session.get_one(Plan, run.plan_id)
    day = session.get_one(MarketDay, plan.market_day_id)
    messages.tell(
        session,
        person_id=run.driver_id,
        cooperative_id=plan.cooperative_id,
        kind=kind,
        event_key=f"{day.id}:{run.vehicle_id}:{shape_of(session, run)}",
        figures={
            "vehicle": session.get_one(Vehicle, run.vehicle_id).name,
            "day_on": day.on.isoformat(),
            "starts_at": run.starts_at.isoformat(),
            "run_id": run.id,
        },
        at=at,
    )


def shape_of(session: Session, run: Run) -> str:
    """Return a digest of what a driver would notice: the start and the stops in order."""
    stops = session.execute(
        select(Stop.village_id, Stop.pickup_point_id, Stop.load_g)
        .where(Stop.run_id == run.id)
        .order_by(Stop.position)
    ).all()
    shape = repr((run.starts_at.isoformat(), [tuple(stop) for stop in stops]))
    return hashlib.sha256(shape.encode()).hexdigest()[:16]


def collected_from(session: Session, plan_id: int) -> set[tuple[int, int]]:
    """Return farmers and villages that a plan's runs collect from."""
    rows = session.execute(
        select(Lot.farmer_id, Stop.village_id)
        .join(StopLot, StopLot.lot_id == Lot.id)
        .join(Stop, Stop.id == StopLot.stop_id)
        .join(Run, Run.id == Stop.run_id)
        .where(Run.plan_id == plan_id, Stop.village_id.is_not(None))
        .distinct()
    )
    return {(farmer_id, village_id) for farmer_id, village_id in rows if village_id is not None}


def tell_left_out(session: Session, plan: Plan, before: Set[tuple[int, int]], at: datetime) -> None:
    """Tell farmers who were promised a truck that it does not come after all."""
    gone = before - collected_from(session, plan.id)
    day = session.get_one(MarketDay, plan.market_day_id)
    names = {
        village.id: village.called
        for village in session.scalars(
            select(Village).where(Village.id.in_({v for _, v in gone})).order_by(Village.id)
        )
    }
    for farmer_id, village_id in sorted(gone):
        messages.tell(
            session,
            person_id=farmer_id,
            cooperative_id=plan.cooperative_id,
            kind="truck_called_off",
            event_key=f"{day.id}:{village_id}:{at:%Y%m%d%H%M}",
            figures={"village": names[village_id].figure(), "day_on": day.on.isoformat()},
            at=at,
        )


def tell_called_off(session: Session, run: Run, at: datetime) -> None:
    """Tell a driver that a run of an earlier plan is not driven."""
    if run.driver_id is None:
        return
    plan = session.get_one(Plan, run.plan_id)
    day = session.get_one(MarketDay, plan.market_day_id)
    messages.tell(
        session,
        person_id=run.driver_id,
        cooperative_id=plan.cooperative_id,
        kind="run_called_off",
        event_key=f"run:{run.id}",
        figures={
            "vehicle": session.get_one(Vehicle, run.vehicle_id).name,
            "day_on": day.on.isoformat(),
        },
        at=at,
    )
