"""What a farmer brings beyond the lot is offered again, once, and nothing else is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.kernel.database import Database
from app.models import Lot, LotStock, MarketDay, MarketDayState, Stop, WeighingOutcome
from logistics.services import surplus, weighing
from tests.logistics.valley import AT, ON, Valley, build, save


def _bring(valley: Valley, gross_g: int) -> Lot:
    lot = valley.offer("Wu Mei", "Longfeng", 100_000, 80_000)
    valley.plan()
    weighing.weigh_in(
        valley.session,
        stop_id=valley.session.scalars(select(Stop.id)).one(),
        lot_id=lot.id,
        outcome=WeighingOutcome.LOADED,
        gross_g=gross_g,
        person_id=valley.driver.id,
        key="weighed",
        at=AT,
    )
    return lot


def _next_day(valley: Valley, days: int) -> MarketDay:
    later = timedelta(days=days)
    return save(
        valley.session,
        MarketDay(
            cooperative_id=valley.cooperative.id,
            on=ON + later,
            state=MarketDayState.OPEN,
            farmers_cutoff_at=AT + later,
            buyers_cutoff_at=AT + later,
            confirm_by_at=AT + later,
            pickup_at=AT + later,
            created_at=AT,
        ),
    )


def test_what_exceeds_the_lot_becomes_a_new_one_once(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        day = _next_day(valley, 3)
        lot = _bring(valley, 112_000)
        again = surplus.offer_again(session, lot_id=lot.id, person_id=valley.driver.id, at=AT)
        same = surplus.offer_again(session, lot_id=lot.id, person_id=valley.manager.id, at=AT)
        assert same.id == again.id
        assert (again.quantity_g, again.market_day_id, again.farmer_id) == (
            12_000,
            day.id,
            lot.farmer_id,
        )
        assert session.get_one(LotStock, again.id).available_g == 12_000
        assert session.get_one(LotStock, lot.id).available_g == 20_000


def test_the_unsold_rest_is_on_offer_already_and_no_surplus(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        _next_day(valley, 3)
        lot = _bring(valley, 95_000)
        with pytest.raises(surplus.NoSurplus):
            surplus.offer_again(session, lot_id=lot.id, person_id=valley.driver.id, at=AT)
        assert session.scalar(select(func.count(Lot.id))) == 1


def test_a_surplus_that_does_not_keep_goes_back(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        _next_day(valley, 30)
        lot = _bring(valley, 112_000)
        with pytest.raises(surplus.NoDayForSurplus):
            surplus.offer_again(session, lot_id=lot.id, person_id=valley.driver.id, at=AT)
