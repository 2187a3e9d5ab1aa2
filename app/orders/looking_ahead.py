"""What a request would get if the market were matched now, as it is and with other terms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.errors import NotFound
from app.matching import engine
from app.matching.comparing import (
    Comparison,
    Share,
    compare_order,
    order_share,
    with_order_added,
)
from app.matching.looking_ahead import preview_problem
from app.matching.rows import Order as OrderRow
from app.matching.whatif import with_order
from app.models import LineKind, MarketDay, MarketDayState, Order, OrderLine
from app.orders.refiling import Change


def waiting_request(
    session: Session, *, order_line_id: int, cooperative_id: int, buyer_id: int | None = None
) -> tuple[OrderLine, Order]:
    """Return a request with its order.

    :param buyer_id: only this buyer's.
    :raises NotFound: if there is none.
    """
    wanted = (
        select(OrderLine, Order)
        .join(Order, Order.id == OrderLine.order_id)
        .where(
            OrderLine.id == order_line_id,
            OrderLine.kind == LineKind.REQUEST,
            Order.cooperative_id == cooperative_id,
        )
    )
    if buyer_id is not None:
        wanted = wanted.where(Order.buyer_id == buyer_id)
    row = session.execute(wanted).one_or_none()
    if row is None:
        raise NotFound
    return row.OrderLine, row.Order


def open_days(session: Session, *, cooperative_id: int, at: datetime) -> Sequence[MarketDay]:
    """Return the days that still take requests, earliest first."""
    return session.scalars(
        select(MarketDay)
        .where(
            MarketDay.cooperative_id == cooperative_id,
            MarketDay.state == MarketDayState.OPEN,
            MarketDay.buyers_cutoff_at > at,
        )
        .order_by(MarketDay.on, MarketDay.id)
    ).all()


def share_now(session: Session, *, line: OrderLine, order: Order) -> Share:
    """Return what a waiting request would get now; nothing is written.

    :raises TooManyToPreview: if the market is too large to wait for.
    :raises PinImpossible: if a pair that the manager pinned cannot trade.
    """
    problem = preview_problem(session, market_day_id=order.market_day_id, crop_id=line.crop_id)
    return order_share(engine.clear(problem), line.id)


def share_if(
    session: Session, *, line: OrderLine, order: Order, change: Change, market_day: MarketDay
) -> Comparison:
    """Return what a request would get with other terms or on another day.

    :raises BadInput: if the terms contradict each other.
    :raises TooManyToPreview: if a market is too large to wait for.
    :raises PinImpossible: if a pair that the manager pinned cannot trade.
    """
    now = preview_problem(session, market_day_id=order.market_day_id, crop_id=line.crop_id)
    terms = {
        "limit_minor": change.limit_minor,
        "all_or_nothing": int(change.is_all_or_nothing),
        "least_fill_g": change.least_fill_g,
    }
    if not (now.orders.id == line.id).any():
        return compare_order(now, now, line.id, is_same_market=True)
    if market_day.id == order.market_day_id:
        then = with_order(now, line.id, **terms)
        return compare_order(now, then, line.id, is_same_market=True)
    there = preview_problem(session, market_day_id=market_day.id, crop_id=line.crop_id)
    day = market_day.on.toordinal()
    moved = _row(now, line.id, **terms, first_day=day, last_day=day)
    then = with_order_added(there, moved)
    return compare_order(now, then, line.id, is_same_market=False)


def _row(problem: engine.Problem, line_id: int, **changed: int) -> OrderRow:
    """Return a row of the problem with some figures changed."""
    place = int(np.flatnonzero(problem.orders.id == line_id)[0])
    figures = {name: int(column[place]) for name, column in problem.orders.columns().items()}
    figures |= changed
    worse = [(grade, figures.pop(f"substitute_{grade}_minor")) for grade in (1, 2)]
    is_whole = bool(figures.pop("all_or_nothing"))
    substitutes = tuple((grade, limit) for grade, limit in worse if limit >= 0)
    rows: dict[str, Any] = {**figures, "all_or_nothing": is_whole, "substitutes": substitutes}
    return OrderRow(**rows)
