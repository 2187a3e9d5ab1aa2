"""Pins, bans and undoing: inputs of another matching, never edits of a result."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from app.kernel.database import Database
from app.ledger import cards, checks
from app.market_days import cancelling, clearing, holding_again, opening, overriding, undoing
from app.market_days.opening import CutOffsOver
from app.market_days.overriding import Decision, NotOfOneCrop, Pair, PinNeedsQuantity
from app.market_days.steps import WrongState
from app.matching import services as matching
from app.models import (
    AccountKind,
    Allocation,
    ClearingRun,
    Cooperative,
    Grade,
    Job,
    JobState,
    LineOutcome,
    LineState,
    Lot,
    LotOutcome,
    LotStock,
    MarketDay,
    MarketDayState,
    Message,
    OrderLine,
    OverrideKind,
    PaymentMethod,
    PricingRule,
    VillagePrice,
)
from app.orders.placing import file_request
from tests.market import AT, TUESDAY, listed
from tests.market_days.conftest import Day

Work = Callable[[datetime], None]


@pytest.fixture
def lots(database: Database, day: Day) -> tuple[int, int]:
    """Tan asks 1.80 and Xiang 2.00; each offers 120 kg."""
    with database.transaction() as session:
        tan = listed(session, day.market, key="tan")
        xiang = listed(
            session,
            day.market,
            key="xiang",
            farmer_id=day.market.xiang_id,
            village_id=day.market.sancha_id,
            ask_minor=200,
        )
        return tan.id, xiang.id


def ask(database: Database, day: Day, quantity_g: int, key: str, **changes: object) -> int:
    values: dict[str, object] = {
        "buyer_id": day.market.zhou_id,
        "crop_id": day.market.potato_id,
        "quantity_g": quantity_g,
        "unit_code": "kg",
        "unit_grams": 1000,
        "limit_minor": 600,
        "least_grade": Grade.CLASS_I,
        "pickup_point_id": day.market.pickup_point_id,
        "payment_method": PaymentMethod.CASH,
        "first_on": TUESDAY,
        "last_on": TUESDAY,
        "key": key,
        "at": AT,
    }
    with database.transaction() as session:
        return file_request(session, **(values | changes)).order_line_id  # type: ignore[arg-type]


def decide(database: Database, day: Day, decision: Decision, crop_id: int | None = None) -> int:
    with database.transaction() as session:
        return overriding.decide(
            session,
            market_day_id=day.id,
            crop_id=crop_id or day.market.potato_id,
            decision=decision,
            person_id=day.market.luo_id,
            at=AT,
        ).id


def clear(database: Database, day: Day, work: Work, key: str = "c") -> None:
    at = day.cutoff_at + timedelta(minutes=5)
    work(at)
    with database.transaction() as session:
        clearing.start(session, market_day_id=day.id, key=key, person_id=day.market.luo_id, at=at)
    work(at)


def undo(database: Database, day: Day, key: str = "u") -> None:
    with database.transaction() as session:
        undoing.undo(
            session,
            market_day_id=day.id,
            key=key,
            person_id=day.market.luo_id,
            at=day.cutoff_at + timedelta(minutes=10),
        )


def given(database: Database) -> dict[int, int]:
    """Return the grams by lot that buyers have."""
    with database.reading() as session:
        rows = session.execute(
            select(Allocation.lot_id, func.sum(Allocation.quantity_g))
            .where(Allocation.released_at.is_(None))
            .group_by(Allocation.lot_id)
        )
        return dict(rows.all())


def state(database: Database, day: Day) -> MarketDayState:
    with database.reading() as session:
        return session.get_one(MarketDay, day.id).state


def test_a_ban_and_a_pin_go_into_the_matching_and_say_what_they_cost(
    database: Database, day: Day, work: Work, lots: tuple[int, int]
) -> None:
    tan, xiang = lots
    line = ask(database, day, 50_000, "r")
    decide(
        database,
        day,
        Decision(OverrideKind.FORBID, Pair(lot_id=tan, order_line_id=line), None, "they quarrel"),
    )
    pin = decide(
        database,
        day,
        Decision(OverrideKind.PIN, Pair(lot_id=xiang, order_line_id=line), 30_000, "promised"),
    )
    with database.reading() as session:
        cost = overriding.cost(session, market_day_id=day.id, crop_id=day.market.potato_id)
    assert cost is not None
    # Twenty more per kg for fifty kg, and something for another way; the pin costs nothing more.
    assert cost.bare_minor - cost.with_minor >= 1_000
    assert cost.of(pin) == 0
    clear(database, day, work)
    assert given(database) == {xiang: 50_000}
    with database.reading() as session:
        run = session.scalars(select(ClearingRun)).one()
        assert str([lots[0], line]) in str(run.certificate)
        assert matching.recheck(session, run_id=run.id).valid


def test_who_is_left_with_nothing_by_a_ban_is_told_so(
    database: Database, day: Day, work: Work
) -> None:
    with database.transaction() as session:
        lot_id = listed(session, day.market, key="only").id
    line = ask(database, day, 50_000, "r")
    pair = Pair(lot_id=lot_id, order_line_id=line)
    decide(database, day, Decision(OverrideKind.FORBID, pair, None, "no"))
    clear(database, day, work)
    with database.reading() as session:
        codes = [
            session.scalars(select(LotOutcome.code)).one(),
            session.scalars(select(LineOutcome.code)).one(),
        ]
    assert codes == ["lot_kept_apart", "order_kept_apart"]


def test_a_farmer_and_a_buyer_are_kept_apart_with_all_they_have(
    database: Database, day: Day, work: Work, lots: tuple[int, int]
) -> None:
    tan, xiang = lots
    for number in range(2):
        ask(database, day, 20_000, f"r{number}")
    people = Pair(farmer_id=day.market.tan_id, buyer_id=day.market.zhou_id)
    ban = decide(database, day, Decision(OverrideKind.FORBID, people, None, "no"))
    with database.transaction() as session:
        for _ in range(2):
            overriding.take_back(
                session, market_day_id=day.id, override_id=ban, person_id=day.market.luo_id, at=AT
            )
    decide(database, day, Decision(OverrideKind.FORBID, people, None, "after all"))
    clear(database, day, work)
    assert given(database) == {xiang: 40_000}
    assert tan not in given(database)


def test_a_pin_of_people_is_filled_as_far_as_their_pairs_can_trade(
    database: Database, day: Day, work: Work, lots: tuple[int, int]
) -> None:
    tan, xiang = lots
    ask(database, day, 20_000, "poor", limit_minor=1)
    ask(database, day, 60_000, "rich")
    people = Pair(farmer_id=day.market.xiang_id, buyer_id=day.market.zhou_id)
    decide(database, day, Decision(OverrideKind.PIN, people, 50_000, "promised"))
    clear(database, day, work)
    assert given(database) == {tan: 10_000, xiang: 50_000}


@pytest.mark.parametrize(
    ("kind", "quantity_g", "crop", "refusal"),
    [
        (OverrideKind.PIN, None, "potato", PinNeedsQuantity),
        (OverrideKind.PIN, 0, "potato", PinNeedsQuantity),
        (OverrideKind.FORBID, None, "cabbage", NotOfOneCrop),
    ],
)
def test_a_decision_without_sense_is_refused_and_nothing_is_kept(
    database: Database,
    day: Day,
    lots: tuple[int, int],
    kind: OverrideKind,
    quantity_g: int | None,
    crop: str,
    refusal: type[Exception],
) -> None:
    line = ask(database, day, 50_000, "r")
    pair = Pair(lot_id=lots[0], order_line_id=line)
    crop_id = getattr(day.market, f"{crop}_id")
    with pytest.raises(refusal):
        decide(database, day, Decision(kind, pair, quantity_g, "why"), crop_id)


def test_a_pin_that_cannot_trade_stops_its_crop_alone_and_the_crop_is_tried_again(
    database: Database, day: Day, work: Work, lots: tuple[int, int]
) -> None:
    line = ask(database, day, 50_000, "r", limit_minor=190)
    pin = decide(
        database,
        day,
        Decision(OverrideKind.PIN, Pair(lot_id=lots[1], order_line_id=line), 10_000, "hope"),
    )
    with database.transaction() as session:
        listed(session, day.market, key="cabbage", crop_id=day.market.cabbage_id)
    with pytest.raises(AssertionError):
        clear(database, day, work)
    with database.reading() as session:
        jobs = {
            job.payload["crop_id"]: job
            for job in session.scalars(select(Job))
            if job.kind == "clear"
        }
        failed = jobs[day.market.potato_id]
        assert (failed.state, failed.error["code"]) == (JobState.FAILED, "matching_pin_too_dear")  # type: ignore[index]
        assert jobs[day.market.cabbage_id].state is JobState.DONE
    assert state(database, day) is MarketDayState.CLOSED
    with database.transaction() as session:
        overriding.take_back(
            session, market_day_id=day.id, override_id=pin, person_id=day.market.luo_id, at=AT
        )
        clearing.jobs.retry(session, key=failed.key)
    work(day.cutoff_at + timedelta(minutes=6))
    assert state(database, day) is MarketDayState.CLEARED


def test_an_undone_matching_gives_back_stock_and_holds_and_only_changes_are_told_again(
    database: Database, day: Day, work: Work, lots: tuple[int, int]
) -> None:
    tan, xiang = lots
    with database.transaction() as session:
        cards.top_up(
            session,
            cooperative_id=day.market.cooperative_id,
            person_id=day.market.zhou_id,
            amount_minor=100_000,
            source=AccountKind.BANK,
            key="t",
            at=AT,
        )
    card = {"payment_method": PaymentMethod.CARD}
    filled = ask(database, day, 100_000, "filled", **card)
    empty = ask(database, day, 20_000, "empty", limit_minor=100, **card)
    before = _on_card(database, day)
    clear(database, day, work)
    assert given(database) == {tan: 100_000}
    undo(database, day)
    undo(database, day)
    assert state(database, day) is MarketDayState.CLOSED
    assert given(database) == {}
    assert _on_card(database, day) == before
    with database.reading() as session:
        assert set(session.scalars(select(LotStock.available_g))) == {120_000}
        assert set(session.scalars(select(LotStock.is_frozen))) == {True}
        waiting = session.scalars(
            select(OrderLine.ordered_g).where(OrderLine.state == LineState.WAITING)
        ).all()
        assert sorted(waiting) == [20_000, 100_000]
        assert session.get_one(OrderLine, empty).state is LineState.CANCELLED
        assert checks.faults(session) == []
    decide(
        database,
        day,
        Decision(OverrideKind.PIN, Pair(lot_id=xiang, order_line_id=filled), 40_000, "promised"),
    )
    clear(database, day, work, key="again")
    assert given(database) == {tan: 60_000, xiang: 40_000}
    undo(database, day, key="u2")
    clear(database, day, work, key="third")
    assert given(database) == {tan: 60_000, xiang: 40_000}
    with database.reading() as session:
        told = [
            (row.figures["lot_id"], row.figures.get("sold_g"))
            for row in session.scalars(
                select(Message)
                .where(Message.kind.in_(["lot_sold", "lot_unsold"]))
                .order_by(Message.id)
            )
        ]
        runs = session.scalars(select(ClearingRun).order_by(ClearingRun.id)).all()
        assert [run.undone_at is not None for run in runs] == [True, True, False]
        assert all(matching.recheck(session, run_id=run.id).valid for run in runs)
    # The third matching gave what the second gave, so nobody hears it twice.
    assert told == [(tan, 100_000), (xiang, None), (tan, 60_000), (xiang, 40_000)]


def test_nothing_is_decided_or_undone_where_it_is_too_late_or_too_early(
    database: Database, day: Day, work: Work, lots: tuple[int, int]
) -> None:
    line = ask(database, day, 50_000, "r")
    with pytest.raises(WrongState):
        undo(database, day)
    clear(database, day, work)
    pair = Pair(lot_id=lots[0], order_line_id=line)
    with pytest.raises(WrongState):
        decide(database, day, Decision(OverrideKind.FORBID, pair, None, "late"))


def test_where_everybody_gets_the_own_ask_the_stored_price_is_what_was_paid(
    database: Database, day: Day, work: Work, lots: tuple[int, int]
) -> None:
    with database.transaction() as session:
        session.execute(update(Cooperative).values(pricing_rule=PricingRule.PAY_AS_ASK))
        listed(session, day.market, key="second", ask_minor=210, quantity_g=60_000)
        session.execute(update(Lot).where(Lot.id == lots[1]).values(withdrawn_at=AT))
    ask(database, day, 180_000, "r", limit_minor=900)
    clear(database, day, work)
    with database.reading() as session:
        price = session.scalars(select(VillagePrice)).one()
        run = session.scalars(select(ClearingRun)).one()
        assert matching.recheck(session, run_id=run.id).valid
        code = session.scalars(select(OrderLine.state)).all()
    assert (price.price_minor, price.sold_g) == ((120 * 180 + 60 * 210) // 180, 180_000)
    assert code == [LineState.ALLOCATED]


def test_a_cancelled_day_is_held_after_all_and_its_old_matching_counts_no_more(
    database: Database, day: Day, work: Work, lots: tuple[int, int]
) -> None:
    who = {"person_id": day.market.luo_id, "market_day_id": day.id}
    ask(database, day, 50_000, "r")
    with database.transaction() as session:
        cancelling.cancel(session, key="x", at=AT, **who)
    for _ in range(2):
        with database.transaction() as session:
            holding_again.hold_again(session, key="y", at=AT, **who)
    assert state(database, day) is MarketDayState.OPEN
    with database.transaction() as session:
        lot = listed(session, day.market, key="anew")
        assert lot.market_day_id == day.id
        opening.open_coming_days(session, cooperative_id=day.market.cooperative_id, at=AT)
    ask(database, day, 30_000, "anew")
    with database.transaction() as session:
        cancelling.cancel(session, key="x2", at=AT, **who)
    with database.reading() as session:
        told = session.scalars(
            select(Message.event_key).where(
                Message.kind == "day_cancelled", Message.person_id == day.market.zhou_id
            )
        ).all()
    assert len(told) == 2
    with pytest.raises(CutOffsOver), database.transaction() as session:
        holding_again.hold_again(session, key="z", at=day.cutoff_at, **who)


def _on_card(database: Database, day: Day) -> int:
    with database.reading() as session:
        return cards.available(
            session, cooperative_id=day.market.cooperative_id, person_id=day.market.zhou_id
        )
