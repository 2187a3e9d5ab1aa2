"""Farmers are paid what they are owed: once per key, never more, also by two at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.kernel.database import Database
from app.ledger import checks, payouts
from app.ledger.cards import AmountNotPositive
from app.ledger.entries import Cause, account, balance_of, post
from app.models import AccountKind
from tests.market import AT, Market, make_market

OWED = 10_000


def _market(database: Database) -> Market:
    with database.transaction() as session:
        market = make_market(session)
        home = market.cooperative_id
        trade = account(session, cooperative_id=home, kind=AccountKind.TRADE, at=AT)
        owing = account(
            session,
            cooperative_id=home,
            kind=AccountKind.FARMER_PAYABLE,
            person_id=market.tan_id,
            at=AT,
        )
        post(
            session,
            cooperative_id=home,
            reason="settlement",
            key="settlement:test",
            cause=Cause("person", market.tan_id),
            moves={trade: -OWED, owing: OWED},
            at=AT,
        )
    return market


def _pay(database: Database, market: Market, amount_minor: int, key: str) -> int:
    with database.transaction() as session:
        return payouts.pay_out(
            session,
            cooperative_id=market.cooperative_id,
            person_id=market.tan_id,
            amount_minor=amount_minor,
            source=AccountKind.BANK,
            key=key,
            at=AT + timedelta(days=1),
        )


def _owed(database: Database, market: Market) -> int:
    with database.reading() as session:
        assert checks.faults(session) == []
        return balance_of(
            session,
            cooperative_id=market.cooperative_id,
            kind=AccountKind.FARMER_PAYABLE,
            person_id=market.tan_id,
        )


def test_a_repeated_pay_out_is_one(database: Database) -> None:
    market = _market(database)
    assert _pay(database, market, OWED, "once") == _pay(database, market, OWED, "once")
    assert _owed(database, market) == 0
    with database.reading() as session:
        assert payouts.owed_to_farmers(session, cooperative_id=market.cooperative_id) == []


def test_more_than_is_owed_or_nothing_is_refused_and_nothing_is_posted(
    database: Database,
) -> None:
    market = _market(database)
    with pytest.raises(payouts.OwedLess):
        _pay(database, market, OWED + 1, "much")
    with pytest.raises(AmountNotPositive):
        _pay(database, market, 0, "none")
    assert _owed(database, market) == OWED


def test_two_managers_at_once_pay_no_more_than_is_owed(database: Database) -> None:
    market = _market(database)

    def pay(number: int) -> bool:
        try:
            _pay(database, market, OWED // 2 + 1, f"manager-{number}")
        except payouts.OwedLess:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        paid = list(pool.map(pay, range(4)))
    assert paid.count(True) == 1
    assert _owed(database, market) == OWED - (OWED // 2 + 1)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(amounts=st.lists(st.integers(1, OWED), min_size=1, max_size=5))
def test_what_is_paid_and_what_is_still_owed_is_what_was_owed(
    new_sqlite: object, amounts: list[int]
) -> None:
    assert callable(new_sqlite)
    database = Database(new_sqlite())
    market = _market(database)
    paid = 0
    for number, amount in enumerate(amounts):
        try:
            _pay(database, market, amount, f"key-{number}")
        except payouts.OwedLess:
            continue
        paid += amount
    assert _owed(database, market) + paid == OWED
    database.dispose()
