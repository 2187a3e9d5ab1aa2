"""A line on its way into an order: written once per key, with its money set aside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.database import insert_if_new
from app.kernel.errors import N_, BadInput, Refusal
from app.models import LineState, Order, OrderLine, PaymentMethod
from app.orders.funds import set_aside
from app.orders.opening import join_order, lock_buyer
from app.orders.prices import ceiling_g

MOST_G = 50_000_000
MOST_PRICE_MINOR = 100_000_000


class OrderKeyReused(Refusal):
    """The same key came with another order: a page that was kept and changed."""

    code = "order_key_reused"
    message = N_("This form has been sent before with other figures. Look at your orders first.")


class QuantityOutOfRange(BadInput):
    """No sensible quantity for one line."""

    code = "order_quantity_out_of_range"
    message = N_("Order more than nothing and at most 50 tonnes at once.")


class LimitOutOfRange(BadInput):
    """No sensible price per kg."""

    code = "order_limit_out_of_range"
    message = N_("Write a price per kg that you would pay.")


@dataclass(frozen=True)
class Terms:
    """What the buyer says: who, how much, where to, paid how.

    :param ordered_by_id: who orders; not always the buyer, and what the key belongs to.
    """

    buyer_id: int
    ordered_by_id: int
    pickup_point_id: int
    method: PaymentMethod
    quantity_g: int
    unit_code: str
    unit_grams: int
    key: str
    at: datetime


@dataclass(frozen=True)
class Market:
    """What the market says: the day, the crop, and the price or limit per kg."""

    cooperative_id: int
    market_day_id: int
    pickup_at: datetime
    ceiling_bp: int
    crop_id: int
    crop_names: Mapping[str, str]
    price_minor: int


@dataclass(frozen=True)
class Placed:
    """What became of one placed line; ``queued`` means that it waits for the matching."""

    order_id: int
    order_line_id: int
    market_day_id: int
    state: LineState


def placed_before(session: Session, terms: Terms, same: Mapping[str, object]) -> Placed | None:
    """Return what an earlier request with the same key placed, if there was one.

    :param same: columns of the line that must be as they were.
    :raises OrderKeyReused: if they are not.
    :raises QuantityOutOfRange: if the quantity cannot be ordered at all.
    """
    if not 0 < terms.quantity_g <= MOST_G or terms.unit_grams <= 0:
        raise QuantityOutOfRange(field="quantity")
    lock_buyer(session, terms.buyer_id)
    row = session.execute(
        select(OrderLine, Order.market_day_id, Order.buyer_id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(OrderLine.person_id == terms.ordered_by_id, OrderLine.key == terms.key)
    ).one_or_none()
    if row is None:
        return None
    line: OrderLine = row.OrderLine
    wanted = {**same, "ordered_g": terms.quantity_g}
    if row.buyer_id != terms.buyer_id or any(
        getattr(line, name) != value for name, value in wanted.items()
    ):
        raise OrderKeyReused
    return Placed(line.order_id, line.id, row.market_day_id, line.state)


def write(
    session: Session, terms: Terms, market: Market, own: Mapping[str, object]
) -> tuple[int, int]:
    """Write a line into the buyer's open order; return the ids of the order and the line.

    :param own: the columns that direct lines and requests fill in their own ways.
    :raises OrderKeyReused: if another buyer's order took the key in the meantime.
    :raises PaymentDiffers, CardEmpty, AccountLimitReached: as their names say.
    """
    order_id = join_order(
        session,
        cooperative_id=market.cooperative_id,
        market_day_id=market.market_day_id,
        buyer_id=terms.buyer_id,
        pickup_point_id=terms.pickup_point_id,
        payment_method=terms.method,
        at=terms.at,
    )
    most_g = ceiling_g(terms.quantity_g, market.ceiling_bp)
    values = {
        "order_id": order_id,
        "crop_id": market.crop_id,
        "crop_names": market.crop_names,
        "ordered_g": terms.quantity_g,
        "ceiling_g": most_g,
        "allocated_g": 0,
        "unit_code": terms.unit_code,
        "unit_grams": terms.unit_grams,
        "limit_minor": market.price_minor,
        "is_all_or_nothing": False,
        "least_fill_g": 0,
        "substitutes": {},
        "person_id": terms.ordered_by_id,
        "key": terms.key,
        "ordered_at": terms.at,
    }
    line_id = insert_if_new(session, OrderLine, {**values, **own})
    if line_id is None:
        raise OrderKeyReused
    set_aside(
        session,
        cooperative_id=market.cooperative_id,
        buyer_id=terms.buyer_id,
        order_line_id=line_id,
        method=terms.method,
        ceiling_g=most_g,
        price_minor=market.price_minor,
        pickup_at=market.pickup_at,
        at=terms.at,
    )
    return order_id, line_id
