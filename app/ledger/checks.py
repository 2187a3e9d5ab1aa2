"""What must hold of the ledger at any moment; each check returns what is wrong."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.ledger.closing import broken_days
from app.models import (
    Account,
    AccountCheckpoint,
    AccountKind,
    CardBalance,
    Entry,
    Hold,
    Posting,
)


@dataclass(frozen=True)
class Fault:
    """One thing that does not add up: which rule, which row, by how much."""

    rule: str
    row_id: int
    difference_minor: int


def ledger_sum_minor(session: Session) -> int:
    """Return the sum of all postings: zero in a sound ledger."""
    return int(session.scalar(select(func.coalesce(func.sum(Posting.amount_minor), 0))) or 0)


def faults(session: Session) -> list[Fault]:
    """Return every broken rule: entries, cards, escrow, checkpoints, closed days."""
    return [
        *_entries(session),
        *_cards(session),
        *_escrow(session),
        *_checkpoints(session),
        *(Fault("closed_day", day_id, 0) for day_id, _ in broken_days(session)),
    ]


def _entries(session: Session) -> list[Fault]:
    total = func.coalesce(func.sum(Posting.amount_minor), 0)
    rows = session.execute(
        select(Entry.id, total)
        .join(Posting, Posting.entry_id == Entry.id, isouter=True)
        .group_by(Entry.id, Entry.sealed_at)
        .having((total != 0) | Entry.sealed_at.is_(None))
        .order_by(Entry.id)
    )
    return [Fault("entry_balanced_and_sealed", entry_id, int(off)) for entry_id, off in rows]


def _cards(session: Session) -> list[Fault]:
    total = func.coalesce(func.sum(Posting.amount_minor), 0)
    rows = session.execute(
        select(Account.id, total - func.coalesce(CardBalance.available_minor, 0))
        .join(Posting, Posting.account_id == Account.id, isouter=True)
        .join(CardBalance, CardBalance.account_id == Account.id, isouter=True)
        .where(Account.kind == AccountKind.CARD)
        .group_by(Account.id, CardBalance.available_minor)
        .having(total != func.coalesce(CardBalance.available_minor, 0))
        .order_by(Account.id)
    )
    return [Fault("card_balance", account_id, int(off)) for account_id, off in rows]


def _escrow(session: Session) -> list[Fault]:
    held: dict[int, int] = {
        cooperative_id: int(total)
        for cooperative_id, total in session.execute(
            select(Account.cooperative_id, func.sum(Hold.amount_minor))
            .join(Hold, Hold.account_id == Account.id)
            .where(Hold.ended_at.is_(None))
            .group_by(Account.cooperative_id)
        )
    }
    rows = session.execute(
        select(Account.cooperative_id, Account.id, func.sum(Posting.amount_minor))
        .join(Posting, Posting.account_id == Account.id)
        .where(Account.kind == AccountKind.ESCROW)
        .group_by(Account.cooperative_id, Account.id)
        .order_by(Account.id)
    )
    return [
        Fault("escrow_is_open_holds", account_id, int(total) - held.get(cooperative_id, 0))
        for cooperative_id, account_id, total in rows
        if int(total) != held.get(cooperative_id, 0)
    ]


def _checkpoints(session: Session) -> list[Fault]:
    total = func.coalesce(func.sum(Posting.amount_minor), 0)
    off = total - AccountCheckpoint.balance_minor
    rows = session.execute(
        select(AccountCheckpoint.account_id, off)
        .join(
            Posting,
            (Posting.account_id == AccountCheckpoint.account_id)
            & (Posting.id <= AccountCheckpoint.through_posting_id),
            isouter=True,
        )
        .group_by(AccountCheckpoint.account_id, AccountCheckpoint.balance_minor)
        .having(off != 0)
        .order_by(AccountCheckpoint.account_id)
    )
    return [Fault("checkpoint", account_id, int(difference)) for account_id, difference in rows]
