"""A market day outside of a request's window on which the same would have cost less."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import (
    Allocation,
    ClearingRun,
    FreightTariff,
    Grade,
    MarketDay,
    Order,
    OrderLine,
    VillagePrice,
)

# A buyer who waits longer than this is another buyer.
_NEAR = timedelta(days=7)


@dataclass(frozen=True)
class CheaperDay:
    """The day, and what it would have saved per kg in minor units."""

    on: date
    saving_minor: int


def cheaper_day(session: Session, *, order_line_id: int) -> CheaperDay | None:
    """Return the cheapest matched day near a request's own, if one lies outside its window.

    The price there is the village's with the transport and fees that this request paid
    from there; only villages that its own goods could have come from count.
    """
    row = session.execute(
        select(OrderLine, Order.pickup_point_id, MarketDay.on, MarketDay.cooperative_id)
        .join(Order, Order.id == OrderLine.order_id)
        .join(MarketDay, MarketDay.id == Order.market_day_id)
        .where(OrderLine.id == order_line_id)
    ).one()
    line: OrderLine = row.OrderLine
    paid = session.execute(
        select(
            func.sum(Allocation.quantity_g * Allocation.buyer_price_minor),
            func.sum(Allocation.quantity_g),
            func.max(Allocation.fee_minor),
        ).where(Allocation.order_line_id == line.id, Allocation.released_at.is_(None))
    ).one()
    if not paid[1]:
        return None
    price_minor = (2 * int(paid[0]) + int(paid[1])) // (2 * int(paid[1]))
    grades = [grade for grade in Grade if grade.rank <= line.least_grade.rank]
    newest = (
        select(func.max(FreightTariff.id))
        .where(FreightTariff.pickup_point_id == row.pickup_point_id)
        .group_by(FreightTariff.village_id)
    )
    there_minor = VillagePrice.price_minor + FreightTariff.price_minor + int(paid[2])
    found = session.execute(
        select(VillagePrice.on, func.min(there_minor).label("price_minor"))
        .join(ClearingRun, ClearingRun.id == VillagePrice.clearing_run_id)
        .join(FreightTariff, FreightTariff.village_id == VillagePrice.village_id)
        .where(
            ClearingRun.cooperative_id == row.cooperative_id,
            ClearingRun.undone_at.is_(None),
            VillagePrice.crop_id == line.crop_id,
            VillagePrice.grade.in_(grades),
            VillagePrice.on.between(row.on - _NEAR, row.on + _NEAR),
            VillagePrice.on != row.on,
            ~VillagePrice.on.between(line.first_on, line.last_on),
            FreightTariff.id.in_(newest),
        )
        .group_by(VillagePrice.on)
        .order_by(func.min(there_minor), VillagePrice.on)
        .limit(1)
    ).one_or_none()
    if found is None or found.price_minor >= price_minor:
        return None
    return CheaperDay(found.on, price_minor - int(found.price_minor))
