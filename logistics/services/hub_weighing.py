"""Weigh a lot again where it is received at the hub, and name what was lost on the way."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.errors import NotFound
from app.models import (
    Allocation,
    Cooperative,
    Plan,
    Run,
    Stop,
    StopLot,
    Weighing,
    WeighingOutcome,
    WeighingPlace,
)
from logistics.services.readings import current, total_g
from logistics.services.weighing import (
    ReasonNeeded,
    Scale,
    WeighingKeyReused,
    WeightMisread,
    lock_day,
    refuse_closed,
)

_MISREAD = 10
_WHOLE_BP = 10_000


def weigh_at_hub(
    session: Session,
    *,
    market_day_id: int,
    hub_id: int,
    lot_id: int,
    gross_g: int,
    tare_g: int = 0,
    reason: str = "",
    person_id: int,
    key: str,
    at: datetime,
) -> Weighing:
    """Record what the hub's scale showed for a lot.

    It is compared with the village's weight, or with the allocated quantity while the
    village's has not come in. A difference beyond the cooperative's shrinkage tolerance
    is kept only with a reason. Keys and corrections work as at the village.

    :raises NotFound: if no published run brings this lot to the hub.
    :raises ReasonNeeded: if the difference is beyond the tolerance and unexplained.
    :raises DayClosed: if the market day is cancelled.
    """
    scale = Scale(gross_g, tare_g)
    day = lock_day(session, market_day_id)
    known = session.scalar(select(Weighing).where(Weighing.key == key))
    if known is not None:
        if (known.lot_id, known.place, known.net_g) != (lot_id, WeighingPlace.HUB, scale.net_g):
            raise WeighingKeyReused
        return known
    if not _comes_here(session, market_day_id, hub_id, lot_id):
        raise NotFound
    refuse_closed(day)
    expected_g = expected(session, market_day_id=market_day_id, lot_id=lot_id)
    if scale.net_g > _MISREAD * expected_g:
        raise WeightMisread(field="weight")
    cooperative = session.get_one(Cooperative, day.cooperative_id)
    if is_beyond(scale.net_g, expected_g, cooperative.shrinkage_bp) and not reason.strip():
        raise ReasonNeeded(field="reason")
    reading = Weighing(
        cooperative_id=day.cooperative_id,
        market_day_id=market_day_id,
        lot_id=lot_id,
        stop_id=None,
        place=WeighingPlace.HUB,
        outcome=WeighingOutcome.RECEIVED,
        gross_g=scale.gross_g,
        tare_g=scale.tare_g,
        net_g=scale.net_g,
        reason=reason,
        counters_id=_last_id(session, market_day_id, lot_id),
        person_id=person_id,
        key=key,
        at=at,
    )
    session.add(reading)
    session.flush()
    return reading


def is_beyond(net_g: int, expected_g: int, tolerance_bp: int) -> bool:
    """Return whether two weights differ by more than a tolerance in basis points."""
    return abs(expected_g - net_g) * _WHOLE_BP > tolerance_bp * expected_g


def expected(session: Session, *, market_day_id: int, lot_id: int) -> int:
    """Return the grams the hub should find: the village's weight, else the allocated one."""
    village_g = session.scalar(
        current(WeighingPlace.VILLAGE)
        .with_only_columns(total_g(Weighing.net_g))
        .where(Weighing.market_day_id == market_day_id, Weighing.lot_id == lot_id)
    )
    if village_g is not None:
        return int(village_g)
    allocated_g = session.scalar(
        select(total_g(Allocation.quantity_g)).where(
            Allocation.market_day_id == market_day_id,
            Allocation.lot_id == lot_id,
            Allocation.released_at.is_(None),
        )
    )
    return int(allocated_g or 0)


def _comes_here(session: Session, market_day_id: int, hub_id: int, lot_id: int) -> bool:
    found = session.scalar(
        select(StopLot.lot_id)
        .join(Stop, Stop.id == StopLot.stop_id)
        .join(Run, Run.id == Stop.run_id)
        .join(Plan, Plan.id == Run.plan_id)
        .where(
            StopLot.lot_id == lot_id,
            Plan.market_day_id == market_day_id,
            Plan.hub_id == hub_id,
            Plan.published_at.is_not(None),
            Plan.replaced_at.is_(None),
        )
        .limit(1)
    )
    return found is not None


def _last_id(session: Session, market_day_id: int, lot_id: int) -> int | None:
    return session.scalar(
        current(WeighingPlace.HUB)
        .with_only_columns(Weighing.id)
        .where(Weighing.market_day_id == market_day_id, Weighing.lot_id == lot_id)
    )
