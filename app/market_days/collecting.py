"""End the collection: what no truck brought counts as absent, buyers learn what is short."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import messages
from app.market_days import carrying, steps
from app.messages import Notice
from app.models import (
    Allocation,
    LineState,
    MarketDay,
    Order,
    OrderLine,
    PickupPoint,
)
from app.orders.allocating import tell_shortfalls
from logistics.services.accepting import accept


def finish(
    session: Session, *, market_day_id: int, key: str, person_id: int | None, at: datetime
) -> MarketDay:
    """Close the collection of a day; nothing more is accepted from its villages.

    :raises WrongState: if the day has no published routes, or is past this step.
    """
    day = steps.locked_day(session, market_day_id)
    missing = session.scalars(
        select(Allocation.lot_id)
        .where(
            Allocation.market_day_id == day.id,
            Allocation.released_at.is_(None),
            Allocation.accepted_g.is_(None),
        )
        .distinct()
    ).all()
    if not steps.take_step(
        session,
        day=day,
        step=steps.COLLECT,
        key=key,
        person_id=person_id,
        at=at,
        figures={"not_collected": len(missing)},
    ):
        return day
    for lot_id in sorted(missing):
        # A stop that no truck reached weighs nothing; what others brought is accepted.
        accept(session, market_day_id=day.id, lot_id=lot_id, at=at, is_over=True)
    session.execute(
        update(Allocation)
        .where(
            Allocation.market_day_id == day.id,
            Allocation.released_at.is_(None),
            Allocation.accepted_g.is_(None),
        )
        .values(accepted_g=0)
        .execution_options(synchronize_session=False)
    )
    # What buyers gave back after the routes were published is offered again.
    carrying.carry_over(session, day=day, at=at)
    tell_shortfalls(session, market_day_id=day.id, at=at)
    _tell_codes(session, day, at)
    return day


def _tell_codes(session: Session, day: MarketDay, at: datetime) -> None:
    orders = session.execute(
        select(Order, PickupPoint.called)
        .join(PickupPoint, PickupPoint.id == Order.pickup_point_id)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(Order.market_day_id == day.id, OrderLine.state == LineState.ALLOCATED)
        .distinct()
        .order_by(Order.id)
    )
    messages.tell_all(
        session,
        cooperative_id=day.cooperative_id,
        kind="on_its_way",
        notices=[
            Notice(
                order.buyer_id,
                f"order:{order.id}",
                {"order_id": order.id, "point": point.figure(), "code": order.code},
            )
            for order, point in orders
        ],
        at=at,
    )
