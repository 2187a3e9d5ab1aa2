"""What comes after the day was settled becomes a counter-entry; the books stay whole."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select

from app.kernel.database import Database
from app.ledger import cards, checks
from app.ledger.entries import balance_of
from app.market_days import collecting, delivering, settling
from app.models import (
    AccountKind,
    Allocation,
    Entry,
    LineState,
    MarketDayState,
    OrderLine,
    StopLot,
    WeighingOutcome,
)
from app.orders.handing_over import correct_hand_over, hand_over
from farmers.services import statements
from logistics.services.weighing import weigh_in
from tests.market_days.conftest import Day
from tests.market_days.test_calling_off import Work, bring_to, stocked


def weigh(database: Database, day: Day, gross_g: int, key: str, at: datetime) -> None:
    with database.transaction() as session:
        stop = session.scalars(select(StopLot).order_by(StopLot.stop_id)).first()
        assert stop is not None
        weigh_in(
            session,
            stop_id=stop.stop_id,
            lot_id=stop.lot_id,
            outcome=WeighingOutcome.LOADED,
            gross_g=gross_g,
            person_id=day.market.peng_id,
            key=key,
            at=at,
        )


def assert_whole(database: Database, day: Day, accepted_g: int) -> None:
    market = day.market
    with database.reading() as session:
        assert checks.ledger_sum_minor(session) == 0
        assert checks.faults(session) == []
        trade = balance_of(session, cooperative_id=market.cooperative_id, kind=AccountKind.TRADE)
        assert trade == 0
        assert session.scalar(select(func.sum(Allocation.accepted_g))) == accepted_g
        lots = statements.statement(
            session, farmer_id=market.tan_id, cooperative_id=market.cooperative_id
        )
        assert statements.total(lots).net_minor == balance_of(
            session,
            cooperative_id=market.cooperative_id,
            kind=AccountKind.FARMER_PAYABLE,
            person_id=market.tan_id,
        )


def entries(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Entry)) or 0


def settled(database: Database, day: Day, work: Work) -> datetime:
    stocked(database, day)
    bring_to(database, day, work, MarketDayState.PLANNED)
    done_at = day.pickup_at + timedelta(hours=30)
    weigh(database, day, 45_000, "w", day.pickup_at)
    with database.transaction() as session:
        collecting.finish(session, market_day_id=day.id, key="e", person_id=None, at=done_at)
        for line in session.scalars(select(OrderLine).order_by(OrderLine.id)).all():
            hand_over(
                session,
                order_line_id=line.id,
                outcome=LineState.COLLECTED,
                received_g=line.allocated_g - 3_000,
                shop_id=day.market.shop_id,
                person_id=day.market.wu_id,
                key=f"h{line.id}",
                at=done_at,
            )
        delivering.finish(
            session, market_day_id=day.id, key="f", person_id=day.market.luo_id, at=done_at
        )
    for key in ("s", "s", "another click"):
        with database.transaction() as session:
            settling.settle(session, market_day_id=day.id, key=key, person_id=None, at=done_at)
    return done_at


def test_a_late_weighing_counters_the_settlement_and_writes_it_anew(
    database: Database, day: Day, work: Work
) -> None:
    at = settled(database, day, work)
    assert_whole(database, day, 45_000)
    for key, gross_g in (("late", 49_000), ("late", 49_000), ("later", 45_000), ("last", 50_000)):
        weigh(database, day, gross_g, key, at)
        assert_whole(database, day, min(gross_g, 50_000))
    before = entries(database)
    weigh(database, day, 50_000, "same again", at)
    assert entries(database) == before


def test_a_late_correction_of_a_hand_over_closes_the_trade_again(
    database: Database, day: Day, work: Work
) -> None:
    at = settled(database, day, work)
    with database.reading() as session:
        line_id = session.scalars(select(OrderLine.id).order_by(OrderLine.id)).first()
    assert line_id is not None

    def correct(received_g: int, key: str) -> int:
        with database.transaction() as session:
            return correct_hand_over(
                session,
                order_line_id=line_id,
                outcome=LineState.COLLECTED,
                received_g=received_g,
                shop_id=day.market.shop_id,
                person_id=day.market.wu_id,
                key=key,
                at=at,
                reason="misread",
            ).received_g

    on_card = []
    # The first is sent again after the second, which still holds.
    for received_g, key, holds_g in ((15_000, "a", 15_000), (17_000, "b", 17_000)):
        assert correct(received_g, key) == holds_g
        assert_whole(database, day, 45_000)
        on_card.append(_on_card(database, day))
    assert correct(15_000, "a") == 17_000
    assert _on_card(database, day) == on_card[-1] < on_card[0]
    assert_whole(database, day, 45_000)


def _on_card(database: Database, day: Day) -> int:
    with database.reading() as session:
        return cards.available(
            session, cooperative_id=day.market.cooperative_id, person_id=day.market.zhou_id
        )
