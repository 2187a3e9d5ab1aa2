"""The goods have come to the shop: buyers hear that they can collect."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import String, cast, select
from sqlalchemy.orm import Session

from app import messages
from app.kernel.errors import NotFound
from app.messages import Notice
from app.models import (
    LineState,
    MarketDay,
    MarketDayState,
    Message,
    Order,
    OrderLine,
    PickupPoint,
)
from app.models.names import PlaceName

_KIND = "ready_to_collect"


def not_told(
    session: Session, *, market_day_id: int, pickup_point_ids: Sequence[int]
) -> list[tuple[Order, PlaceName]]:
    """Return the orders that wait at these points while their buyers do not know yet.

    Before the collection has ended nothing can have come.
    """
    told = select(Message.id).where(
        Message.kind == _KIND,
        Message.person_id == Order.buyer_id,
        Message.event_key == "order:" + cast(Order.id, String),
    )
    rows = session.execute(
        select(Order, PickupPoint.called)
        .join(PickupPoint, PickupPoint.id == Order.pickup_point_id)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(MarketDay, MarketDay.id == Order.market_day_id)
        .where(
            MarketDay.id == market_day_id,
            MarketDay.state == MarketDayState.COLLECTED,
            Order.pickup_point_id.in_(pickup_point_ids),
            OrderLine.state == LineState.ALLOCATED,
            ~told.exists(),
        )
        .distinct()
        .order_by(Order.id)
    )
    return [(order, point) for order, point in rows]


def tell_arrived(
    session: Session, *, market_day_id: int, pickup_point_ids: Sequence[int], at: datetime
) -> int:
    """Tell the buyers of a day that their orders can be collected; each order once.

    :raises NotFound: if the day has no orders at these points.
    """
    day = session.get(MarketDay, market_day_id)
    ordered = session.scalar(
        select(Order.id)
        .where(Order.market_day_id == market_day_id, Order.pickup_point_id.in_(pickup_point_ids))
        .limit(1)
    )
    if day is None or ordered is None:
        raise NotFound
    return messages.tell_all(
        session,
        cooperative_id=day.cooperative_id,
        kind=_KIND,
        notices=[
            Notice(
                order.buyer_id,
                f"order:{order.id}",
                {"order_id": order.id, "point": point.figure(), "code": order.code},
            )
            for order, point in not_told(
                session, market_day_id=market_day_id, pickup_point_ids=pickup_point_ids
            )
        ],
        at=at,
    )
