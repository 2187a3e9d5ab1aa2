"""Apply what a clearing gave, take it back when a day is cancelled, and name shortfalls.

The market day calls this inside its own transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from app import stock
from app.kernel.errors import N_, Refusal
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
from app.orders.releasing import close_empty_orders, give_lots_back, release_lines
from app.orders.telling import tell_buyers


class MarketChanged(Refusal):
    """The clearing gave something to a line that does not wait for it any more."""

    code = "market_changed"
    message = N_("The market changed after it was matched. Match it again.")


@dataclass(frozen=True)
class Award:
    """A quantity of a lot for an order line, with the price per kg in its parts."""

    lot_id: int
    order_line_id: int
    quantity_g: int
    farmer_price_minor: int
    freight_minor: int
    fee_minor: int

    @property
    def buyer_price_minor(self) -> int:
        """Return what the buyer pays per kg: all parts together."""
        return self.farmer_price_minor + self.freight_minor + self.fee_minor


def apply_allocations(
    session: Session,
    *,
    clearing_run_id: int,
    market_day: MarketDay,
    allocations: Sequence[Award],
    at: datetime,
) -> None:
    """Write a run's allocations, take their stock, and end the wait of its crop's requests.

    Requests that got nothing become unfilled and get their holds back. Applying a run
    twice changes nothing.

    :raises MarketChanged: if a line does not wait any more, or a lot holds too little.
    """
    run = session.get_one(ClearingRun, clearing_run_id)
    if _is_applied(session, clearing_run_id):
        return
    given_g: dict[int, int] = defaultdict(int)
    taken_g: dict[int, int] = defaultdict(int)
    for award in allocations:
        given_g[award.order_line_id] += award.quantity_g
        taken_g[award.lot_id] += award.quantity_g
    waiting = _waiting_lines(session, market_day.id, run.crop_id)
    if not given_g.keys() <= set(waiting):
        raise MarketChanged
    _write(session, run, market_day.id, allocations, at)
    _allocate(session, given_g)
    unfilled = [line_id for line_id in waiting if line_id not in given_g]
    release_lines(session, order_line_ids=unfilled, state=LineState.UNFILLED, at=at)
    _tell(session, run.id, market_day, given_g, unfilled, at)
    for lot_id, quantity_g in sorted(taken_g.items()):
        try:
            stock.take(session, lot_id=lot_id, quantity_g=quantity_g, while_frozen=True)
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


def _waiting_lines(session: Session, market_day_id: int, crop_id: int) -> list[int]:
    return list(
        session.scalars(
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
        )
    )


def _write(
    session: Session,
    run: ClearingRun,
    market_day_id: int,
    allocations: Sequence[Award],
    at: datetime,
) -> None:
    if not allocations:
        return
    session.execute(
        insert(Allocation),
        [
            {
                "cooperative_id": run.cooperative_id,
                "market_day_id": market_day_id,
                "clearing_run_id": run.id,
                "lot_id": award.lot_id,
                "order_line_id": award.order_line_id,
                "quantity_g": award.quantity_g,
                "buyer_price_minor": award.buyer_price_minor,
                "farmer_price_minor": award.farmer_price_minor,
                "freight_minor": award.freight_minor,
                "fee_minor": award.fee_minor,
                "made_at": at,
            }
            for award in allocations
        ],
    )


def _allocate(session: Session, given_g: dict[int, int]) -> None:
    if given_g:
        session.execute(
            update(OrderLine),
            [
                {"id": line_id, "state": LineState.ALLOCATED, "allocated_g": quantity_g}
                for line_id, quantity_g in sorted(given_g.items())
            ],
        )


def _tell(
    session: Session,
    clearing_run_id: int,
    market_day: MarketDay,
    given_g: dict[int, int],
    unfilled: Sequence[int],
    at: datetime,
) -> None:
    on = market_day.on.isoformat()
    given: dict[int, dict[str, int | str]] = {
        line: {"allocated_g": given_g[line], "day_on": on} for line in given_g
    }
    event = f":run:{clearing_run_id}"
    tell_buyers(session, kind="line_allocated", lines=given, at=at, event=event)
    empty = {line: {"day_on": on} for line in unfilled}
    tell_buyers(session, kind="line_unfilled", lines=empty, at=at, event=event)
