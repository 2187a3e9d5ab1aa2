"""Closed days: a chain over what was written, sums that need no summing, and no way back."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import DatabaseError

from app.kernel.database import Database
from app.ledger import cards, checks, closing, entries
from app.ledger.checks import Fault
from app.models import (
    Account,
    AccountCheckpoint,
    AccountKind,
    CardBalance,
    Entry,
    LedgerDay,
    Posting,
)
from tests.market import AT, Market, make_market

NEXT_DAY = AT + timedelta(days=1)


@pytest.fixture
def market(database: Database) -> Market:
    with database.transaction() as session:
        market = make_market(session)
        top_up(session, market, "first", 5_000)
    return market


def top_up(session: object, market: Market, key: str, amount_minor: int, at=AT) -> int:  # type: ignore[no-untyped-def]
    return cards.top_up(
        session,  # type: ignore[arg-type]
        cooperative_id=market.cooperative_id,
        person_id=market.zhou_id,
        amount_minor=amount_minor,
        source=AccountKind.BANK,
        key=key,
        at=at,
    )


def close(database: Database, market: Market, at=NEXT_DAY) -> LedgerDay | None:  # type: ignore[no-untyped-def]
    with database.transaction() as session:
        return closing.close_past_days(session, cooperative_id=market.cooperative_id, at=at)


def faults(database: Database) -> list[Fault]:
    with database.reading() as session:
        return checks.faults(session)


def test_a_closed_day_takes_no_entry_and_a_correction_stands_on_its_own_day(
    database: Database, market: Market
) -> None:
    close(database, market)
    with pytest.raises(DatabaseError, match="closed day"), database.transaction() as session:
        top_up(session, market, "late", 100)
    with database.transaction() as session:
        first = session.scalars(select(Entry.id)).one()
        entries.counter(session, entry_id=first, key="undone", at=NEXT_DAY)
        card = session.scalars(select(Account.id).where(Account.kind == AccountKind.CARD)).one()
        session.execute(update(CardBalance).values(available_minor=0))
        assert entries.balance(session, card) == 0
    assert faults(database) == []


def test_closing_again_is_one_closing_and_each_day_continues_the_chain(
    database: Database, market: Market
) -> None:
    first = close(database, market)
    again = close(database, market)
    assert first is not None and again is not None
    assert (first.on, first.entries, again.id) == (date(2026, 5, 4), 1, first.id)
    with database.transaction() as session:
        top_up(session, market, "second", 700, NEXT_DAY)
    second = close(database, market, NEXT_DAY + timedelta(days=1))
    assert second is not None
    assert (second.on, second.entries) == (date(2026, 5, 5), 1)
    assert second.root not in (first.root, closing.START)
    assert faults(database) == []


def test_a_day_is_not_closed_within_an_hour_of_its_end(database: Database, market: Market) -> None:
    # Midnight of Monday in Enshi is four in the afternoon in UTC.
    midnight = AT.replace(hour=16)
    assert close(database, market, midnight + timedelta(minutes=59)) is None
    closed = close(database, market, midnight + timedelta(minutes=61))
    assert closed is not None and closed.on == date(2026, 5, 4)


def test_balances_are_those_of_all_postings_before_and_after_a_closing(
    database: Database, market: Market
) -> None:
    with database.transaction() as session:
        # Written on the next day before the closing: its sum is cached as well.
        top_up(session, market, "between", 30, NEXT_DAY)
    close(database, market)
    with database.transaction() as session:
        top_up(session, market, "after", 7, NEXT_DAY)
    close(database, market, NEXT_DAY + timedelta(days=1))
    with database.transaction() as session:
        top_up(session, market, "last", 1_000, NEXT_DAY + timedelta(days=1))
    with database.reading() as session:
        rows = session.execute(
            select(Posting.account_id, func.sum(Posting.amount_minor)).group_by(Posting.account_id)
        )
        summed = {account_id: int(total) for account_id, total in rows}
        assert {one: entries.balance(session, one) for one in summed} == summed
        assert sorted(summed.values()) == [-6_037, 6_037]
        kept = {row.balance_minor for row in session.scalars(select(AccountCheckpoint))}
        assert kept == {-5_037, 5_037}
    assert faults(database) == []


def test_a_wrong_checkpoint_is_found(database: Database, market: Market) -> None:
    close(database, market)
    with database.transaction() as session:
        card = session.scalars(select(Account.id).where(Account.kind == AccountKind.CARD)).one()
        session.execute(
            update(AccountCheckpoint)
            .where(AccountCheckpoint.account_id == card)
            .values(balance_minor=5_001)
        )
    assert faults(database) == [Fault("checkpoint", card, -1)]


def test_an_entry_that_was_changed_behind_the_guards_breaks_the_chain(
    database: Database, market: Market
) -> None:
    closed = close(database, market)
    assert closed is not None
    with database.transaction() as session:
        if database.is_sqlite:
            session.execute(text("DROP TRIGGER posting_change"))
        else:
            session.execute(text("ALTER TABLE posting DISABLE TRIGGER USER"))
        for sign in (1, -1):
            session.execute(
                update(Posting)
                .where(Posting.amount_minor * sign > 0)
                .values(amount_minor=sign * 4_000)
            )
        session.execute(update(CardBalance).values(available_minor=4_000))
        session.execute(delete(AccountCheckpoint))
    assert faults(database) == [Fault("closed_day", closed.id, 0)]


def test_the_recurring_job_closes_every_cooperative_once(
    database: Database, market: Market
) -> None:
    with database.transaction() as session:
        other = make_market(session, slug="badong")
        top_up(session, other, "there", 10)
    with database.transaction() as session:
        assert closing.run_close(session, payload={}, at=NEXT_DAY) == {"closed": 2}
    with database.transaction() as session:
        later = NEXT_DAY + timedelta(minutes=5)
        assert closing.run_close(session, payload={}, at=later) == {"closed": 0}


def test_a_closing_waits_for_whoever_is_writing(database: Database, market: Market) -> None:
    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as session:
            top_up(session, market, "slow", 50)
            closing_it = pool.submit(close, database, market)
            with pytest.raises(TimeoutError):
                closing_it.result(timeout=0.3)
        closed = closing_it.result(timeout=30)
    assert closed is not None and closed.entries == 2
    assert faults(database) == []
