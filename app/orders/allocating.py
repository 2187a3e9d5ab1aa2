"""Apply what a clearing gave, take it back when a day is cancelled, and name shortfalls.

The market day calls this inside its own transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from sqlalchemy import BigInteger, Select, cast, func, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from app import stock
from app.kernel.errors import N_, Refusal
from app.matching.evidence import AllocationTable
from app.matching.services import store_allocations
from app.matching.tables import Ints
from app.models import (
    Allocation,
    ClearingRun,
    LineKind,
    LineState,
    MarketDay,
    Order,
    OrderLine,
    PaymentMethod,
)
from app.orders.funds import OPEN_STATES
from app.orders.releasing import chunks, close_empty_orders, give_lots_back, release_lines
from app.orders.telling import tell_buyers

# Ids that come from the database at a time.
_STREAMED = 50_000


class MarketChanged(Refusal):
    """The clearing gave something to a line that does not wait for it any more."""

    code = "market_changed"
    message = N_("The market changed after it was matched. Match it again.")


def apply_allocations(
    session: Session,
    *,
    clearing_run_id: int,
    market_day: MarketDay,
    allocations: AllocationTable,
    at: datetime,
) -> None:
    """Write a run's allocations, take their stock, and end the wait of its crop's requests.

    Requests that got nothing become unfilled and get their holds back. Applying a run
    twice changes nothing. Each step is a statement or a few for all rows at once, since a
    large market allocates a million.

    :raises MarketChanged: if a line does not wait any more, or a lot holds too little.
    """
    run = session.get_one(ClearingRun, clearing_run_id)
    if _is_applied(session, clearing_run_id):
        return
    waiting = _waiting_lines(session, market_day.id, run.crop_id)
    filled = np.unique(allocations.order_id)
    if not np.isin(filled, waiting, assume_unique=True).all():
        raise MarketChanged
    store_allocations(session, run_id=run.id, allocations=allocations, at=at)
    _allocate(session, run.id)
    unfilled = np.setdiff1d(waiting, filled, assume_unique=True).tolist()
    release_lines(session, order_line_ids=unfilled, state=LineState.UNFILLED, at=at)
    _tell(session, run.id, market_day, filled.tolist(), unfilled, at)
    try:
        stock.take_all(session, wanted=_by(Allocation.lot_id, run.id), while_frozen=True)
    except stock.NotEnoughLeft as short:
        raise MarketChanged from short


def release_allocations(session: Session, *, market_day_id: int, at: datetime) -> int:
    """Cancel every open line of a market day and return how many there were.

    Stock and holds go back; what was handed over already stays as it is.
    """
    rows = session.execute(
        select(OrderLine.id, OrderLine.order_id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(Order.market_day_id == market_day_id, OrderLine.state.in_(OPEN_STATES))
        .order_by(OrderLine.id)
        .with_for_update(of=OrderLine)
    ).all()
    release_lines(
        session,
        order_line_ids=[row.id for row in rows],
        state=LineState.CANCELLED,
        at=at,
    )
    close_empty_orders(session, order_ids=[row.order_id for row in rows], at=at)
    return len(rows)


def undo_allocations(session: Session, *, clearing_run_id: int, at: datetime) -> None:
    """Take a run's allocations back, the counter-step of applying it: its requests wait again.

    A request that got nothing waits again too, unless its card's money was given back.

    :raises MarketChanged: if something of it was handed over.
    """
    run = session.get_one(ClearingRun, clearing_run_id)
    rows = session.execute(
        select(OrderLine.id, OrderLine.state, Order.payment_method)
        .join(Order, Order.id == OrderLine.order_id)
        .where(
            Order.market_day_id == run.market_day_id,
            OrderLine.crop_id == run.crop_id,
            OrderLine.kind == LineKind.REQUEST,
            OrderLine.state != LineState.CANCELLED,
        )
        .order_by(OrderLine.id)
        .with_for_update(of=OrderLine)
    ).all()
    if any(row.state not in (*OPEN_STATES, LineState.UNFILLED) for row in rows):
        raise MarketChanged
    again = [
        row.id
        for row in rows
        if row.state is not LineState.UNFILLED or row.payment_method is not PaymentMethod.CARD
    ]
    give_lots_back(session, order_line_ids=again, state=LineState.WAITING, at=at)


def expected_g(session: Session, *, order_line_id: int) -> int:
    """Return what a line can expect: its allocations, as far as the villages' scales agreed."""
    expected = session.scalar(
        select(
            func.coalesce(func.sum(func.coalesce(Allocation.accepted_g, Allocation.quantity_g)), 0)
        ).where(Allocation.order_line_id == order_line_id, Allocation.released_at.is_(None))
    )
    return int(expected or 0)


def line_shortfall(session: Session, *, order_line_id: int) -> int:
    """Return how many grams of a line's allocation the villages' scales did not accept."""
    allocated = session.scalars(
        select(OrderLine.allocated_g).where(OrderLine.id == order_line_id)
    ).one()
    return max(0, allocated - expected_g(session, order_line_id=order_line_id))


def tell_shortfalls(session: Session, *, market_day_id: int, at: datetime) -> list[int]:
    """Tell the buyers whose lines will be short, once each, and return those lines."""
    accepted = func.sum(func.coalesce(Allocation.accepted_g, Allocation.quantity_g))
    rows = session.execute(
        select(OrderLine.id, OrderLine.allocated_g, accepted.label("expected_g"))
        .join(Allocation, Allocation.order_line_id == OrderLine.id)
        .where(
            Allocation.market_day_id == market_day_id,
            Allocation.released_at.is_(None),
            OrderLine.state == LineState.ALLOCATED,
        )
        .group_by(OrderLine.id, OrderLine.allocated_g)
        .having(accepted < OrderLine.allocated_g)
        .order_by(OrderLine.id)
    ).all()
    short = {
        row.id: {"expected_g": int(row.expected_g), "allocated_g": row.allocated_g} for row in rows
    }
    tell_buyers(session, kind="line_short", lines=short, at=at)
    return list(short)


def _is_applied(session: Session, clearing_run_id: int) -> bool:
    first = select(Allocation.id).where(Allocation.clearing_run_id == clearing_run_id).limit(1)
    return session.scalar(first) is not None


def _waiting_lines(session: Session, market_day_id: int, crop_id: int) -> Ints:
    """Lock the requests that wait, and return their ids in rising order."""
    ids = session.scalars(
        select(OrderLine.id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(
            Order.market_day_id == market_day_id,
            OrderLine.crop_id == crop_id,
            OrderLine.kind == LineKind.REQUEST,
            OrderLine.state == LineState.WAITING,
        )
        .order_by(OrderLine.id)
        .with_for_update(of=OrderLine)
        .execution_options(yield_per=_STREAMED)
    )
    return np.fromiter(ids, dtype=np.int64)


def _by(column: InstrumentedAttribute[int], clearing_run_id: int) -> Select[int, int]:
    """Return the grams that a run gives by lot or by line."""
    grams = cast(func.sum(Allocation.quantity_g), BigInteger).label("quantity_g")
    return (
        select(column.label("id"), grams)
        .where(Allocation.clearing_run_id == clearing_run_id)
        .group_by(column)
    )


def _allocate(session: Session, clearing_run_id: int) -> None:
    given = _by(Allocation.order_line_id, clearing_run_id).subquery()
    session.execute(
        update(OrderLine)
        .where(OrderLine.id == given.c.id)
        .values(state=LineState.ALLOCATED, allocated_g=given.c.quantity_g)
        .execution_options(synchronize_session=False)
    )


def _tell(
    session: Session,
    clearing_run_id: int,
    market_day: MarketDay,
    filled: Sequence[int],
    unfilled: Sequence[int],
    at: datetime,
) -> None:
    on, event = market_day.on.isoformat(), f":run:{clearing_run_id}"
    for chunk in chunks(filled):
        rows = session.execute(
            select(OrderLine.id, OrderLine.allocated_g)
            .where(OrderLine.id.in_(chunk))
            .order_by(OrderLine.id)
        )
        given = {row.id: {"allocated_g": row.allocated_g, "day_on": on} for row in rows}
        tell_buyers(session, kind="line_allocated", lines=given, at=at, event=event)
    for chunk in chunks(unfilled):
        empty = {line: {"day_on": on} for line in chunk}
        tell_buyers(session, kind="line_unfilled", lines=empty, at=at, event=event)
