"""What a farmer sold, what of it was accepted, and what it earns, lot by lot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.ledger.settlement import NOTHING, Earning, earning_of
from app.models import Allocation, Crop, Grade, Lot, MarketDay


@dataclass(frozen=True)
class LotStatement:
    """One lot of a market day; ``accepted_g`` is empty until the village's scale spoke."""

    lot_id: int
    crop_id: int
    crop_names: dict[str, str]
    grade: Grade
    on: date
    offered_g: int
    allocated_g: int
    accepted_g: int | None
    promised: Earning
    earned: Earning


def statement(
    session: Session,
    *,
    farmer_id: int,
    cooperative_id: int,
    market_day_id: int | None = None,
    first_on: date | None = None,
    last_on: date | None = None,
    limit: int = 100,
) -> list[LotStatement]:
    """Return a farmer's lots with what was promised and earned, newest day first.

    :param market_day_id: only this day; otherwise the newest ``limit`` lots.
    :param first_on: only days from this one on, and none after ``last_on``.
    """
    wanted = (
        select(Lot, Crop.names, MarketDay.on)
        .join(Crop, Crop.id == Lot.crop_id)
        .join(MarketDay, MarketDay.id == Lot.market_day_id)
        .where(Lot.farmer_id == farmer_id, Lot.cooperative_id == cooperative_id)
        .order_by(MarketDay.on.desc(), Lot.id.desc())
        .limit(limit)
    )
    if market_day_id is not None:
        wanted = wanted.where(Lot.market_day_id == market_day_id)
    if first_on is not None:
        wanted = wanted.where(MarketDay.on >= first_on)
    if last_on is not None:
        wanted = wanted.where(MarketDay.on <= last_on)
    rows = session.execute(wanted).all()
    by_lot: dict[int, list[Allocation]] = {}
    for allocation in session.scalars(
        select(Allocation)
        .where(
            Allocation.lot_id.in_([lot.id for lot, _, _ in rows]),
            Allocation.released_at.is_(None),
        )
        .order_by(Allocation.id)
    ):
        by_lot.setdefault(allocation.lot_id, []).append(allocation)
    return [_of_lot(lot, names, on, by_lot.get(lot.id, [])) for lot, names, on in rows]


def total(lots: list[LotStatement]) -> Earning:
    """Return the sum of what lots earned."""
    return sum((lot.earned for lot in lots), NOTHING)


def _of_lot(
    lot: Lot, crop_names: dict[str, str], on: date, allocations: list[Allocation]
) -> LotStatement:
    accepted = [row.accepted_g for row in allocations if row.accepted_g is not None]
    return LotStatement(
        lot_id=lot.id,
        crop_id=lot.crop_id,
        crop_names=crop_names,
        grade=lot.grade,
        on=on,
        offered_g=lot.quantity_g,
        allocated_g=sum(row.quantity_g for row in allocations),
        accepted_g=sum(accepted) if accepted else None,
        promised=sum((earning_of(row, row.quantity_g) for row in allocations), NOTHING),
        earned=sum((earning_of(row, row.accepted_g or 0) for row in allocations), NOTHING),
    )
