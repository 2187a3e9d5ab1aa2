"""Offering a harvest: one lot per key, the right day, and nothing half done."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.kernel.database import Database
from app.kernel.errors import NotAllowed, Refusal
from app.market_days import opening
from app.models import Lot, LotStock, MarketDay, Message, PaymentMethod
from app.orders import placing
from farmers.services import harvests
from farmers.services.refusals import AlreadySold, OfferKeyReused
from tests.market import AT, FRIDAY, TUESDAY, Market, listed, make_market


@pytest.fixture
def market(database: Database) -> Market:
    with database.transaction() as session:
        market = make_market(session)
        opening.open_coming_days(session, cooperative_id=market.cooperative_id, at=AT)
    return market


def lots(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Lot)) or 0


def day_of(database: Database, lot_id: int) -> date | None:
    with database.reading() as session:
        return session.scalar(
            select(MarketDay.on)
            .join(Lot, Lot.market_day_id == MarketDay.id)
            .where(Lot.id == lot_id)
        )


def test_a_lot_goes_to_the_first_day_of_its_window(database: Database, market: Market) -> None:
    with database.transaction() as session:
        lot = listed(session, market, key="a")
    assert day_of(database, lot.id) == TUESDAY


def test_the_same_key_never_makes_a_second_lot(database: Database, market: Market) -> None:
    ids = set()
    for hours in (0, 30):
        with database.transaction() as session:
            ids.add(listed(session, market, key="a", at=AT + timedelta(hours=hours)).id)
    assert len(ids) == lots(database) == 1


def test_the_same_key_with_another_listing_is_refused(database: Database, market: Market) -> None:
    with database.transaction() as session:
        listed(session, market, key="a")
    with pytest.raises(OfferKeyReused), database.transaction() as session:
        listed(session, market, key="a", quantity_g=1)
    assert lots(database) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"quantity_g": 0}, "quantity"),
        ({"quantity_g": 50_000_001}, "quantity"),
        ({"ready_until_on": date(2026, 5, 3)}, "ready_until"),
        ({"ready_from_on": date(2026, 5, 1), "ready_until_on": date(2026, 5, 3)}, "ready_until"),
        ({"ready_until_on": date(2026, 9, 1)}, "ready_until"),
        ({"crop_id": 999}, "crop"),
        ({"village_id": 999}, "village"),
    ],
)
def test_bad_input_is_refused_at_its_field_and_nothing_is_kept(
    database: Database, market: Market, changes: dict[str, object], field: str
) -> None:
    with pytest.raises(Refusal) as refusal, database.transaction() as session:
        listed(session, market, key="a", **changes)
    assert refusal.value.field == field
    assert lots(database) == 0


def test_only_a_farmer_of_the_cooperative_is_listed_for(database: Database, market: Market) -> None:
    with pytest.raises(NotAllowed), database.transaction() as session:
        listed(session, market, key="a", farmer_id=market.zhou_id)
    assert lots(database) == 0


def test_what_comes_after_the_cut_off_goes_to_the_next_day_and_says_so(
    database: Database, market: Market
) -> None:
    after_cutoff = datetime(2026, 5, 4, 8, 30, tzinfo=UTC)
    with database.transaction() as session:
        lot = listed(session, market, key="a", at=after_cutoff)
    assert day_of(database, lot.id) == FRIDAY
    with database.reading() as session:
        message = session.scalars(select(Message)).one()
    assert (message.kind, message.person_id) == ("lot_rolled", market.tan_id)
    assert message.figures["day_on"] == FRIDAY.isoformat()


def test_a_lot_that_no_day_fits_is_parked_until_one_does(
    database: Database, market: Market
) -> None:
    window = {"ready_from_on": date(2026, 6, 20), "ready_until_on": date(2026, 6, 30)}
    with database.transaction() as session:
        lot = listed(session, market, key="a", **window)
    assert day_of(database, lot.id) is None
    with database.transaction() as session:
        opening.open_coming_days(
            session, cooperative_id=market.cooperative_id, at=AT + timedelta(days=40)
        )
    assert day_of(database, lot.id) == date(2026, 6, 23)


def test_a_lot_is_withdrawn_whole_or_not_at_all(database: Database, market: Market) -> None:
    with database.transaction() as session:
        kept = listed(session, market, key="a")
        sold = listed(session, market, key="b")
        placing.order_direct(
            session,
            buyer_id=market.zhou_id,
            lot_id=sold.id,
            quantity_g=1_000,
            unit_code="kg",
            unit_grams=1000,
            pickup_point_id=market.pickup_point_id,
            payment_method=PaymentMethod.CASH,
            key="o",
            at=AT,
        )
    for _ in range(2):
        with database.transaction() as session:
            harvests.withdraw(session, lot_id=kept.id, person_id=market.tan_id, at=AT)
    with pytest.raises(AlreadySold), database.transaction() as session:
        harvests.withdraw(session, lot_id=sold.id, person_id=market.tan_id, at=AT)
    with database.reading() as session:
        left = dict(session.execute(select(LotStock.lot_id, LotStock.available_g)).all())
    assert left == {kept.id: 0, sold.id: 119_000}
