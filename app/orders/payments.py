"""What the manager does with money: confirm what came in, top up cards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.errors import NotFound
from app.ledger import cards, sales
from app.models import AccountKind, Order, Payment, PaymentState, Person, Role, RoleKind


@dataclass(frozen=True)
class DuePayment:
    """A bill that waits for its transfer or its weekly account."""

    payment_id: int
    order_id: int
    code: str
    buyer_id: int
    buyer: str
    method: str
    amount_minor: int
    made_at: datetime


def due_payments(
    session: Session, *, cooperative_id: int, after_id: int = 0, limit: int = 50
) -> list[DuePayment]:
    """Return what buyers still owe for hand-overs, oldest first, a page at a time by id."""
    rows = session.execute(
        select(
            Payment.id.label("payment_id"),
            Payment.order_id,
            Order.code,
            Order.buyer_id,
            Person.name.label("buyer"),
            Payment.method,
            Payment.amount_minor,
            Payment.made_at,
        )
        .join(Order, Order.id == Payment.order_id)
        .join(Person, Person.id == Order.buyer_id)
        .where(
            Payment.cooperative_id == cooperative_id,
            Payment.state == PaymentState.DUE,
            Payment.id > after_id,
        )
        .order_by(Payment.id)
        .limit(limit)
    )
    return [DuePayment(**row._mapping) for row in rows]


def confirm(
    session: Session, *, payment_id: int, cooperative_id: int, person_id: int, at: datetime
) -> None:
    """Note that a transfer or a weekly account came into the bank, once.

    :raises NotFound: if the cooperative has no such payment.
    """
    known = session.scalar(
        select(Payment.id).where(Payment.id == payment_id, Payment.cooperative_id == cooperative_id)
    )
    if known is None:
        raise NotFound
    sales.confirm_payment(session, payment_id=payment_id, confirmed_by_id=person_id, at=at)


def top_up_card(
    session: Session,
    *,
    cooperative_id: int,
    buyer_id: int,
    amount_minor: int,
    shop_id: int | None,
    key: str,
    at: datetime,
) -> int:
    """Put money on a buyer's card: from the bank, or in cash at a shop's till.

    :returns: the id of the ledger's entry.
    :raises NotFound: if the person does not buy at this cooperative.
    :raises AmountNotPositive: if the amount is zero or less.
    """
    buys_here = session.scalar(
        select(Role.id)
        .where(
            Role.person_id == buyer_id,
            Role.cooperative_id == cooperative_id,
            Role.kind == RoleKind.BUYER,
            Role.ended_at.is_(None),
        )
        .limit(1)
    )
    if buys_here is None:
        raise NotFound(field="buyer")
    return cards.top_up(
        session,
        cooperative_id=cooperative_id,
        person_id=buyer_id,
        amount_minor=amount_minor,
        source=AccountKind.BANK if shop_id is None else AccountKind.CASH,
        shop_id=shop_id,
        key=key,
        at=at,
    )
