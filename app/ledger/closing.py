"""Close the books of past days, and prove later that nothing in them was changed.

A closing hashes the entries since the one before into a chain, and caches each account's
sum. From then on a trigger takes no entry with a time in those days: a correction is a
counter-entry of its own day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.kernel.clock import instant, local
from app.models import Account, AccountCheckpoint, Cooperative, Entry, LedgerDay, Posting

CLOSE_JOB = "ledger.close_days"
# Whoever wrote just before midnight has committed by then.
_SLACK = timedelta(hours=1)
START = sha256(b"farmgate ledger").hexdigest()


def close_past_days(session: Session, *, cooperative_id: int, at: datetime) -> LedgerDay | None:
    """Close everything up to yesterday's end; again changes nothing.

    :returns: the last closed day, if there is one.
    """
    home = session.get_one(Cooperative, cooperative_id)
    yesterday = local(at - _SLACK, home.time_zone).date() - timedelta(days=1)
    _stop_writers(session)
    last = last_closed(session, cooperative_id=cooperative_id)
    if last is not None and last.on >= yesterday:
        return last
    until = instant(yesterday + timedelta(days=1), time(0), home.time_zone)
    root, count = _root(session, cooperative_id, last, until)
    if count == 0 and last is None:
        return None
    closed = LedgerDay(
        cooperative_id=cooperative_id,
        on=yesterday,
        until_at=until,
        entries=count,
        root=root,
        closed_at=at,
    )
    session.add(closed)
    _keep_sums(session, cooperative_id)
    session.flush()
    return closed


def run_close(session: Session, *, payload: Mapping[str, Any], at: datetime) -> dict[str, int]:
    """Do the recurring job for every cooperative."""
    homes = session.scalars(select(Cooperative.id).order_by(Cooperative.id)).all()
    closed = [close_past_days(session, cooperative_id=home_id, at=at) for home_id in homes]
    return {"closed": sum(day is not None and day.closed_at == at for day in closed)}


def last_closed(session: Session, *, cooperative_id: int) -> LedgerDay | None:
    """Return the last day whose books are closed."""
    return session.scalar(
        select(LedgerDay)
        .where(LedgerDay.cooperative_id == cooperative_id)
        .order_by(LedgerDay.on.desc())
        .limit(1)
    )


def broken_days(session: Session) -> list[tuple[int, date]]:
    """Return the closed days whose entries no longer lead to their root."""
    broken = []
    before: dict[int, LedgerDay] = {}
    days = session.scalars(
        select(LedgerDay).order_by(LedgerDay.cooperative_id, LedgerDay.on, LedgerDay.id)
    ).all()
    for day in days:
        earlier = before.get(day.cooperative_id)
        root, count = _root(session, day.cooperative_id, earlier, day.until_at)
        if (root, count) != (day.root, day.entries):
            broken.append((day.id, day.on))
        before[day.cooperative_id] = day
    return broken


def _stop_writers(session: Session) -> None:
    """Wait until everybody who is writing an entry has committed, and hold off the others."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE entry IN SHARE ROW EXCLUSIVE MODE"))


def _root(
    session: Session, cooperative_id: int, last: LedgerDay | None, until: datetime
) -> tuple[str, int]:
    wanted = (
        select(Entry.id, Entry.reason, Entry.key, Entry.cause_kind, Entry.cause_id, Entry.at)
        .where(Entry.cooperative_id == cooperative_id, Entry.at < until)
        .order_by(Entry.at, Entry.id)
    )
    moves = (
        select(Posting.entry_id, Posting.account_id, Posting.amount_minor)
        .join(Entry, Entry.id == Posting.entry_id)
        .where(Entry.cooperative_id == cooperative_id, Entry.at < until)
        .order_by(Entry.at, Entry.id, Posting.account_id)
    )
    if last is not None:
        wanted = wanted.where(Entry.at >= last.until_at)
        moves = moves.where(Entry.at >= last.until_at)
    postings: dict[int, list[tuple[int, int]]] = {}
    for entry_id, account_id, amount_minor in session.execute(moves):
        postings.setdefault(entry_id, []).append((account_id, amount_minor))
    root, count = START if last is None else last.root, 0
    for row in session.execute(wanted):
        root = _chained(root, row, postings.get(row.id, ()))
        count += 1
    return root, count


def _chained(root: str, row: tuple[object, ...], moves: Iterable[tuple[int, int]]) -> str:
    *named, at = row
    assert isinstance(at, datetime)
    parts = [root, *map(str, named), at.astimezone(UTC).isoformat(timespec="microseconds")]
    parts += [f"{account_id}:{amount_minor}" for account_id, amount_minor in moves]
    return sha256("\x1f".join(parts).encode()).hexdigest()


def _keep_sums(session: Session, cooperative_id: int) -> None:
    """Cache each account's sum so far; nobody writes meanwhile, so no posting is missed."""
    session.flush()
    known = {
        kept.account_id: kept
        for kept in session.scalars(
            select(AccountCheckpoint)
            .join(Account, Account.id == AccountCheckpoint.account_id)
            .where(Account.cooperative_id == cooperative_id)
            .order_by(AccountCheckpoint.account_id)
        )
    }
    through = func.coalesce(AccountCheckpoint.through_posting_id, 0)
    rows = session.execute(
        select(Posting.account_id, func.max(Posting.id), func.sum(Posting.amount_minor))
        .join(Account, Account.id == Posting.account_id)
        .join(AccountCheckpoint, AccountCheckpoint.account_id == Account.id, isouter=True)
        .where(Account.cooperative_id == cooperative_id, Posting.id > through)
        .group_by(Posting.account_id)
        .order_by(Posting.account_id)
    ).all()
    for account_id, last_id, moved in rows:
        kept = known.get(account_id)
        if kept is None:
            session.add(
                AccountCheckpoint(
                    account_id=account_id, through_posting_id=last_id, balance_minor=int(moved)
                )
            )
        else:
            kept.through_posting_id, kept.balance_minor = last_id, kept.balance_minor + int(moved)
