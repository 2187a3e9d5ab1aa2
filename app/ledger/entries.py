"""Accounts and balanced entries.

A positive posting is money that its account owes or keeps for somebody (a card, a
farmer, the fees); what the cooperative has (bank, cash, receivables) is negative.
Every entry sums to zero, and so does the whole ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from app.kernel.database import insert_if_new
from app.kernel.errors import N_, Refusal
from app.models import Account, AccountCheckpoint, AccountKind, Entry, Posting


class KeyReused(Refusal):
    """The same idempotency key came with another movement: a bug in the caller."""

    code = "ledger_key_reused"
    message = N_("This payment was already written down with other figures.")


@dataclass(frozen=True)
class Cause:
    """The row that made an entry necessary, by the name of its table and its id."""

    kind: str
    id: int


def account(
    session: Session,
    *,
    cooperative_id: int,
    kind: AccountKind,
    at: datetime,
    person_id: int | None = None,
    shop_id: int | None = None,
) -> int:
    """Return the id of an account, opening it on first use."""
    owner = f"person:{person_id}" if person_id else f"shop:{shop_id}" if shop_id else "cooperative"
    wanted = select(Account.id).where(
        Account.cooperative_id == cooperative_id, Account.kind == kind, Account.owner == owner
    )
    found = session.scalar(wanted)
    if found is not None:
        return found
    # Two requests may open the same account at once; the second one reads the first's.
    insert_if_new(
        session,
        Account,
        {
            "cooperative_id": cooperative_id,
            "kind": kind,
            "owner": owner,
            "person_id": person_id,
            "shop_id": shop_id,
            "opened_at": at,
        },
    )
    return session.scalars(wanted).one()


def post(
    session: Session,
    *,
    cooperative_id: int,
    reason: str,
    key: str,
    cause: Cause,
    moves: Mapping[int, int],
    at: datetime,
    counters_id: int | None = None,
) -> int:
    """Write one balanced entry and return its id; the same key writes it only once.

    :param moves: account id -> amount in minor units; zeros are left out.
    :raises KeyReused: if the key stands for other amounts already.
    :raises ValueError: if the amounts do not sum to zero or nothing moves.
    """
    moved = {account_id: amount for account_id, amount in moves.items() if amount}
    if sum(moved.values()) != 0 or not moved:
        raise ValueError(f"an entry must move something and sum to zero: {reason} {key}")
    entry_id = insert_if_new(
        session,
        Entry,
        {
            "cooperative_id": cooperative_id,
            "reason": reason,
            "key": key,
            "cause_kind": cause.kind,
            "cause_id": cause.id,
            "counters_id": counters_id,
            "at": at,
        },
    )
    if entry_id is None:
        return _same_entry(session, key, moved)
    session.execute(
        insert(Posting),
        [
            {"entry_id": entry_id, "account_id": account_id, "amount_minor": amount}
            for account_id, amount in sorted(moved.items())
        ],
    )
    session.execute(update(Entry).where(Entry.id == entry_id).values(sealed_at=at))
    return entry_id


def counter(session: Session, *, entry_id: int, key: str, at: datetime) -> int:
    """Write the opposite of an entry and return the counter-entry's id."""
    entry = session.get_one(Entry, entry_id)
    return post(
        session,
        cooperative_id=entry.cooperative_id,
        reason=f"counter_{entry.reason}"[:40],
        key=key,
        cause=Cause(entry.cause_kind, entry.cause_id),
        moves={account_id: -amount for account_id, amount in amounts(session, entry_id).items()},
        at=at,
        counters_id=entry_id,
    )


def written(session: Session, key: str) -> int | None:
    """Return the id of the entry with this key, if there is one."""
    return session.scalar(select(Entry.id).where(Entry.key == key))


def entries_of(session: Session, *, cause: Cause, reason: str) -> list[int]:
    """Return the ids of a cause's entries with a reason, oldest first."""
    return list(
        session.scalars(
            select(Entry.id)
            .where(Entry.cause_kind == cause.kind, Entry.cause_id == cause.id)
            .where(Entry.reason == reason)
            .order_by(Entry.id)
        )
    )


def is_countered(session: Session, entry_id: int) -> bool:
    """Return whether the opposite of an entry was written."""
    return session.scalar(select(Entry.id).where(Entry.counters_id == entry_id)) is not None


def balance(session: Session, account_id: int) -> int:
    """Return the sum of an account's postings in minor units, from its checkpoint on."""
    kept = session.execute(
        select(AccountCheckpoint.balance_minor, AccountCheckpoint.through_posting_id).where(
            AccountCheckpoint.account_id == account_id
        )
    ).one_or_none()
    so_far, through_id = (0, 0) if kept is None else (kept[0], kept[1])
    since = session.scalar(
        select(func.coalesce(func.sum(Posting.amount_minor), 0)).where(
            Posting.account_id == account_id, Posting.id > through_id
        )
    )
    return so_far + int(since or 0)


def balance_of(
    session: Session,
    *,
    cooperative_id: int,
    kind: AccountKind,
    person_id: int | None = None,
    shop_id: int | None = None,
) -> int:
    """Return the balance of accounts of one kind, of one owner or of all owners together."""
    wanted = (
        select(func.coalesce(func.sum(Posting.amount_minor), 0))
        .join(Account, Account.id == Posting.account_id)
        .where(Account.cooperative_id == cooperative_id, Account.kind == kind)
    )
    if person_id is not None:
        wanted = wanted.where(Account.person_id == person_id)
    if shop_id is not None:
        wanted = wanted.where(Account.shop_id == shop_id)
    return int(session.scalar(wanted) or 0)


def _same_entry(session: Session, key: str, moved: dict[int, int]) -> int:
    entry_id = session.scalars(select(Entry.id).where(Entry.key == key)).one()
    if amounts(session, entry_id) != moved:
        raise KeyReused
    return entry_id


def amounts(session: Session, entry_id: int) -> dict[int, int]:
    """Return what an entry moves: account id -> amount in minor units."""
    rows = session.execute(
        select(Posting.account_id, Posting.amount_minor).where(Posting.entry_id == entry_id)
    )
    return {row.account_id: row.amount_minor for row in rows}
