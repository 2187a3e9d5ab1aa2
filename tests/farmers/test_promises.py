"""A standing supply: a lot each market day, exactly once, changed, skipped, paused, withdrawn."""

from __future__ import annotations

import threading
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel.database import Database
from app.market_days import opening
from app.models import (
    Crop,
    Grade,
    Lot,
    MarketDay,
    Message,
    PaymentMethod,
    PromisedDay,
    SupplyPromise,
)
from app.orders.placing import order_direct
from farmers.services import changing_promises, promised_days, promises
from farmers.services.promise_views import DayState, promised_supply, promises_of
from farmers.services.promises import Promised
from farmers.services.refusals import AlreadySold
from tests.market import AT, FRIDAY, TUESDAY, Market, make_market

LATE = AT + timedelta(days=90)


def market_of(session: Session) -> Market:
    market = make_market(session)
    opening.open_coming_days(session, cooperative_id=market.cooperative_id, at=AT)
    return market


def promise(session: Session, market: Market, key: str = "promise-1", **changes: object) -> int:
    values: dict[str, object] = {
        "crop_id": market.potato_id,
        "grade": Grade.CLASS_I,
        "weekly_g": 100_000,
        "unit_code": "crate",
        "unit_grams": 20_000,
        "ask_minor": 180,
        "weekdays": (1, 4),
        "keeps_days": 0,
        "starts_on": AT.date(),
        "ends_on": AT.date() + timedelta(days=60),
    }
    made = promises.promise(
        session,
        cooperative_id=market.cooperative_id,
        farmer_id=market.tan_id,
        promised=Promised(**(values | changes)),  # type: ignore[arg-type]
        key=key,
        at=AT,
    )
    return made.id


def lots(session: Session) -> list[tuple[date, int]]:
    """Return the dates and quantities of the lots that are on the market."""
    rows = session.execute(
        select(MarketDay.on, Lot.quantity_g)
        .join(Lot, Lot.market_day_id == MarketDay.id)
        .where(Lot.withdrawn_at.is_(None))
        .order_by(MarketDay.on, Lot.id)
    )
    return [(row[0], row[1]) for row in rows]


def hourly(session: Session, at: datetime = AT) -> None:
    opening.run_calendar(session, payload={}, at=at)


def day_id(session: Session, on: date) -> int:
    return session.scalars(select(MarketDay.id).where(MarketDay.on == on)).one()


def test_a_promise_becomes_a_lot_on_each_day_of_the_coming_week_in_whole_units(
    database: Database,
) -> None:
    with database.transaction() as session:
        market = market_of(session)
        promise(session, market)
        # Five crates on two days: the first gets the one that does not divide.
        assert lots(session) == [(TUESDAY, 60_000), (FRIDAY, 40_000)]
        told = session.scalars(select(Message).where(Message.kind == "promise_listed")).all()
        assert {(one.person_id, one.figures["day_on"]) for one in told} == {
            (market.tan_id, TUESDAY.isoformat()),
            (market.tan_id, FRIDAY.isoformat()),
        }


def test_the_job_lists_each_day_once_however_often_it_runs(database: Database) -> None:
    with database.transaction() as session:
        promise(session, market_of(session))
    for _ in range(3):
        with database.transaction() as session:
            hourly(session)
    with database.transaction() as session:
        assert lots(session) == [(TUESDAY, 60_000), (FRIDAY, 40_000)]
        hourly(session, AT + timedelta(days=2))
        assert len(lots(session)) == 3
        assert session.scalar(select(func.count()).select_from(PromisedDay)) == 3


def test_two_workers_at_once_list_each_day_once(database: Database) -> None:
    with database.transaction() as session:
        market = market_of(session)
        promise(session, market, starts_on=FRIDAY)
    wrong: list[BaseException] = []

    def work() -> None:
        try:
            with database.transaction() as session:
                hourly(session, AT + timedelta(days=5))
        except BaseException as error:  # noqa: BLE001
            wrong.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    with database.transaction() as session:
        dates = [on for on, _ in lots(session)]
        assert len(dates) == len(set(dates)) == 3


def test_the_same_key_keeps_one_promise_and_other_figures_under_it_are_refused(
    database: Database,
) -> None:
    with database.transaction() as session:
        market = market_of(session)
        assert promise(session, market) == promise(session, market)
        with pytest.raises(promises.PromiseKeyReused):
            promise(session, market, weekly_g=40_000)
        assert session.scalar(select(func.count()).select_from(SupplyPromise)) == 1


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"weekdays": ()}, promises.NoWeekday),
        ({"weekdays": (6,)}, promises.NoWeekday),
        ({"ends_on": AT.date() - timedelta(days=1)}, promises.SeasonUpsideDown),
        (
            {"starts_on": AT.date() - timedelta(9), "ends_on": AT.date() - timedelta(8)},
            promises.SeasonOver,
        ),
        ({"ends_on": AT.date() + timedelta(days=400)}, promises.SeasonTooLong),
        ({"weekly_g": 0}, promises.QuantityOutOfRange),
        ({"crop_id": 0}, promises.CropNotTraded),
    ],
)
def test_what_cannot_be_promised_is_refused_and_nothing_is_listed(
    database: Database, changes: dict[str, object], refusal: type[Exception]
) -> None:
    with database.transaction() as session:
        market = market_of(session)
        with pytest.raises(refusal):
            promise(session, market, **changes)
        assert lots(session) == []
        assert session.scalar(select(SupplyPromise.id)) is None


def test_one_day_is_changed_and_another_skipped_while_the_rest_stays(database: Database) -> None:
    with database.transaction() as session:
        market = market_of(session)
        promise_id = promise(session, market)
        who = {"promise_id": promise_id, "farmer_id": market.tan_id, "at": AT}
        tuesday, friday = day_id(session, TUESDAY), day_id(session, FRIDAY)
        changing_promises.change_day(session, market_day_id=tuesday, quantity_g=20_000, **who)
        changing_promises.change_day(session, market_day_id=tuesday, quantity_g=20_000, **who)
        changing_promises.skip_day(session, market_day_id=friday, **who)
        hourly(session)
        assert lots(session) == [(TUESDAY, 20_000)]
        changing_promises.change_day(session, market_day_id=friday, quantity_g=80_000, **who)
        assert lots(session) == [(TUESDAY, 20_000), (FRIDAY, 80_000)]
        # A day further off is changed before its lot is made.
        later = day_id(session, TUESDAY + timedelta(days=14))
        changing_promises.change_day(session, market_day_id=later, quantity_g=140_000, **who)
        assert len(lots(session)) == 2
        hourly(session, AT + timedelta(days=12))
        assert (TUESDAY + timedelta(days=14), 140_000) in lots(session)


def test_after_the_cut_off_a_day_can_no_longer_be_changed(database: Database) -> None:
    with database.transaction() as session:
        market = market_of(session)
        promise_id = promise(session, market)
        with pytest.raises(changing_promises.DayNotPromised):
            changing_promises.skip_day(
                session,
                promise_id=promise_id,
                farmer_id=market.tan_id,
                market_day_id=day_id(session, TUESDAY),
                at=AT + timedelta(hours=20),
            )
        assert len(lots(session)) == 2


def test_what_is_sold_stays_when_a_promise_rests_and_the_rest_comes_back_after(
    database: Database,
) -> None:
    with database.transaction() as session:
        market = market_of(session)
        promise_id = promise(session, market)
        tuesday = day_id(session, TUESDAY)
        order_direct(
            session,
            buyer_id=market.zhou_id,
            lot_id=session.scalars(select(Lot.id).where(Lot.market_day_id == tuesday)).one(),
            quantity_g=10_000,
            unit_code="kg",
            unit_grams=1000,
            pickup_point_id=market.pickup_point_id,
            payment_method=PaymentMethod.CASH,
            key="order-of-zhou",
            at=AT,
        )
        who = {"promise_id": promise_id, "farmer_id": market.tan_id, "at": AT}
        with pytest.raises(AlreadySold):
            changing_promises.skip_day(session, market_day_id=tuesday, **who)
        assert promises.pause(session, **who) == 1
        hourly(session)
        assert lots(session) == [(TUESDAY, 60_000)]
        promises.resume(session, **who)
        assert lots(session) == [(TUESDAY, 60_000), (FRIDAY, 40_000)]
        assert promises.withdraw(session, **who) == 1
        hourly(session, AT + timedelta(days=7))
        assert lots(session) == [(TUESDAY, 60_000)]


def test_a_crop_that_is_no_longer_traded_holds_no_other_promise_up(database: Database) -> None:
    with database.transaction() as session:
        market = market_of(session)
        first = promise(session, market, starts_on=FRIDAY + timedelta(days=1))
        promise(session, market, "promise-2", crop_id=market.cabbage_id, weekdays=(1,))
        session.get_one(Crop, market.potato_id).is_traded = False
        session.flush()
        hourly(session, AT + timedelta(days=6))
        mark = session.scalars(select(PromisedDay).where(PromisedDay.promise_id == first)).first()
        assert mark is not None and mark.reason == "crop_not_traded" and mark.lot_id is None
        assert [on for on, _ in lots(session)] == [TUESDAY, TUESDAY + timedelta(days=7)]
        assert session.scalar(select(Message.id).where(Message.kind == "promise_failed"))


def test_farmer_and_manager_see_what_is_ahead(database: Database) -> None:
    with database.transaction() as session:
        market = market_of(session)
        promise(session, market)
        promise(
            session, market, "promise-2", starts_on=LATE.date(), ends_on=LATE.date() + timedelta(20)
        )
        late, now = promises_of(
            session, farmer_id=market.tan_id, cooperative_id=market.cooperative_id, at=AT
        )
        assert now.next_on == TUESDAY and now.days[0].state is DayState.LISTED
        assert now.days[2].state is DayState.AHEAD
        assert late.days == () and late.next_on == date(2026, 8, 4)
        supply = promised_supply(session, cooperative_id=market.cooperative_id, at=AT)
        first = supply[0]
        assert (first.day.on, first.quantity_g, first.listed_g, first.farmers) == (
            TUESDAY,
            60_000,
            60_000,
            1,
        )
        assert sum(one.listed_g for one in supply) == 100_000


def test_a_foreign_promise_cannot_be_touched(database: Database) -> None:
    with database.transaction() as session:
        market = market_of(session)
        promise_id = promise(session, market)
        with pytest.raises(promised_days.NotFound):
            promises.withdraw(session, promise_id=promise_id, farmer_id=market.xiang_id, at=AT)
        assert len(lots(session)) == 2
