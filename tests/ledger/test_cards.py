"""Cards: what is held cannot be spent twice, and nothing is spent that is not there."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, update
from sqlalchemy.exc import DatabaseError

from app.kernel.database import Database
from app.ledger import cards, checks, entries
from app.ledger.cards import CardEmpty
from app.ledger.entries import Cause, KeyReused
from app.models import AccountKind, CardBalance, Entry, Posting
from tests.market import AT, Market, make_market


@pytest.fixture
def market(database: Database) -> Market:
    with database.transaction() as session:
        market = make_market(session)
        cards.top_up(
            session,
            cooperative_id=market.cooperative_id,
            person_id=market.zhou_id,
            amount_minor=5_000,
            source=AccountKind.BANK,
            key="first",
            at=AT,
        )
    return market


def available(database: Database, market: Market) -> int:
    with database.reading() as session:
        assert checks.faults(session) == []
        assert checks.ledger_sum_minor(session) == 0
        return cards.available(
            session, cooperative_id=market.cooperative_id, person_id=market.zhou_id
        )


def test_a_repeated_top_up_is_one_top_up(database: Database, market: Market) -> None:
    with database.transaction() as session:
        cards.top_up(
            session,
            cooperative_id=market.cooperative_id,
            person_id=market.zhou_id,
            amount_minor=5_000,
            source=AccountKind.BANK,
            key="first",
            at=AT,
        )
    assert available(database, market) == 5_000


def test_an_empty_card_is_refused_and_nothing_is_posted(database: Database, market: Market) -> None:
    with pytest.raises(CardEmpty), database.transaction() as session:
        entries.account(
            session,
            cooperative_id=market.cooperative_id,
            kind=AccountKind.ESCROW,
            at=AT,
        )
        cards._change_balance(session, _card(session, market), -5_001)
    assert available(database, market) == 5_000


def _card(session: object, market: Market) -> int:
    return entries.account(
        session,  # type: ignore[arg-type]
        cooperative_id=market.cooperative_id,
        kind=AccountKind.CARD,
        person_id=market.zhou_id,
        at=AT,
    )


def test_the_database_itself_refuses_an_overdraft(database: Database, market: Market) -> None:
    with pytest.raises(DatabaseError), database.transaction() as session:
        session.execute(update(CardBalance).values(available_minor=-1))
    assert available(database, market) == 5_000


def test_an_unbalanced_entry_cannot_be_sealed(database: Database, market: Market) -> None:
    with pytest.raises(ValueError), database.transaction() as session:
        entries.post(
            session,
            cooperative_id=market.cooperative_id,
            reason="wrong",
            key="wrong",
            cause=Cause("test", 1),
            moves={_card(session, market): 5},
            at=AT,
        )
    with pytest.raises(DatabaseError), database.transaction() as session:
        entry_id = session.scalar(
            insert(Entry)
            .values(
                cooperative_id=market.cooperative_id,
                reason="wrong",
                key="wrong",
                cause_kind="test",
                cause_id=1,
                at=AT,
            )
            .returning(Entry.id)
        )
        session.execute(
            insert(Posting).values(
                entry_id=entry_id, account_id=_card(session, market), amount_minor=5
            )
        )
        session.execute(update(Entry).where(Entry.id == entry_id).values(sealed_at=AT))
    assert available(database, market) == 5_000


@pytest.mark.parametrize("change", [delete(Posting), update(Posting).values(amount_minor=1)])
def test_postings_are_neither_changed_nor_deleted(
    database: Database, market: Market, change: object
) -> None:
    with pytest.raises(DatabaseError), database.transaction() as session:
        session.execute(change)  # type: ignore[call-overload]
    assert available(database, market) == 5_000


def test_a_key_does_not_stand_for_two_movements(database: Database, market: Market) -> None:
    def post(amount: int) -> int:
        with database.transaction() as session:
            bank = entries.account(
                session, cooperative_id=market.cooperative_id, kind=AccountKind.BANK, at=AT
            )
            fees = entries.account(
                session, cooperative_id=market.cooperative_id, kind=AccountKind.FEES, at=AT
            )
            return entries.post(
                session,
                cooperative_id=market.cooperative_id,
                reason="fee",
                key="fee:1",
                cause=Cause("test", 1),
                moves={bank: -amount, fees: amount},
                at=AT,
            )

    assert post(7) == post(7)
    with pytest.raises(KeyReused):
        post(8)


def test_a_counter_entry_takes_an_entry_back_once(database: Database, market: Market) -> None:
    for _ in range(2):
        with database.transaction() as session:
            entry_id = entries.written(session, "top_up:first")
            assert entry_id is not None
            entries.counter(session, entry_id=entry_id, key="oops", at=AT + timedelta(hours=1))
    with database.reading() as session:
        assert (
            entries.balance_of(
                session,
                cooperative_id=market.cooperative_id,
                kind=AccountKind.CARD,
                person_id=market.zhou_id,
            )
            == 0
        )
