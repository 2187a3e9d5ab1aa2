"""Try the direct orders that came while their lots were frozen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import stock
from app.freight import fee_per_kg, tariff
from app.models import LineState, Lot, MarketDay, Order, OrderLine
from app.orders.lines import set_line, write_allocation
from app.orders.prices import PriceParts
from app.orders.releasing import release_lines
from app.orders.telling import tell_buyer, tell_buyers


@dataclass(frozen=True)
class Tried:
    """How the queued lines of a day fared: ids of order lines."""

    allocated: tuple[int, ...]
    unfilled: tuple[int, ...]


def try_queued(session: Session, *, market_day_id: int, at: datetime) -> Tried:
    """Take for each queued line of a day what it asked for, first come first served.

    A line gets its whole quantity, at the price it was promised, or nothing: then its
    hold is released. A lot that is still frozen keeps its lines queued. Buyers are told.
    """
    lines = session.execute(
        select(OrderLine, Order, Lot)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Lot, Lot.id == OrderLine.lot_id)
        .where(Order.market_day_id == market_day_id, OrderLine.state == LineState.QUEUED)
        .order_by(OrderLine.lot_id, OrderLine.ordered_at, OrderLine.id)
        .with_for_update(of=OrderLine)
    ).all()
    allocated, unfilled = [], []
    for line, order, lot in lines:
        parts = _promised_parts(session, line, order, lot)
        try:
            # A lot may have left the day, or the market, since.
            got = parts is not None and _is_offered(lot, market_day_id)
            if got:
                stock.take(session, lot_id=lot.id, quantity_g=line.ordered_g)
        except stock.LotFrozen:
            continue
        except stock.NotEnoughLeft:
            got = False
        if got and parts is not None:
            _allocate(session, line, order, parts, at)
            allocated.append(line.id)
        else:
            unfilled.append(line.id)
    _give_up(session, unfilled, market_day_id, at)
    return Tried(tuple(allocated), tuple(unfilled))


def _is_offered(lot: Lot, market_day_id: int) -> bool:
    return lot.withdrawn_at is None and lot.market_day_id == market_day_id


def _promised_parts(session: Session, line: OrderLine, order: Order, lot: Lot) -> PriceParts | None:
    """Return the parts of the price that was promised, if the farmer still nets the ask."""
    freight = tariff(
        session,
        village_id=lot.village_id,
        pickup_point_id=order.pickup_point_id,
        at=line.ordered_at,
    )
    fee = fee_per_kg(session, cooperative_id=order.cooperative_id, on=line.first_on)
    farmer = line.limit_minor - freight - fee
    return PriceParts(farmer, freight, fee) if farmer >= lot.ask_minor else None


def _allocate(
    session: Session, line: OrderLine, order: Order, parts: PriceParts, at: datetime
) -> None:
    assert line.lot_id is not None
    write_allocation(
        session,
        cooperative_id=order.cooperative_id,
        market_day_id=order.market_day_id,
        lot_id=line.lot_id,
        order_line_id=line.id,
        quantity_g=line.ordered_g,
        parts=parts,
        at=at,
    )
    set_line(session, line.id, LineState.ALLOCATED, line.ordered_g)
    figures: dict[str, int | str] = {
        "allocated_g": line.ordered_g,
        "day_on": line.first_on.isoformat(),
    }
    tell_buyer(session, kind="line_allocated", order_line_id=line.id, figures=figures, at=at)


def _give_up(session: Session, line_ids: list[int], market_day_id: int, at: datetime) -> None:
    if not line_ids:
        return
    release_lines(session, order_line_ids=line_ids, state=LineState.UNFILLED, at=at)
    on = session.scalars(select(MarketDay.on).where(MarketDay.id == market_day_id)).one()
    empty = {line_id: {"day_on": on.isoformat()} for line_id in line_ids}
    tell_buyers(session, kind="line_unfilled", lines=empty, at=at)
