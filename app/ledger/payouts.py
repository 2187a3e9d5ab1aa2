"""Paying farmers what they are owed: once per key, and never more than is owed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel.errors import N_, Refusal
from app.ledger.cards import AmountNotPositive
from app.ledger.entries import Cause, account, balance, post, written
from app.models import Account, AccountKind, Person, Posting


class OwedLess(Refusal):
    """A farmer cannot be paid what is not owed."""

    code = "owed_less"
    message = N_("Only %(owed_minor)s is owed to this farmer.")


@dataclass(frozen=True)
class Owed:
    """What one farmer is owed now, in minor units."""

    person: Person
    owed_minor: int


def owed_to_farmers(
    session: Session, *, cooperative_id: int, after_id: int = 0, limit: int = 50
) -> list[Owed]:
    """Return the farmers who are owed something, a page at a time by id."""
    total = func.sum(Posting.amount_minor)
    rows = session.execute(
        select(Person, total)
        .join(Account, Account.person_id == Person.id)
        .join(Posting, Posting.account_id == Account.id)
        .where(
            Account.cooperative_id == cooperative_id,
            Account.kind == AccountKind.FARMER_PAYABLE,
            Person.id > after_id,
        )
        .group_by(Person.id)
        .having(total > 0)
        .order_by(Person.id)
        .limit(limit)
    )
    return [Owed(person, int(owed)) for person, owed in rows]


def pay_out(
    session: Session,
    *,
    cooperative_id: int,
    person_id: int,
    amount_minor: int,
    source: AccountKind,
    key: str,
    at: datetime,
) -> int:
    """Pay a farmer from the bank or in cash, and return the entry's id.

    A pay-out only lowers what is owed; the account row's lock makes the second of two
    pay-outs at once see what the first has left.

    :param source: ``BANK`` or ``CASH``.
    :raises AmountNotPositive: if the amount is zero or less.
    :raises OwedLess: if less is owed; nothing is paid then.
    """
    if amount_minor <= 0:
        raise AmountNotPositive(field="amount")
    if source not in (AccountKind.BANK, AccountKind.CASH):
        raise ValueError(f"farmers are paid from the bank or in cash, not from {source}")
    owing = account(
        session,
        cooperative_id=cooperative_id,
        kind=AccountKind.FARMER_PAYABLE,
        person_id=person_id,
        at=at,
    )
    session.execute(select(Account.id).where(Account.id == owing).with_for_update())
    before = written(session, f"payout:{key}")
    if before is not None:
        return before
    owed = balance(session, owing)
    if owed < amount_minor:
        raise OwedLess(field="amount", owed_minor=owed)
    paid_from = account(session, cooperative_id=cooperative_id, kind=source, at=at)
    return post(
        session,
        cooperative_id=cooperative_id,
        reason="payout",
        key=f"payout:{key}",
        cause=Cause("person", person_id),
        moves={owing: -amount_minor, paid_from: amount_minor},
        at=at,
    )
