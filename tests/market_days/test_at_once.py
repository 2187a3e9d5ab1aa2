"""Buyers and the manager at the same instant: nobody waits for ever, nothing is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel.database import Database
from app.kernel.errors import Refusal
from app.ledger import cards, checks
from app.market_days import cancelling, opening, postponing
from app.models import AccountKind, Allocation, LotStock, MarketDay, MarketDayState, OrderLine
from app.orders import cancelling as buyers_cancelling
from tests.market import AT, TUESDAY, listed
from tests.market_days.conftest import Day
from tests.market_days.test_calling_off import assert_sound, leave_out, order

Call = Callable[[Session], object]


def transitions(day: Day) -> dict[str, Call]:
    moved_on = TUESDAY + timedelta(days=1)
    own = {"market_day_id": day.id, "person_id": None, "at": AT}
    return {
        "cancel": lambda session: cancelling.cancel(session, key="x", **own),
        "close": lambda session: opening.close(session, key="c", **own),
        "move": lambda session: postponing.postpone_day(session, to_on=moved_on, key="m", **own),
        "village": lambda session: leave_out(session, day),
    }


def at_once(database: Database, calls: list[Call]) -> None:
    ready = threading.Barrier(len(calls))

    def run(call: Call) -> None:
        ready.wait(timeout=30)
        try:
            with database.transaction() as session:
                call(session)
        except Refusal:
            return

    with ThreadPoolExecutor(len(calls)) as pool:
        for done in [pool.submit(run, call) for call in calls]:
            done.result()


@pytest.mark.parametrize("name", ["cancel", "close", "move", "village"])
def test_orders_and_cancellations_meet_a_transition(
    database: Database, day: Day, name: str
) -> None:
    market = day.market
    with database.transaction() as session:
        lots = [listed(session, market, key=f"lot {n}", quantity_g=60_000).id for n in range(3)]
        cards.top_up(
            session,
            cooperative_id=market.cooperative_id,
            person_id=market.zhou_id,
            amount_minor=500_000,
            source=AccountKind.BANK,
            key="t",
            at=AT,
        )
        placed = [order(session, market, lots[n % 3], f"before {n}") for n in range(3)]

    def place(number: int) -> Call:
        return lambda session: order(session, market, lots[number % 3], f"new {number}")

    def give_up(line_id: int) -> Call:
        return lambda session: buyers_cancelling.cancel_line(
            session, order_line_id=line_id, buyer_id=market.zhou_id, at=AT
        )

    calls = [place(number) for number in range(3)]
    calls += [give_up(line.order_line_id) for line in placed]
    at_once(database, [*calls[:3], transitions(day)[name], *calls[3:]])

    with database.reading() as session:
        left = session.scalar(select(func.sum(LotStock.available_g))) or 0
        given = select(func.sum(Allocation.quantity_g)).where(Allocation.released_at.is_(None))
        assert left + (session.scalar(given) or 0) == 180_000
        promised = session.scalar(select(func.sum(OrderLine.allocated_g))) or 0
        assert promised == (session.scalar(given) or 0)
        if session.get_one(MarketDay, day.id).state is MarketDayState.CANCELLED:
            # Who came later took from a lot where it had moved on to.
            assert session.scalar(given.where(Allocation.market_day_id == day.id)) is None
    assert_sound(database)


def test_one_top_up_from_many_threads_fills_the_card_once(database: Database, day: Day) -> None:
    market = day.market

    def top_up(session: Session) -> object:
        return cards.top_up(
            session,
            cooperative_id=market.cooperative_id,
            person_id=market.zhou_id,
            amount_minor=1_000,
            source=AccountKind.BANK,
            key="t",
            at=AT,
        )

    at_once(database, [top_up] * 6)
    with database.reading() as session:
        assert checks.faults(session) == []
        assert (
            cards.available(session, cooperative_id=market.cooperative_id, person_id=market.zhou_id)
            == 1_000
        )
