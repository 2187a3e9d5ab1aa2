"""What the demo's farmers and buyers do, each through the service behind its page."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cli.demo.founding import Founded
from app.cli.demo.offers import Wish
from app.models import Lot, LotStock, MarketDay, Order, PaymentMethod
from app.orders.placing import file_request, order_direct
from farmers.services import harvests
from farmers.services.harvests import Offer


def offer(session: Session, founded: Founded, offered: Offer, *, key: str, at: datetime) -> Lot:
    """List a harvest as its farmer."""
    return harvests.offer(
        session,
        cooperative_id=founded.cooperative_id,
        listed_by_id=offered.farmer_id,
        offered=offered,
        key=key,
        at=at,
    )


def order(session: Session, day: MarketDay, wish: Wish, *, key: str, at: datetime) -> None:
    """Buy part of the cheapest visible lot, or file a request where there is none."""
    method = _method(session, day, wish)
    lot = _visible_lot(session, day, wish) if wish.is_direct else None
    if lot is not None:
        order_direct(
            session,
            buyer_id=wish.buyer_id,
            lot_id=lot[0],
            quantity_g=min(wish.quantity_g, lot[1]),
            unit_code="kg",
            unit_grams=1000,
            pickup_point_id=wish.pickup_point_id,
            payment_method=method,
            key=key,
            at=at,
        )
        return
    file_request(
        session,
        buyer_id=wish.buyer_id,
        crop_id=wish.crop_id,
        quantity_g=wish.quantity_g,
        unit_code="kg",
        unit_grams=1000,
        limit_minor=wish.limit_minor,
        least_grade=wish.least_grade,
        pickup_point_id=wish.pickup_point_id,
        payment_method=method,
        first_on=day.on,
        last_on=day.on,
        key=key,
        at=at,
    )


def _method(session: Session, day: MarketDay, wish: Wish) -> PaymentMethod:
    """Return how the buyer pays: as for the open order that the line joins."""
    joined = session.scalar(
        select(Order.payment_method).where(
            Order.market_day_id == day.id,
            Order.buyer_id == wish.buyer_id,
            Order.cancelled_at.is_(None),
        )
    )
    return joined or wish.method


def _visible_lot(session: Session, day: MarketDay, wish: Wish) -> tuple[int, int] | None:
    found = session.execute(
        select(Lot.id, LotStock.available_g)
        .join(LotStock, LotStock.lot_id == Lot.id)
        .where(
            Lot.market_day_id == day.id,
            Lot.crop_id == wish.crop_id,
            LotStock.available_g > 0,
        )
        .order_by(Lot.ask_minor, Lot.id)
        .limit(1)
    ).first()
    return None if found is None else (found.id, found.available_g)
