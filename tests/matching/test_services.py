"""A market in the database, matched, stored and checked again."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel.database import Database
from app.matching.services import CertificateBroken, clear, load_problem, recheck, save
from app.models import (
    ClearingRun,
    Grade,
    LineKind,
    LineOutcome,
    LineState,
    LotOutcome,
    MarketDay,
    Order,
    OrderLine,
    PaymentMethod,
    VillagePrice,
)
from tests.market import AT, TUESDAY, Market, listed, make_market

LATER = AT + timedelta(hours=1)


def open_day(session: Session, market: Market) -> MarketDay:
    at = datetime(2026, 5, 4, 16, 0, tzinfo=UTC)
    day = MarketDay(
        cooperative_id=market.cooperative_id,
        on=TUESDAY,
        farmers_cutoff_at=at,
        buyers_cutoff_at=at,
        confirm_by_at=at,
        pickup_at=at,
        created_at=AT,
    )
    session.add(day)
    session.flush()
    return day


def request(session: Session, market: Market, day: MarketDay, **changes: object) -> OrderLine:
    order = session.scalar(select(Order).where(Order.market_day_id == day.id))
    if order is None:
        order = Order(
            cooperative_id=market.cooperative_id,
            market_day_id=day.id,
            buyer_id=market.zhou_id,
            pickup_point_id=market.pickup_point_id,
            payment_method=PaymentMethod.CASH,
            code="ZHOU",
            opened_at=AT,
        )
        session.add(order)
        session.flush()
    count = session.scalar(select(func.count(OrderLine.id)))
    values: dict[str, object] = {
        "kind": LineKind.REQUEST,
        "state": LineState.WAITING,
        "crop_id": market.potato_id,
        "crop_names": {"en": "potato"},
        "least_grade": Grade.CLASS_II,
        "unit_code": "kg",
        "unit_grams": 1000,
        "ordered_g": 50_000,
        "ceiling_g": 55_000,
        "limit_minor": 500,
        "first_on": TUESDAY,
        "last_on": TUESDAY,
        "person_id": market.zhou_id,
        "key": f"request-{count}",
        "ordered_at": AT,
    }
    line = OrderLine(order_id=order.id, **(values | changes))
    session.add(line)
    session.flush()
    return line


@pytest.fixture
def market(database: Database) -> Market:
    with database.transaction() as session:
        return make_market(session)


def test_a_market_day_is_matched_stored_and_proved_again(
    database: Database, market: Market
) -> None:
    with database.transaction() as session:
        day = open_day(session, market)
        lot = listed(session, market, key="tan-1")
        lot.market_day_id = day.id
        line = request(session, market, day)
        problem = load_problem(session, market_day_id=day.id, crop_id=market.potato_id, at=LATER)
        clearing = clear(problem)
        saved = save(
            session,
            market_day_id=day.id,
            crop_id=market.potato_id,
            clearing=clearing,
            at=LATER,
        )
        assert saved.is_new
        assert saved.allocations.lot_id.tolist() == [lot.id]
        assert saved.allocations.order_id.tolist() == [line.id]
        assert saved.allocations.quantity_g.tolist() == [50_000]
        assert saved.allocations.fee_minor.tolist() == [10]
    with database.reading() as session:
        assert recheck(session, run_id=saved.run_id).valid
        outcome = session.scalars(select(LotOutcome)).one()
        assert (outcome.code, outcome.sold_g) == ("lot_last_needed", 50_000)
        assert outcome.figures["ask_minor"] == 180
        assert session.scalars(select(LineOutcome.code)).all() == ["order_filled"]
        price = session.scalars(select(VillagePrice)).one()
        assert (price.price_minor, price.sold_g, price.on) == (180, 50_000, TUESDAY)
        assert price.grade is Grade.CLASS_I


def test_storing_the_same_input_twice_keeps_one_run(database: Database, market: Market) -> None:
    with database.transaction() as session:
        day = open_day(session, market)
        listed(session, market, key="tan-1").market_day_id = day.id
        request(session, market, day)
        crop = market.potato_id
        runs = [
            save(
                session,
                market_day_id=day.id,
                crop_id=crop,
                clearing=clear(load_problem(session, market_day_id=day.id, crop_id=crop, at=LATER)),
                at=LATER,
            )
            for _ in range(2)
        ]
        assert [run.is_new for run in runs] == [True, False]
        assert runs[0].run_id == runs[1].run_id
        assert session.scalar(select(func.count(ClearingRun.id))) == 1
        request(session, market, day, ordered_g=10_000, ceiling_g=11_000)
        clearing = clear(load_problem(session, market_day_id=day.id, crop_id=crop, at=LATER))
        again = save(session, market_day_id=day.id, crop_id=crop, clearing=clearing, at=LATER)
        assert (again.attempt, again.is_new) == (2, True)


def test_every_option_of_a_request_reaches_the_engine(database: Database, market: Market) -> None:
    with database.transaction() as session:
        day = open_day(session, market)
        line = request(
            session,
            market,
            day,
            least_grade=Grade.EXTRA,
            is_all_or_nothing=True,
            most_lots=2,
            only_farmer_id=market.xiang_id,
            substitutes={"I": 400, "II": 300},
        )
        other = request(session, market, day, least_fill_g=7_000, last_on=TUESDAY)
        missed = request(
            session,
            market,
            day,
            first_on=TUESDAY + timedelta(days=3),
            last_on=TUESDAY + timedelta(days=4),
        )
        orders = load_problem(
            session, market_day_id=day.id, crop_id=market.potato_id, at=LATER
        ).orders
    assert orders.id.tolist() == [line.id, other.id, missed.id]
    assert orders.limits().tolist() == [[500, 400, 300], [500] * 3, [500] * 3]
    assert orders.least_g().tolist() == [50_000, 7_000, 0]
    assert orders.most_lots.tolist() == [2, 0, 0]
    assert orders.only_farmer_id.tolist() == [market.xiang_id, 0, 0]
    assert orders.first_day.tolist() == [TUESDAY.toordinal()] * 2 + [1]
    assert orders.ordered_at.tolist() == [int(AT.timestamp())] * 3


def test_a_changed_record_is_refused(database: Database, market: Market) -> None:
    with database.transaction() as session:
        day = open_day(session, market)
        listed(session, market, key="tan-1").market_day_id = day.id
        request(session, market, day)
        problem = load_problem(session, market_day_id=day.id, crop_id=market.potato_id, at=LATER)
        saved = save(
            session,
            market_day_id=day.id,
            crop_id=market.potato_id,
            clearing=clear(problem),
            at=LATER,
        )
        run = session.get_one(ClearingRun, saved.run_id)
        run.certificate = run.certificate | {"value": run.certificate["value"] + 1}
        session.flush()
        with pytest.raises(CertificateBroken):
            recheck(session, run_id=saved.run_id)
