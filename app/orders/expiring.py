"""End holds whose time is over: the money goes back, and what it was held for ends too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.models import Allocation, Hold, LineState, MarketDay, Order, OrderLine
from app.orders.funds import OPEN_STATES
from app.orders.opening import lock_buyer
from app.orders.releasing import close_empty_orders, lock_lines, release_holds, release_lines
from app.orders.telling import tell_buyers

EXPIRE_JOB = "orders.end_expired_holds"
# What one transaction carries; the next run goes on.
_MOST = 500


def end_expired(session: Session, *, at: datetime) -> int:
    """Release the holds that have expired and end their lines; return how many.

    A line whose goods the village's scale accepted ends as not collected, so that its
    farmer is still owed; every other open line is cancelled, and its lot gets it back.
    """
    found = session.execute(
        select(Hold.order_line_id, Order.id, Order.buyer_id, Order.market_day_id)
        .join(OrderLine, OrderLine.id == Hold.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(Hold.ended_at.is_(None), Hold.expires_at <= at)
        .order_by(Hold.expires_at, Hold.id)
        .limit(_MOST)
    ).all()
    # Buyers, days, lines: the order in which a cancellation locks them.
    for buyer_id in sorted({row.buyer_id for row in found}):
        lock_buyer(session, buyer_id)
    _lock_days(session, [row.market_day_id for row in found])
    states = lock_lines(session, [row.order_line_id for row in found])
    still_held = set(
        session.scalars(
            select(Hold.order_line_id).where(
                Hold.order_line_id.in_(states), Hold.ended_at.is_(None), Hold.expires_at <= at
            )
        )
    )
    held = sorted(still_held)
    open_lines = [line_id for line_id in held if states[line_id] in OPEN_STATES]
    accepted = _accepted(session, open_lines)
    cancelled = [line_id for line_id in open_lines if line_id not in accepted]
    release_holds(session, order_line_ids=[one for one in held if one not in cancelled], at=at)
    _end_uncollected(session, sorted(accepted))
    release_lines(session, order_line_ids=cancelled, state=LineState.CANCELLED, at=at)
    orders = [row.id for row in found if row.order_line_id in cancelled]
    close_empty_orders(session, order_ids=orders, at=at)
    tell_buyers(session, kind="hold_expired", lines={line_id: {} for line_id in open_lines}, at=at)
    return len(held)


def run_expire(session: Session, *, payload: Mapping[str, Any], at: datetime) -> dict[str, int]:
    """Do the recurring job."""
    return {"ended": end_expired(session, at=at)}


def _lock_days(session: Session, day_ids: Sequence[int]) -> None:
    session.execute(
        select(MarketDay.id)
        .where(MarketDay.id.in_(set(day_ids)))
        .order_by(MarketDay.id)
        .with_for_update(read=True)
    )


def _accepted(session: Session, line_ids: Sequence[int]) -> set[int]:
    return set(
        session.scalars(
            select(Allocation.order_line_id).where(
                Allocation.order_line_id.in_(line_ids),
                Allocation.released_at.is_(None),
                Allocation.accepted_g > 0,
            )
        )
    )


def _end_uncollected(session: Session, line_ids: Sequence[int]) -> None:
    session.execute(
        update(OrderLine)
        .where(OrderLine.id.in_(line_ids))
        .values(state=LineState.UNCOLLECTED, billed_g=0, billed_minor=0)
        .execution_options(synchronize_session=False)
    )
