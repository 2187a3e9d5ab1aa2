"""End the hand-over: lines that nobody came for are closed, and nobody pays for them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.market_days import steps
from app.models import LineState, MarketDay, Order, OrderLine, PickupPoint
from app.orders.handing_over import hand_over


def finish(
    session: Session, *, market_day_id: int, key: str, person_id: int, at: datetime
) -> MarketDay:
    """Close the hand-over of a day; what was not collected is named so.

    :raises WrongState: if the day is not collected yet, or past this step.
    """
    day = steps.locked_day(session, market_day_id)
    waiting = session.execute(
        select(OrderLine.id, PickupPoint.shop_id)
        .join(Order, Order.id == OrderLine.order_id)
        .join(PickupPoint, PickupPoint.id == Order.pickup_point_id)
        .where(Order.market_day_id == day.id, OrderLine.state == LineState.ALLOCATED)
        .order_by(OrderLine.id)
    ).all()
    if not steps.take_step(
        session,
        day=day,
        step=steps.DELIVER,
        key=key,
        person_id=person_id,
        at=at,
        figures={"uncollected": len(waiting)},
    ):
        return day
    for line_id, shop_id in waiting:
        hand_over(
            session,
            order_line_id=line_id,
            outcome=LineState.UNCOLLECTED,
            received_g=0,
            shop_id=shop_id,
            person_id=person_id,
            key=f"uncollected:{line_id}",
            at=at,
        )
    return day
