"""Cancel a line or a whole order before the buyers' cut-off; doing it twice changes nothing."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.errors import N_, NotFound, Refusal
from app.models import LineState, MarketDay, MarketDayState, Order, OrderLine
from app.orders.funds import OPEN_STATES
from app.orders.opening import lock_buyer
from app.orders.releasing import close_empty_orders, lock_lines, release_lines

_BEFORE_COLLECTION = frozenset(
    {
        MarketDayState.OPEN,
        MarketDayState.CLOSED,
        MarketDayState.CLEARED,
        MarketDayState.PLANNED,
    }
)


class TooLateToCancel(Refusal):
    """The buyers' cut-off has passed, or the line was handed over."""

    code = "too_late_to_cancel"
    message = N_("It is too late to cancel this. Call your cooperative if you cannot collect it.")


def cancel_line(session: Session, *, order_line_id: int, buyer_id: int, at: datetime) -> None:
    """Cancel one line of a buyer: stock, allocation and hold go back.

    :raises NotFound: if there is no such line of this buyer.
    :raises TooLateToCancel: after the cut-off. A queued line, which has nothing reserved
        yet, can be cancelled until it is tried.
    """
    order_id = session.scalar(
        select(Order.id)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(OrderLine.id == order_line_id, Order.buyer_id == buyer_id)
    )
    if order_id is None:
        raise NotFound
    # A line that joins this order meanwhile would land in an order that is closed.
    lock_buyer(session, buyer_id)
    is_open = is_order_open(session, order_id=order_id, at=at)
    state = lock_lines(session, [order_line_id])[order_line_id]
    if state is LineState.CANCELLED:
        return
    if not can_cancel(state, day_is_open=is_open):
        raise TooLateToCancel
    release_lines(session, order_line_ids=[order_line_id], state=LineState.CANCELLED, at=at)
    close_empty_orders(session, order_ids=[order_id], at=at)


def cancel_order(session: Session, *, order_id: int, buyer_id: int, at: datetime) -> None:
    """Cancel every line of a buyer's order.

    :raises NotFound: if there is no such order of this buyer.
    :raises TooLateToCancel: after the cut-off; nothing of the order is cancelled then.
    """
    lock_buyer(session, buyer_id)
    order = session.execute(
        select(Order.cancelled_at).where(Order.id == order_id, Order.buyer_id == buyer_id)
    ).one_or_none()
    if order is None:
        raise NotFound
    if order.cancelled_at is not None:
        return
    is_open = is_order_open(session, order_id=order_id, at=at)
    line_ids = session.scalars(select(OrderLine.id).where(OrderLine.order_id == order_id)).all()
    states = lock_lines(session, line_ids)
    live = [line_id for line_id, state in states.items() if state is not LineState.CANCELLED]
    if not is_open or any(states[line] not in OPEN_STATES for line in live):
        raise TooLateToCancel
    release_lines(session, order_line_ids=live, state=LineState.CANCELLED, at=at)
    close_empty_orders(session, order_ids=[order_id], at=at)


def can_cancel(state: LineState, *, day_is_open: bool) -> bool:
    """Return whether a line in a state may still be cancelled by its buyer."""
    return state is LineState.QUEUED or (state in OPEN_STATES and day_is_open)


def day_is_open(
    state: MarketDayState,
    *,
    buyers_cutoff_at: datetime,
    confirm_by_at: datetime,
    postponed_from_on: date | None,
    at: datetime,
) -> bool:
    """Return whether a day's orders may be cancelled: before its cut-off.

    Nobody agreed to the date of a postponed day; it can be declined until the day is
    confirmed, whatever has been matched and planned by then.
    """
    if postponed_from_on is not None and state in _BEFORE_COLLECTION:
        return at < confirm_by_at
    return state is MarketDayState.OPEN and at < buyers_cutoff_at


def is_order_open(session: Session, *, order_id: int, at: datetime) -> bool:
    """Return whether an order may still be cancelled or changed, and keep it so."""
    # The share lock keeps the day from closing, and its clearing from reading this
    # order's lines, until the cancellation is committed. It comes before the lines'
    # locks, as in the day's own transitions, so that neither waits for the other.
    day = session.execute(
        select(
            MarketDay.state,
            MarketDay.buyers_cutoff_at,
            MarketDay.confirm_by_at,
            MarketDay.postponed_from_on,
        )
        .join(Order, Order.market_day_id == MarketDay.id)
        .where(Order.id == order_id)
        .with_for_update(read=True, of=MarketDay)
    ).one()
    return day_is_open(
        day.state,
        buyers_cutoff_at=day.buyers_cutoff_at,
        confirm_by_at=day.confirm_by_at,
        postponed_from_on=day.postponed_from_on,
        at=at,
    )
