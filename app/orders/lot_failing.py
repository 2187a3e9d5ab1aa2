"""Take lots out of the orders that were to get them: rain, a field lost, a day moved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app import stock
from app.models import Allocation, LineState, MarketDay, Order, OrderLine
from app.orders.releasing import chunks, lock_lines, release_holds
from app.orders.telling import tell_buyers


def release_lots(session: Session, *, lot_ids: Sequence[int], at: datetime) -> list[int]:
    """Release every allocation of these lots and return the order lines that lost one.

    A line keeps what other lots give it. One that is left with nothing is unfilled and
    its hold goes back, and so is one that was queued for such a lot. Stock returns to
    the lots, which are frozen no longer; buyers are told once.
    """
    lost: dict[int, int] = defaultdict(int)
    stock_g: dict[int, int] = defaultdict(int)
    for chunk in chunks(sorted(lot_ids)):
        lines = session.scalars(
            select(Allocation.order_line_id).where(
                Allocation.lot_id.in_(chunk), Allocation.released_at.is_(None)
            )
        ).all()
        lock_lines(session, sorted(set(lines)))
        for row in session.execute(
            update(Allocation)
            .where(Allocation.lot_id.in_(chunk), Allocation.released_at.is_(None))
            .values(released_at=at)
            .returning(Allocation.lot_id, Allocation.order_line_id, Allocation.quantity_g)
            .execution_options(synchronize_session=False)
        ):
            lost[row.order_line_id] += row.quantity_g
            stock_g[row.lot_id] += row.quantity_g
    queued = _queued(session, lot_ids)
    lock_lines(session, queued)
    emptied = [*_shorten(session, lost), *queued]
    for chunk in chunks(emptied):
        session.execute(
            update(OrderLine)
            .where(
                OrderLine.id.in_(chunk),
                OrderLine.state.in_([LineState.ALLOCATED, LineState.QUEUED]),
            )
            .values(state=LineState.UNFILLED)
            .execution_options(synchronize_session=False)
        )
    release_holds(session, order_line_ids=emptied, at=at)
    # The scales may make the same line shorter still, which is told as well.
    event = f":lots:{min(lot_ids, default=0)}"
    _tell(session, lost | dict.fromkeys(queued, 0), emptied, event, at)
    for lot_id, quantity_g in sorted(stock_g.items()):
        stock.give_back(session, lot_id=lot_id, quantity_g=quantity_g)
    for chunk in chunks(sorted(lot_ids)):
        stock.thaw_lots(session, lot_ids=chunk)
    return sorted([*lost, *queued])


def _queued(session: Session, lot_ids: Sequence[int]) -> list[int]:
    found: list[int] = []
    for chunk in chunks(sorted(lot_ids)):
        found += session.scalars(
            select(OrderLine.id).where(
                OrderLine.lot_id.in_(chunk), OrderLine.state == LineState.QUEUED
            )
        )
    return found


def _shorten(session: Session, lost: dict[int, int]) -> list[int]:
    emptied = []
    for line_id, quantity_g in sorted(lost.items()):
        left_g = session.scalars(
            update(OrderLine)
            .where(OrderLine.id == line_id)
            .values(allocated_g=OrderLine.allocated_g - quantity_g)
            .returning(OrderLine.allocated_g)
            .execution_options(synchronize_session=False)
        ).one()
        if left_g == 0:
            emptied.append(line_id)
    return emptied


def _tell(
    session: Session, lost: dict[int, int], emptied: list[int], event: str, at: datetime
) -> None:
    short: dict[int, dict[str, int | str]] = {}
    empty: dict[int, dict[str, int | str]] = {}
    for chunk in chunks(sorted(lost)):
        rows = session.execute(
            select(OrderLine.id, OrderLine.allocated_g, func.max(MarketDay.on).label("on"))
            .join(Order, Order.id == OrderLine.order_id)
            .join(MarketDay, MarketDay.id == Order.market_day_id)
            .where(OrderLine.id.in_(chunk))
            .group_by(OrderLine.id, OrderLine.allocated_g)
        )
        for row in rows:
            if row.id in emptied:
                empty[row.id] = {"day_on": row.on.isoformat()}
            else:
                short[row.id] = {
                    "expected_g": row.allocated_g,
                    "allocated_g": row.allocated_g + lost[row.id],
                }
    tell_buyers(session, kind="line_short", lines=short, at=at, event=event)
    tell_buyers(session, kind="line_unfilled", lines=empty, at=at, event=event)
