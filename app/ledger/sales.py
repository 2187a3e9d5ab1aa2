"""What a buyer owes for a line that was handed over, and how it came in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.errors import N_, NotFound, Refusal
from app.ledger import cards
from app.ledger.entries import Cause, account, post
from app.models import AccountKind, Order, Payment, PaymentMethod, PaymentState


class AlreadyPaid(Refusal):
    """The bank or the weekly account has paid the bill; its difference is settled by hand."""

    code = "bill_already_paid"
    message = N_("This bill was paid already. Ask your cooperative to settle the difference.")


_PAID_AT_ONCE = {PaymentMethod.CASH, PaymentMethod.CARD}


def bill_line(
    session: Session,
    *,
    cooperative_id: int,
    buyer_id: int,
    shop_id: int,
    order_id: int,
    order_line_id: int,
    method: PaymentMethod,
    amount_minor: int,
    at: datetime,
) -> Payment:
    """Post what a handed-over line costs by its way of payment, once per line.

    Cash lies in the shop's till, a transfer or weekly account is due from the buyer,
    a card pays from its hold and gets the rest of it back.

    :raises CardEmpty: if a card's hold does not cover the amount.
    """
    existing = session.scalar(select(Payment).where(Payment.order_line_id == order_line_id))
    if existing is not None:
        return existing
    if method is PaymentMethod.CARD:
        cards.capture(
            session,
            cooperative_id=cooperative_id,
            order_line_id=order_line_id,
            amount_minor=amount_minor,
            at=at,
        )
    elif amount_minor:
        _post_sale(
            session,
            cooperative_id=cooperative_id,
            owner=_paid_into(method, buyer_id, shop_id),
            order_line_id=order_line_id,
            amount_minor=amount_minor,
            reason="sale",
            key=f"sale:{order_line_id}",
            at=at,
        )
    paid = method in _PAID_AT_ONCE or amount_minor == 0
    payment = Payment(
        cooperative_id=cooperative_id,
        order_id=order_id,
        order_line_id=order_line_id,
        shop_id=shop_id,
        method=method.value,
        amount_minor=amount_minor,
        state=PaymentState.CONFIRMED if paid else PaymentState.DUE,
        made_at=at,
        confirmed_at=at if paid else None,
    )
    session.add(payment)
    session.flush()
    return payment


def confirm_payment(
    session: Session, *, payment_id: int, confirmed_by_id: int, at: datetime
) -> Payment:
    """Note that a transfer or a weekly account came into the bank, once.

    :raises NotFound: if there is no such payment.
    """
    payment = session.scalar(select(Payment).where(Payment.id == payment_id).with_for_update())
    if payment is None:
        raise NotFound
    if payment.state is PaymentState.CONFIRMED:
        return payment
    buyer_id = _buyer_of(session, payment)
    bank = account(session, cooperative_id=payment.cooperative_id, kind=AccountKind.BANK, at=at)
    due = account(
        session,
        cooperative_id=payment.cooperative_id,
        kind=AccountKind.RECEIVABLE,
        person_id=buyer_id,
        at=at,
    )
    post(
        session,
        cooperative_id=payment.cooperative_id,
        reason="payment",
        key=f"payment:{payment.id}",
        cause=Cause("payment", payment.id),
        moves={bank: -payment.amount_minor, due: payment.amount_minor},
        at=at,
    )
    payment.state = PaymentState.CONFIRMED
    payment.confirmed_at = at
    payment.confirmed_by_id = confirmed_by_id
    session.flush()
    return payment


def correct_bill(
    session: Session, *, order_line_id: int, amount_minor: int, key: str, at: datetime
) -> Payment:
    """Bring a line's bill to another amount by an entry for the difference, once per key.

    The entries of the first bill stay as they are.

    :raises NotFound: if the line was never billed.
    :raises AlreadyPaid: if a transfer or weekly account was confirmed as paid.
    :raises CardEmpty: if a card cannot pay the difference.
    """
    payment = session.scalar(
        select(Payment).where(Payment.order_line_id == order_line_id).with_for_update()
    )
    if payment is None:
        raise NotFound
    change = amount_minor - payment.amount_minor
    if change == 0:
        return payment
    if payment.confirmed_by_id is not None:
        raise AlreadyPaid
    method = PaymentMethod(payment.method)
    _post_correction(session, payment, method, change, f"correction:{order_line_id}:{key}", at)
    paid = method in _PAID_AT_ONCE or amount_minor == 0
    payment.amount_minor = amount_minor
    payment.state = PaymentState.CONFIRMED if paid else PaymentState.DUE
    payment.confirmed_at = at if paid else None
    session.flush()
    return payment


def _post_correction(
    session: Session,
    payment: Payment,
    method: PaymentMethod,
    change_minor: int,
    key: str,
    at: datetime,
) -> None:
    buyer_id = _buyer_of(session, payment)
    if method is PaymentMethod.CARD:
        cards.adjust(
            session,
            cooperative_id=payment.cooperative_id,
            person_id=buyer_id,
            order_line_id=payment.order_line_id,
            change_minor=-change_minor,
            key=key,
            at=at,
        )
        return
    _post_sale(
        session,
        cooperative_id=payment.cooperative_id,
        owner=_paid_into(method, buyer_id, payment.shop_id),
        order_line_id=payment.order_line_id,
        amount_minor=change_minor,
        reason="correction",
        key=key,
        at=at,
    )


def _paid_into(
    method: PaymentMethod, buyer_id: int, shop_id: int
) -> tuple[AccountKind, int | None, int | None]:
    if method is PaymentMethod.CASH:
        return AccountKind.CASH, None, shop_id
    return AccountKind.RECEIVABLE, buyer_id, None


def _post_sale(
    session: Session,
    *,
    cooperative_id: int,
    owner: tuple[AccountKind, int | None, int | None],
    order_line_id: int,
    amount_minor: int,
    reason: str,
    key: str,
    at: datetime,
) -> None:
    kind, person_id, shop_id = owner
    paid_into = account(
        session,
        cooperative_id=cooperative_id,
        kind=kind,
        person_id=person_id,
        shop_id=shop_id,
        at=at,
    )
    trade = account(session, cooperative_id=cooperative_id, kind=AccountKind.TRADE, at=at)
    post(
        session,
        cooperative_id=cooperative_id,
        reason=reason,
        key=key,
        cause=Cause("order_line", order_line_id),
        moves={paid_into: -amount_minor, trade: amount_minor},
        at=at,
    )


def _buyer_of(session: Session, payment: Payment) -> int:
    return session.scalars(select(Order.buyer_id).where(Order.id == payment.order_id)).one()
