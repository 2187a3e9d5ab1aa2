"""Requests filed anew: changed by their buyers, or waiting again for another matching.

A request is replaced, never rewritten: what it was stays in the record, and the money
set aside for it is given back before that of the new one is set aside.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.errors import N_, NotFound, Refusal
from app.ledger.cards import CardEmpty
from app.models import (
    ClearingRun,
    Cooperative,
    LineKind,
    LineState,
    MarketDay,
    Order,
    OrderLine,
    PaymentMethod,
)
from app.orders.bidding import Bid, bid
from app.orders.cancelling import is_order_open
from app.orders.drafts import Market, Placed, Terms, write
from app.orders.opening import lock_buyer
from app.orders.releasing import close_empty_orders, lock_lines, release_lines

# What a request says beyond its bid, kept when it is filed anew.
_KEPT = ("substitutes", "most_lots", "only_farmer_id")
_FREE_TO_CHANGE = (LineState.WAITING,)
_ENDED = (LineState.UNFILLED,)


class TooLateToChange(Refusal):
    """The cut-off has passed, or the request does not wait any more."""

    code = "too_late_to_change"
    message = N_("It is too late to change this request: its market day takes no more orders.")


class NotToAskAgain(Refusal):
    """Only a request that got nothing is filed again."""

    code = "not_to_ask_again"
    message = N_("Only a request that was not filled can be filed again.")


@dataclass(frozen=True)
class Change:
    """What a buyer wants instead; the quantity stays.

    :param day_on: the market's date to be collected from, that of today's day or another.
    """

    limit_minor: int
    day_on: date
    least_fill_g: int
    is_all_or_nothing: bool


def change_request(
    session: Session,
    *,
    order_line_id: int,
    buyer_id: int,
    change: Change,
    key: str,
    at: datetime,
) -> Placed:
    """Replace a waiting request by a changed one, before the cut-off; once per key.

    :raises NotFound: if the buyer has no such request.
    :raises TooLateToChange: if it waits no more, or its day takes no more orders.
    :raises LeastFillTooLarge, LimitOutOfRange, NoMarketDay, PaymentDiffers, CardEmpty,
        AccountLimitReached: as their names say; the request then stays as it was.
    """
    line, order, day = _own(session, order_line_id, buyer_id)
    before = _placed_before(session, buyer_id, key)
    if before is not None:
        return before
    is_open = is_order_open(session, order_id=order.id, at=at)
    state = lock_lines(session, [line.id])[line.id]
    if not is_open or state not in _FREE_TO_CHANGE:
        raise TooLateToChange
    release_lines(session, order_line_ids=[line.id], state=LineState.CANCELLED, at=at)
    is_same_day = change.day_on == day.on
    placed = _bid_again(
        session,
        line,
        order,
        first_on=line.first_on if is_same_day else change.day_on,
        last_on=line.last_on if is_same_day else max(change.day_on, line.last_on),
        change=change,
        key=key,
        at=at,
    )
    close_empty_orders(session, order_ids=[order.id], at=at)
    return placed


def ask_again(
    session: Session, *, order_line_id: int, buyer_id: int, day_on: date, key: str, at: datetime
) -> Placed:
    """File a request that was not filled again for a later day, any part of it welcome.

    :raises NotFound: if the buyer has no such request.
    :raises NotToAskAgain: if it was filled, or waits still.
    :raises NoMarketDay, PaymentDiffers, CardEmpty, AccountLimitReached: as their names say.
    """
    line, order, _ = _own(session, order_line_id, buyer_id)
    before = _placed_before(session, buyer_id, key)
    if before is not None:
        return before
    if line.state not in _ENDED:
        raise NotToAskAgain
    change = Change(line.limit_minor, day_on, 0, is_all_or_nothing=False)
    return _bid_again(
        session, line, order, first_on=day_on, last_on=day_on, change=change, key=key, at=at
    )


def file_again(session: Session, *, clearing_run_id: int, at: datetime) -> int:
    """Let requests wait again whose card got its money back when a run gave them nothing.

    A hold is never opened twice, so the request is filed anew in the same order. One
    whose card does not hold enough any more stays unfilled. Returns how many wait.
    """
    run = session.get_one(ClearingRun, clearing_run_id)
    rows = session.execute(
        select(OrderLine, Order, MarketDay.pickup_at, Cooperative.ceiling_bp)
        .join(Order, Order.id == OrderLine.order_id)
        .join(MarketDay, MarketDay.id == Order.market_day_id)
        .join(Cooperative, Cooperative.id == Order.cooperative_id)
        .where(
            Order.market_day_id == run.market_day_id,
            Order.payment_method == PaymentMethod.CARD,
            OrderLine.crop_id == run.crop_id,
            OrderLine.kind == LineKind.REQUEST,
            OrderLine.state == LineState.UNFILLED,
        )
        .order_by(OrderLine.id)
        .with_for_update(of=OrderLine)
    ).all()
    return sum(
        _wait_again(session, line, order, pickup_at, ceiling_bp, f"again:{line.id}", at)
        for line, order, pickup_at, ceiling_bp in rows
    )


def _wait_again(
    session: Session,
    line: OrderLine,
    order: Order,
    pickup_at: datetime,
    ceiling_bp: int,
    key: str,
    at: datetime,
) -> bool:
    terms = _terms(line, order, key, line.ordered_at)
    market = Market(
        cooperative_id=order.cooperative_id,
        market_day_id=order.market_day_id,
        pickup_at=pickup_at,
        ceiling_bp=ceiling_bp,
        crop_id=line.crop_id,
        crop_names=line.crop_names,
        price_minor=line.limit_minor,
    )
    own = {name: getattr(line, name) for name in (*_BID, *_KEPT)}
    try:
        with session.begin_nested():
            write(
                session,
                terms,
                market,
                {"kind": LineKind.REQUEST, "state": LineState.WAITING, **own},
            )
    except CardEmpty:
        return False
    line.state = LineState.CANCELLED
    line.cancelled_at = at
    session.flush()
    return True


_BID = ("least_grade", "first_on", "last_on", "is_all_or_nothing", "least_fill_g")


def _own(session: Session, order_line_id: int, buyer_id: int) -> tuple[OrderLine, Order, MarketDay]:
    row = session.execute(
        select(OrderLine, Order, MarketDay)
        .join(Order, Order.id == OrderLine.order_id)
        .join(MarketDay, MarketDay.id == Order.market_day_id)
        .where(
            OrderLine.id == order_line_id,
            OrderLine.kind == LineKind.REQUEST,
            Order.buyer_id == buyer_id,
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    lock_buyer(session, buyer_id)
    return row.OrderLine, row.Order, row.MarketDay


def _placed_before(session: Session, buyer_id: int, key: str) -> Placed | None:
    row = session.execute(
        select(OrderLine, Order.market_day_id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(OrderLine.person_id == buyer_id, OrderLine.key == key)
    ).one_or_none()
    if row is None:
        return None
    line: OrderLine = row.OrderLine
    return Placed(line.order_id, line.id, row.market_day_id, line.state)


def _bid_again(
    session: Session,
    line: OrderLine,
    order: Order,
    *,
    first_on: date,
    last_on: date,
    change: Change,
    key: str,
    at: datetime,
) -> Placed:
    wanted = Bid(
        crop_id=line.crop_id,
        limit_minor=change.limit_minor,
        least_grade=line.least_grade,
        first_on=first_on,
        last_on=last_on,
        is_all_or_nothing=change.is_all_or_nothing,
        least_fill_g=change.least_fill_g,
    )
    placed = bid(session, _terms(line, order, key, at), wanted)
    again = session.get_one(OrderLine, placed.order_line_id)
    for name in _KEPT:
        setattr(again, name, getattr(line, name))
    session.flush()
    return placed


def _terms(line: OrderLine, order: Order, key: str, at: datetime) -> Terms:
    return Terms(
        buyer_id=order.buyer_id,
        ordered_by_id=order.buyer_id,
        pickup_point_id=order.pickup_point_id,
        method=order.payment_method,
        quantity_g=line.ordered_g,
        unit_code=line.unit_code,
        unit_grams=line.unit_grams,
        key=key,
        at=at,
    )
