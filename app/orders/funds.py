"""What a line sets aside: a hold on the card, or room on the weekly account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.errors import N_, Refusal
from app.kernel.money import line_amount_minor
from app.ledger import cards
from app.ledger.entries import balance_of
from app.models import Account, AccountKind, BuyerTerms, LineState, Order, OrderLine, PaymentMethod

# Goods that nobody collects are closed long before; the hold only must not end earlier.
HOLD_LIFE = timedelta(days=14)
OPEN_STATES = (LineState.QUEUED, LineState.WAITING, LineState.ALLOCATED)


class AccountLimitReached(Refusal):
    """What is due and what is ordered would exceed the weekly account's limit."""

    code = "account_limit_reached"
    message = N_(
        "This needs %(needed_minor)s of your weekly account, and %(left_minor)s is left."
        " Order less, or pay another way."
    )


def set_aside(
    session: Session,
    *,
    cooperative_id: int,
    buyer_id: int,
    order_line_id: int,
    method: PaymentMethod,
    ceiling_g: int,
    price_minor: int,
    pickup_at: datetime,
    at: datetime,
) -> None:
    """Set aside what a new line may cost at most; cash and transfers need nothing.

    :raises CardEmpty: if the card holds less.
    :raises AccountLimitReached: if the weekly account has less room.
    """
    most_minor = line_amount_minor(ceiling_g, price_minor)
    if method is PaymentMethod.ACCOUNT:
        left = room_on_account(session, cooperative_id=cooperative_id, buyer_id=buyer_id)
        # The new line is among the open ones already.
        if left < 0:
            raise AccountLimitReached(
                field="payment_method",
                needed_minor=most_minor,
                left_minor=max(0, left + most_minor),
            )
    elif method is PaymentMethod.CARD and most_minor:
        cards.hold(
            session,
            cooperative_id=cooperative_id,
            person_id=buyer_id,
            order_line_id=order_line_id,
            amount_minor=most_minor,
            at=at,
            expires_at=pickup_at + HOLD_LIFE,
        )


@dataclass(frozen=True)
class WayToPay:
    """A way of payment that a buyer has, with what it can still carry where it ends."""

    method: PaymentMethod
    left_minor: int | None = None


def ways_to_pay(session: Session, *, cooperative_id: int, buyer_id: int) -> list[WayToPay]:
    """Return how a buyer may pay here: the card and the weekly account only if there is one."""
    ways = [WayToPay(PaymentMethod.CASH), WayToPay(PaymentMethod.TRANSFER)]
    terms = session.get(BuyerTerms, (buyer_id, cooperative_id))
    if terms is not None and terms.account_limit_minor:
        left = room_on_account(session, cooperative_id=cooperative_id, buyer_id=buyer_id)
        ways.append(WayToPay(PaymentMethod.ACCOUNT, max(0, left)))
    has_card = session.scalar(
        select(Account.id).where(
            Account.cooperative_id == cooperative_id,
            Account.kind == AccountKind.CARD,
            Account.person_id == buyer_id,
        )
    )
    if has_card is not None:
        left = cards.available(session, cooperative_id=cooperative_id, person_id=buyer_id)
        ways.append(WayToPay(PaymentMethod.CARD, left))
    return ways


def room_on_account(session: Session, *, cooperative_id: int, buyer_id: int) -> int:
    """Return what a buyer may still order on the weekly account, in minor units.

    The limit covers what is due and, at its ceiling, what is ordered and not billed yet.
    """
    limit = session.scalar(
        select(BuyerTerms.account_limit_minor).where(
            BuyerTerms.person_id == buyer_id, BuyerTerms.cooperative_id == cooperative_id
        )
    )
    due = -balance_of(
        session,
        cooperative_id=cooperative_id,
        kind=AccountKind.RECEIVABLE,
        person_id=buyer_id,
    )
    lines = session.execute(
        select(OrderLine.ceiling_g, OrderLine.limit_minor)
        .join(Order, Order.id == OrderLine.order_id)
        .where(
            Order.buyer_id == buyer_id,
            Order.cooperative_id == cooperative_id,
            Order.payment_method == PaymentMethod.ACCOUNT,
            OrderLine.state.in_(OPEN_STATES),
        )
    )
    ordered = sum(line_amount_minor(line.ceiling_g, line.limit_minor) for line in lines)
    return (limit or 0) - due - ordered
