"""Rain and the way back: a day cancelled or moved, a village left out, a day opened again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app import calendar
from app.kernel.database import Database
from app.ledger import cards, checks
from app.market_days import cancelling, clearing, opening, planning, postponing, steps
from app.market_days.steps import GoodsBrought, WrongState
from app.models import (
    AccountKind,
    Allocation,
    Grade,
    LineState,
    Lot,
    LotStock,
    MarketDay,
    MarketDayState,
    MarketDayStep,
    Message,
    OrderLine,
    PaymentMethod,
    Plan,
)
from app.orders import cancelling as buyers_cancelling
from app.orders.drafts import Placed
from app.orders.placing import file_request, order_direct
from farmers.services import harvests
from tests.market import AT, FRIDAY, TUESDAY, Market, listed
from tests.market_days.conftest import Day

Work = Callable[[datetime], None]
ON_CARD = 100_000
LATER = timedelta(minutes=5)


def order(session: Session, market: Market, lot_id: int, key: str, at: datetime = AT) -> Placed:
    return order_direct(
        session,
        buyer_id=market.zhou_id,
        lot_id=lot_id,
        quantity_g=20_000,
        unit_code="kg",
        unit_grams=1000,
        pickup_point_id=market.pickup_point_id,
        payment_method=PaymentMethod.CARD,
        key=key,
        at=at,
    )


def stocked(database: Database, day: Day) -> tuple[int, Placed, Placed]:
    """Return a lot of 120 kg with 20 kg ordered directly, and a request for 30 kg."""
    market = day.market
    with database.transaction() as session:
        lot = listed(session, market, key="a")
        cards.top_up(
            session,
            cooperative_id=market.cooperative_id,
            person_id=market.zhou_id,
            amount_minor=ON_CARD,
            source=AccountKind.BANK,
            key="t",
            at=AT,
        )
        direct = order(session, market, lot.id, "d")
        request = file_request(
            session,
            buyer_id=market.zhou_id,
            crop_id=market.potato_id,
            quantity_g=30_000,
            unit_code="kg",
            unit_grams=1000,
            limit_minor=600,
            least_grade=Grade.CLASS_II,
            pickup_point_id=market.pickup_point_id,
            payment_method=PaymentMethod.CARD,
            first_on=TUESDAY,
            last_on=TUESDAY,
            key="r",
            at=AT,
        )
    return lot.id, direct, request


def bring_to(database: Database, day: Day, work: Work, state: MarketDayState) -> datetime:
    """Take the day's steps until it stands at a state and return the instant."""
    if state is MarketDayState.OPEN:
        return AT
    at = day.cutoff_at + LATER
    work(at)
    if state is MarketDayState.CLOSED:
        return at
    with database.transaction() as session:
        clearing.start(session, market_day_id=day.id, key="c", person_id=None, at=at)
    work(at)
    if state is MarketDayState.CLEARED:
        return at
    with database.transaction() as session:
        planning.start(session, market_day_id=day.id, at=at)
    work(at)
    with database.transaction() as session:
        planning.publish(session, market_day_id=day.id, key="p", person_id=None, at=at)
    return at


def line_states(database: Database) -> list[LineState]:
    with database.reading() as session:
        return list(session.scalars(select(OrderLine.state).order_by(OrderLine.id)))


def assert_sound(database: Database) -> None:
    with database.reading() as session:
        assert checks.ledger_sum_minor(session) == 0
        assert checks.faults(session) == []


def on_card(database: Database, market: Market) -> int:
    with database.reading() as session:
        return cards.available(
            session, cooperative_id=market.cooperative_id, person_id=market.zhou_id
        )


def told(database: Database, kind: str) -> int:
    with database.reading() as session:
        return (
            session.scalar(select(func.count()).select_from(Message).where(Message.kind == kind))
            or 0
        )


@pytest.mark.parametrize("state", sorted(steps.BEFORE_COLLECTION))
def test_a_cancelled_day_gives_everything_back_once(
    database: Database, day: Day, work: Work, state: MarketDayState
) -> None:
    lot_id, _, _ = stocked(database, day)
    at = bring_to(database, day, work, state)
    for key in ("x", "x", "another click"):
        with database.transaction() as session:
            cancelling.cancel(session, market_day_id=day.id, key=key, person_id=None, at=at)
    with database.reading() as session:
        assert session.get_one(MarketDay, day.id).state is MarketDayState.CANCELLED
        lots = session.scalars(select(Lot).order_by(Lot.id)).all()
        left = dict(session.execute(select(LotStock.lot_id, LotStock.available_g)).all())
        live = select(Allocation).where(Allocation.released_at.is_(None))
        assert session.scalars(live).all() == []
        assert not any(session.scalars(select(LotStock.is_frozen)))
        assert all(plan.replaced_at is not None for plan in session.scalars(select(Plan)))
        days = {session.get_one(MarketDay, lot.market_day_id).on for lot in lots}
        assert len([s for s in steps.steps_of(session, day.id) if s.name == "cancel"]) == 1
    # The rest that had moved on before counts with what follows it.
    assert days == {FRIDAY}
    assert sum(left.values()) == 120_000
    assert lots[0].id == lot_id
    assert set(line_states(database)) == {LineState.CANCELLED}
    assert on_card(database, day.market) == ON_CARD
    assert told(database, "day_cancelled") == 2
    assert_sound(database)


def test_a_lot_that_came_back_is_carried_again_and_can_be_withdrawn(
    database: Database, day: Day, work: Work
) -> None:
    lot_id, _, _ = stocked(database, day)
    at = bring_to(database, day, work, MarketDayState.PLANNED)
    with database.transaction() as session:
        cancelling.cancel(session, market_day_id=day.id, key="x", person_id=None, at=at)
    with database.transaction() as session:
        lot = harvests.withdraw(session, lot_id=lot_id, person_id=day.market.tan_id, at=at)
    assert lot.withdrawn_at == at


@pytest.mark.parametrize("state", [MarketDayState.COLLECTED, MarketDayState.SETTLED])
def test_a_collected_day_is_neither_cancelled_nor_moved(
    database: Database, day: Day, state: MarketDayState
) -> None:
    with database.transaction() as session:
        session.get_one(MarketDay, day.id).state = state
    with pytest.raises(WrongState), database.transaction() as session:
        cancelling.cancel(session, market_day_id=day.id, key="x", person_id=None, at=AT)
    with pytest.raises(WrongState), database.transaction() as session:
        move(session, day, key="m")


def test_what_is_on_a_truck_keeps_its_day(database: Database, day: Day, work: Work) -> None:
    stocked(database, day)
    at = bring_to(database, day, work, MarketDayState.PLANNED)
    with database.transaction() as session:
        session.execute(update(Allocation).values(accepted_g=Allocation.quantity_g))
    with pytest.raises(GoodsBrought), database.transaction() as session:
        cancelling.cancel(session, market_day_id=day.id, key="x", person_id=None, at=at)
    with pytest.raises(GoodsBrought), database.transaction() as session:
        leave_out(session, day, at=at)
    assert set(line_states(database)) == {LineState.ALLOCATED}


def move(session: Session, day: Day, *, key: str, days: int = 1, at: datetime = AT) -> None:
    postponing.postpone_day(
        session,
        market_day_id=day.id,
        to_on=TUESDAY + timedelta(days=days),
        key=key,
        person_id=None,
        at=at,
    )


def leave_out(session: Session, day: Day, *, at: datetime = AT) -> None:
    postponing.postpone_village(
        session,
        market_day_id=day.id,
        village_id=day.market.baiyangping_id,
        reason="rain",
        person_id=None,
        at=at,
    )


def test_a_moved_day_asks_its_direct_buyers_and_releases_what_came_too_late(
    database: Database, day: Day
) -> None:
    _, direct, _ = stocked(database, day)
    for key in ("m", "m", "n"):
        with database.transaction() as session:
            move(session, day, key=key)
    with database.reading() as session:
        moved = session.get_one(MarketDay, day.id)
        assert (moved.on, moved.postponed_from_on) == (TUESDAY + timedelta(days=1), TUESDAY)
        assert moved.buyers_cutoff_at == day.cutoff_at + timedelta(days=1)
        assert moved.pickup_at == day.pickup_at + timedelta(days=1)
    assert line_states(database) == [LineState.ALLOCATED, LineState.CANCELLED]
    assert (told(database, "day_postponed"), told(database, "line_released")) == (1, 1)
    with database.transaction() as session:
        buyers_cancelling.cancel_line(
            session,
            order_line_id=direct.order_line_id,
            buyer_id=day.market.zhou_id,
            at=day.cutoff_at + timedelta(hours=25),
        )
    assert on_card(database, day.market) == ON_CARD
    assert_sound(database)


def test_the_calendar_does_not_hold_a_moved_day_twice(database: Database, day: Day) -> None:
    with database.transaction() as session:
        move(session, day, key="m")
        made = opening.open_coming_days(
            session, cooperative_id=day.market.cooperative_id, at=AT + LATER
        )
    assert made == []


def test_a_day_is_not_moved_into_the_past(database: Database, day: Day) -> None:
    with pytest.raises(postponing.DateNotLater), database.transaction() as session:
        move(session, day, key="m", at=AT + timedelta(days=9))


def test_a_lot_that_does_not_keep_goes_to_a_day_in_between(database: Database, day: Day) -> None:
    with database.transaction() as session:
        lot = listed(session, day.market, key="a", ready_until_on=FRIDAY)
        move(session, day, key="m", days=5)
        assert lot.market_day_id is not None
        assert session.get_one(MarketDay, lot.market_day_id).on == FRIDAY


def test_a_day_moved_while_it_is_matched_is_matched_for_its_new_date(
    database: Database, day: Day, work: Work
) -> None:
    stocked(database, day)
    at = bring_to(database, day, work, MarketDayState.CLOSED)
    with database.transaction() as session:
        clearing.start(session, market_day_id=day.id, key="c", person_id=None, at=at)
    with database.reading() as session:
        problem = clearing._problem(
            session, session.get_one(MarketDay, day.id), day.market.potato_id
        )
    found = clearing.engine.clear(problem)
    with database.transaction() as session:
        move(session, day, key="m", at=at)
    with pytest.raises(clearing.MarketMoved), database.transaction() as session:
        clearing.apply(
            session, market_day_id=day.id, crop_id=day.market.potato_id, clearing=found, at=at
        )
    work(at)
    assert line_states(database) == [LineState.ALLOCATED, LineState.CANCELLED]
    with database.reading() as session:
        assert session.get_one(MarketDay, day.id).state is MarketDayState.CLEARED


def test_a_job_of_a_cancelled_day_gives_nothing_out(
    database: Database, day: Day, work: Work
) -> None:
    stocked(database, day)
    at = bring_to(database, day, work, MarketDayState.CLOSED)
    with database.transaction() as session:
        clearing.start(session, market_day_id=day.id, key="c", person_id=None, at=at)
        cancelling.cancel(session, market_day_id=day.id, key="x", person_id=None, at=at)
    work(at)
    assert set(line_states(database)) == {LineState.CANCELLED}
    with database.reading() as session:
        assert session.get_one(MarketDay, day.id).state is MarketDayState.CANCELLED


def test_a_village_left_out_of_a_frozen_day_takes_its_queued_orders_along(
    database: Database, day: Day, work: Work
) -> None:
    lot_id, direct, _ = stocked(database, day)
    with database.transaction() as session:
        opening.close(session, market_day_id=day.id, key="c", person_id=None, at=AT)
        queued = order(session, day.market, lot_id, "q")
    assert queued.state is LineState.QUEUED
    for _ in range(2):
        with database.transaction() as session:
            leave_out(session, day)
    with database.reading() as session:
        stock = session.get_one(LotStock, lot_id)
        lot = session.get_one(Lot, lot_id)
        assert (stock.available_g, stock.is_frozen) == (120_000, False)
        assert lot.market_day_id is not None
        assert session.get_one(MarketDay, lot.market_day_id).on == FRIDAY
        states = dict(session.execute(select(OrderLine.id, OrderLine.state)).all())
    assert states[queued.order_line_id] is states[direct.order_line_id] is LineState.UNFILLED
    assert (told(database, "village_postponed"), told(database, "line_unfilled")) == (1, 2)
    work(day.cutoff_at + LATER)
    assert_sound(database)


def test_orders_kept_while_a_day_was_closed_come_first_when_it_opens_again(
    database: Database, day: Day
) -> None:
    lot_id, _, _ = stocked(database, day)
    with database.transaction() as session:
        opening.close(session, market_day_id=day.id, key="c", person_id=None, at=AT)
        queued = order(session, day.market, lot_id, "q")
        for _ in range(2):
            opening.reopen(session, market_day_id=day.id, key="o", person_id=None, at=AT)
        line = session.get_one(OrderLine, queued.order_line_id, populate_existing=True)
        assert line.state is LineState.ALLOCATED


def test_a_clock_put_back_does_not_keep_a_reopened_day_open(
    database: Database, day: Day, work: Work
) -> None:
    work(day.cutoff_at + LATER)
    with database.transaction() as session:
        opening.reopen(session, market_day_id=day.id, key="o", person_id=None, at=AT)
    work(AT)
    with database.reading() as session:
        assert session.get_one(MarketDay, day.id).state is MarketDayState.OPEN
    work(day.cutoff_at + LATER)
    with database.reading() as session:
        assert session.get_one(MarketDay, day.id).state is MarketDayState.CLOSED


def test_a_day_with_nothing_to_match_goes_through_its_steps(
    database: Database, day: Day, work: Work
) -> None:
    at = bring_to(database, day, work, MarketDayState.PLANNED)
    with database.transaction() as session:
        assert clearing.under_way(session, market_day_id=day.id) is None
        clearing.start(session, market_day_id=day.id, key="c", person_id=None, at=at)
        names = session.scalars(
            select(MarketDayStep.name)
            .where(MarketDayStep.market_day_id == day.id)
            .order_by(MarketDayStep.id)
        ).all()
    assert names == ["close", "clearing", "clear", "plan"]


def test_a_day_that_closes_is_not_given_another_lot(database: Database, day: Day) -> None:
    with database.transaction() as session:
        opening.close(session, market_day_id=day.id, key="c", person_id=None, at=AT)
        found = calendar.day_for_lot(
            session,
            cooperative_id=day.market.cooperative_id,
            village_id=day.market.sancha_id,
            ready_from_on=TUESDAY,
            ready_until_on=FRIDAY,
            at=AT,
        )
    assert found is not None
    assert found.on == FRIDAY
