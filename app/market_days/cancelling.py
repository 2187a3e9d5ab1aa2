"""Cancel a market day: stock, money and trucks go back, everybody is told, in one transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import messages
from app.market_days import steps
from app.messages import Notice
from app.models import Lot, MarketDay, MarketDayState, Order
from app.orders.allocating import release_allocations
from app.stock import thaw_day
from farmers.services import harvests
from logistics.services import publishing


def cancel(
    session: Session, *, market_day_id: int, key: str, person_id: int | None, at: datetime
) -> MarketDay:
    """Cancel a day that is not collected yet; its lots go to the next day that fits them.

    :raises WrongState: if the day is collected already.
    :raises GoodsBrought: if something was weighed in or handed over already.
    """
    day = steps.locked_day(session, market_day_id)
    if day.state is not MarketDayState.CANCELLED and not steps.is_recorded(session, key):
        steps.refuse_brought(session, day)
    if not steps.take_step(
        session, day=day, step=steps.CANCEL, key=key, person_id=person_id, at=at
    ):
        return day
    buyers = session.scalars(
        select(Order.buyer_id)
        .where(Order.market_day_id == day.id, Order.cancelled_at.is_(None))
        .distinct()
    ).all()
    lots = session.scalars(
        select(Lot).where(Lot.market_day_id == day.id, Lot.withdrawn_at.is_(None)).order_by(Lot.id)
    ).all()
    publishing.withdraw(session, market_day_id=day.id, at=at)
    thaw_day(session, market_day_id=day.id)
    release_allocations(session, market_day_id=day.id, at=at)
    messages.tell_all(
        session,
        cooperative_id=day.cooperative_id,
        kind="day_cancelled",
        notices=[
            Notice(told_id, f"day:{day.id}", {"day_on": day.on.isoformat()})
            for told_id in {*buyers, *(lot.farmer_id for lot in lots)}
        ],
        at=at,
    )
    for lot in lots:
        harvests.move_on(session, lot=lot, from_day=day, at=at)
    return day
