"""Stored-value cards: top-up, hold, capture and release.

A hold moves money from the card to escrow at once, so that what is promised to one
order cannot be spent on another. The card's narrow balance row carries the constraint
that refuses an overdraft; it is updated in the same transaction as the postings.
"""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from app.kernel.database import insert_if_new
from app.kernel.errors import N_, BadInput, Refusal
from app.ledger.entries import Cause, account, post, written
from app.models import Account, AccountKind, CardBalance, Hold


class CardEmpty(Refusal):
    """The card holds less than what is to be held or spent."""

    code = "card_empty"
    message = N_("The card holds too little for this. Top it up, or pay another way.")


class AmountNotPositive(BadInput):
    """A top-up or hold needs an amount above zero."""

    code = "amount_not_positive"
    message = N_("Type an amount above zero.")


def top_up(
    session: Session,
    *,
    cooperative_id: int,
    person_id: int,
    amount_minor: int,
    source: AccountKind,
    shop_id: int | None = None,
    key: str,
    at: datetime,
) -> int:
    """Put money on a card, against the bank or a till, and return the entry's id.

    :raises AmountNotPositive: if the amount is zero or less.
    """
    if amount_minor <= 0:
        raise AmountNotPositive(field="amount")
    card = account(
        session, cooperative_id=cooperative_id, kind=AccountKind.CARD, person_id=person_id, at=at
    )
    # Two sendings of one key would both find nothing written; the second waits here.
    _change_balance(session, card, 0)
    before = written(session, f"top_up:{key}")
    if before is not None:
        return before
    paid_into = account(session, cooperative_id=cooperative_id, kind=source, shop_id=shop_id, at=at)
    entry_id = post(
        session,
        cooperative_id=cooperative_id,
        reason="top_up",
        key=f"top_up:{key}",
        cause=Cause("person", person_id),
        moves={card: amount_minor, paid_into: -amount_minor},
        at=at,
    )
    _change_balance(session, card, amount_minor)
    return entry_id


def available(session: Session, *, cooperative_id: int, person_id: int) -> int:
    """Return what a person's card may still spend here, in minor units."""
    from_card = (
        select(CardBalance.available_minor)
        .join(Account, Account.id == CardBalance.account_id)
        .where(
            Account.cooperative_id == cooperative_id,
            Account.kind == AccountKind.CARD,
            Account.person_id == person_id,
        )
    )
    return session.scalar(from_card) or 0


def hold(
    session: Session,
    *,
    cooperative_id: int,
    person_id: int,
    order_line_id: int,
    amount_minor: int,
    at: datetime,
    expires_at: datetime,
) -> Hold:
    """Move money from a card to escrow for one order line, once.

    :raises CardEmpty: if the card holds less; nothing is changed then.
    :raises AmountNotPositive: if the amount is zero or less.
    """
    if amount_minor <= 0:
        raise AmountNotPositive
    existing = session.scalar(select(Hold).where(Hold.order_line_id == order_line_id))
    if existing is not None:
        return existing
    card = account(
        session, cooperative_id=cooperative_id, kind=AccountKind.CARD, person_id=person_id, at=at
    )
    _change_balance(session, card, -amount_minor)
    post(
        session,
        cooperative_id=cooperative_id,
        reason="hold",
        key=f"hold:{order_line_id}",
        cause=Cause("order_line", order_line_id),
        moves={card: -amount_minor, _escrow(session, cooperative_id, at): amount_minor},
        at=at,
    )
    row = Hold(
        account_id=card,
        order_line_id=order_line_id,
        amount_minor=amount_minor,
        held_at=at,
        expires_at=expires_at,
    )
    session.add(row)
    session.flush()
    return row


def release(session: Session, *, cooperative_id: int, order_line_id: int, at: datetime) -> int:
    """Give what is left of a line's hold back to its card and return the amount.

    A line without a hold, or one already ended, gives back 0.
    """
    row = session.scalar(select(Hold).where(Hold.order_line_id == order_line_id).with_for_update())
    if row is None or row.ended_at is not None:
        return 0
    left = row.amount_minor - row.captured_minor
    if left:
        post(
            session,
            cooperative_id=cooperative_id,
            reason="release",
            key=f"release:{order_line_id}",
            cause=Cause("order_line", order_line_id),
            moves={row.account_id: left, _escrow(session, cooperative_id, at): -left},
            at=at,
        )
        _change_balance(session, row.account_id, left)
    row.ended_at = at
    session.flush()
    return left


def capture(
    session: Session, *, cooperative_id: int, order_line_id: int, amount_minor: int, at: datetime
) -> None:
    """Spend part of a line's hold on its bill and release the rest to the card.

    :raises CardEmpty: if the bill is above what was held, or the hold has ended.
    """
    if written(session, f"capture:{order_line_id}") is not None:
        return
    if amount_minor == 0:
        # A line that costs nothing may never have had a hold.
        release(session, cooperative_id=cooperative_id, order_line_id=order_line_id, at=at)
        return
    row = session.scalar(select(Hold).where(Hold.order_line_id == order_line_id).with_for_update())
    if row is None or row.ended_at is not None or row.amount_minor < amount_minor:
        raise CardEmpty
    trade = account(session, cooperative_id=cooperative_id, kind=AccountKind.TRADE, at=at)
    post(
        session,
        cooperative_id=cooperative_id,
        reason="capture",
        key=f"capture:{order_line_id}",
        cause=Cause("order_line", order_line_id),
        moves={_escrow(session, cooperative_id, at): -amount_minor, trade: amount_minor},
        at=at,
    )
    row.captured_minor = amount_minor
    session.flush()
    release(session, cooperative_id=cooperative_id, order_line_id=order_line_id, at=at)


def adjust(
    session: Session,
    *,
    cooperative_id: int,
    person_id: int,
    order_line_id: int,
    change_minor: int,
    key: str,
    at: datetime,
) -> None:
    """Give money of a corrected bill back to a card (positive), or take more (negative).

    :raises CardEmpty: if more is to be taken than the card holds.
    """
    if written(session, key) is not None:
        return
    card = account(
        session, cooperative_id=cooperative_id, kind=AccountKind.CARD, person_id=person_id, at=at
    )
    trade = account(session, cooperative_id=cooperative_id, kind=AccountKind.TRADE, at=at)
    post(
        session,
        cooperative_id=cooperative_id,
        reason="correction",
        key=key,
        cause=Cause("order_line", order_line_id),
        moves={card: change_minor, trade: -change_minor},
        at=at,
    )
    _change_balance(session, card, change_minor)


def _escrow(session: Session, cooperative_id: int, at: datetime) -> int:
    return account(session, cooperative_id=cooperative_id, kind=AccountKind.ESCROW, at=at)


def _change_balance(session: Session, account_id: int, change_minor: int) -> None:
    insert_if_new(session, CardBalance, {"account_id": account_id, "available_minor": 0})
    done = cast(
        "CursorResult[object]",
        session.execute(
            update(CardBalance)
            .where(
                CardBalance.account_id == account_id,
                CardBalance.available_minor + change_minor >= 0,
            )
            .values(available_minor=CardBalance.available_minor + change_minor)
            .execution_options(synchronize_session=False)
        ),
    )
    if done.rowcount != 1:
        raise CardEmpty
