"""The one open order of a buyer, a pickup point and a market day."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.database import insert_if_new
from app.kernel.errors import N_, Refusal
from app.models import Order, PaymentMethod, Person, PickupPoint

# No sign that is easily taken for another one, read or heard: no 0 O Q, 1 I L, 2 Z, 5 S,
# 8 B, U V, M N, and no two that a tired eye joins.
CODE_SIGNS = "34679ACDEFHJKPRTWXY"
CODE_LENGTH = 6


class PaymentDiffers(Refusal):
    """The open order that a line would join is paid in another way."""

    code = "payment_differs"
    message = N_(
        "Your order for this day and pickup point is paid in another way. Choose the same way,"
        " or cancel that order first."
    )


class PickupPointClosed(Refusal):
    """The pickup point takes no more orders, or belongs to another cooperative."""

    code = "pickup_point_closed"
    message = N_("This pickup point takes no orders. Choose another one.")


def lock_buyer(session: Session, buyer_id: int) -> None:
    """Let one request at a time order for a buyer.

    Two first orders at once would open two orders, and both might fit under the weekly
    account's limit where their sum does not.
    """
    session.execute(select(Person.id).where(Person.id == buyer_id).with_for_update(key_share=True))


def open_point(session: Session, *, pickup_point_id: int) -> int:
    """Return the cooperative of a pickup point that takes orders.

    :raises PickupPointClosed: if it does not.
    """
    cooperative_id = session.scalar(
        select(PickupPoint.cooperative_id).where(
            PickupPoint.id == pickup_point_id, PickupPoint.retired_at.is_(None)
        )
    )
    if cooperative_id is None:
        raise PickupPointClosed(field="pickup_point")
    return cooperative_id


def join_order(
    session: Session,
    *,
    cooperative_id: int,
    market_day_id: int,
    buyer_id: int,
    pickup_point_id: int,
    payment_method: PaymentMethod,
    at: datetime,
) -> int:
    """Return the id of the buyer's open order, opening it if there is none.

    :raises PaymentDiffers: if it exists and is paid in another way.
    """
    known = open_order(
        session,
        market_day_id=market_day_id,
        buyer_id=buyer_id,
        pickup_point_id=pickup_point_id,
    )
    if known is not None:
        if known.payment_method is not payment_method:
            raise PaymentDiffers(field="payment_method")
        return known.id
    values = {
        "cooperative_id": cooperative_id,
        "market_day_id": market_day_id,
        "buyer_id": buyer_id,
        "pickup_point_id": pickup_point_id,
        "payment_method": payment_method,
        "opened_at": at,
    }
    while True:
        # A code that is taken inserts nothing, and the next one is tried.
        order_id = insert_if_new(session, Order, values | {"code": new_code()})
        if order_id is not None:
            return order_id


def open_order(
    session: Session, *, market_day_id: int, buyer_id: int, pickup_point_id: int
) -> Order | None:
    """Return the order that a new line would join, if there is one."""
    return session.scalar(
        select(Order)
        .where(
            Order.buyer_id == buyer_id,
            Order.market_day_id == market_day_id,
            Order.pickup_point_id == pickup_point_id,
            Order.cancelled_at.is_(None),
        )
        .order_by(Order.id.desc())
        .limit(1)
    )


def new_code() -> str:
    """Return a random pickup code."""
    return "".join(secrets.choice(CODE_SIGNS) for _ in range(CODE_LENGTH))


def read_code(typed: str) -> str:
    """Return a code as it is stored, however it was typed: blanks, hyphens, small letters."""
    return "".join(sign for sign in typed.upper() if sign.isalnum())
