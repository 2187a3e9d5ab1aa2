"""Accept what a village's scale showed: share it over the lot's buyers, tell the farmer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import messages
from app.kernel.money import shares_minor
from app.models import Allocation, Lot, Plan, Run, Stop, StopLot, Weighing, WeighingPlace
from logistics.services.readings import current, total_g


def accept(
    session: Session, *, market_day_id: int, lot_id: int, at: datetime, is_over: bool = False
) -> int | None:
    """Share a lot's village weight over its allocations; return the accepted grams.

    Nothing is shared, and None returned, until every published stop of the lot is
    weighed. Shares follow the allocated quantities by largest remainder; what is above
    them is not accepted: it is named over and goes back with the farmer. The farmer is
    told the accepted weight.

    :param is_over: the collection has ended, so stops without a weight brought nothing.
    """
    weights = _stops_of_lot(session, market_day_id, lot_id)
    if is_over and any(net_g is not None for net_g in weights):
        weights = [net_g or 0 for net_g in weights]
    if not weights or any(net_g is None for net_g in weights):
        return None
    accepted_g = _share(session, market_day_id, lot_id, sum(net_g or 0 for net_g in weights))
    _tell(session, lot_id, market_day_id, accepted_g, at)
    return accepted_g


def _stops_of_lot(session: Session, market_day_id: int, lot_id: int) -> list[int | None]:
    """Return what each published stop of a lot weighed, None where it has not yet."""
    weighed = current(WeighingPlace.VILLAGE).where(Weighing.lot_id == lot_id).subquery()
    rows = session.execute(
        select(StopLot.stop_id, weighed.c.net_g)
        .join(Stop, Stop.id == StopLot.stop_id)
        .join(Run, Run.id == Stop.run_id)
        .join(Plan, Plan.id == Run.plan_id)
        .outerjoin(weighed, weighed.c.stop_id == StopLot.stop_id)
        .where(
            StopLot.lot_id == lot_id,
            Plan.market_day_id == market_day_id,
            Plan.published_at.is_not(None),
            Plan.replaced_at.is_(None),
        )
        .order_by(StopLot.stop_id)
    )
    return [row.net_g for row in rows]


def _share(session: Session, market_day_id: int, lot_id: int, weighed_g: int) -> int:
    allocations: Sequence[Allocation] = session.scalars(
        select(Allocation)
        .where(
            Allocation.market_day_id == market_day_id,
            Allocation.lot_id == lot_id,
            Allocation.released_at.is_(None),
        )
        .order_by(Allocation.id)
    ).all()
    asked = [allocation.quantity_g for allocation in allocations]
    if not asked:
        return 0
    accepted_g = min(weighed_g, sum(asked))
    for allocation, part_g in zip(allocations, shares_minor(accepted_g, asked), strict=True):
        allocation.accepted_g = part_g
    session.flush()
    return accepted_g


def _tell(session: Session, lot_id: int, market_day_id: int, accepted_g: int, at: datetime) -> None:
    lot = session.get_one(Lot, lot_id)
    allocated_g = session.scalar(
        select(total_g(Allocation.quantity_g)).where(
            Allocation.lot_id == lot_id,
            Allocation.market_day_id == market_day_id,
            Allocation.released_at.is_(None),
        )
    )
    messages.tell(
        session,
        person_id=lot.farmer_id,
        cooperative_id=lot.cooperative_id,
        kind="weighed",
        event_key=f"lot:{lot_id}:{accepted_g}",
        figures={
            "lot_id": lot_id,
            "crop_id": lot.crop_id,
            "accepted_g": accepted_g,
            "allocated_g": allocated_g or 0,
        },
        at=at,
    )
