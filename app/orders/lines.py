"""Writing where a line stands and what it was given of a lot."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from app.models import Allocation, LineState, OrderLine
from app.orders.prices import PriceParts


def set_line(session: Session, order_line_id: int, state: LineState, allocated_g: int) -> None:
    """Set where a line stands and how much it has been given."""
    session.execute(
        update(OrderLine)
        .where(OrderLine.id == order_line_id)
        .values(state=state, allocated_g=allocated_g)
        .execution_options(synchronize_session=False)
    )


def write_allocation(
    session: Session,
    *,
    cooperative_id: int,
    market_day_id: int,
    lot_id: int,
    order_line_id: int,
    quantity_g: int,
    parts: PriceParts,
    at: datetime,
) -> int:
    """Write what a direct order got of a lot, and return the allocation's id."""
    new_id: int = session.scalars(
        insert(Allocation)
        .values(
            cooperative_id=cooperative_id,
            market_day_id=market_day_id,
            lot_id=lot_id,
            order_line_id=order_line_id,
            quantity_g=quantity_g,
            buyer_price_minor=parts.buyer_minor,
            farmer_price_minor=parts.farmer_minor,
            freight_minor=parts.freight_minor,
            fee_minor=parts.fee_minor,
            made_at=at,
        )
        .returning(Allocation.id)
    ).one()
    return new_id
