"""Taking part of a lot: reserved at once, at the published price, or refused whole."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from app import stock
from app.kernel.database import Database
from app.kernel.errors import NotFound
from app.kernel.money import line_amount_minor
from app.ledger.cards import CardEmpty
from app.models import (
    Allocation,
    Grade,
    Hold,
    LineState,
    Lot,
    MarketDay,
    MarketDayState,
    Message,
    Order,
    OrderLine,
    PaymentMethod,
    PickupPoint,
    VillagePrice,
)
from app.orders import prices
from app.orders.drafts import OrderKeyReused, QuantityOutOfRange
from app.orders.funds import AccountLimitReached
from app.orders.opening import CODE_SIGNS, PaymentDiffers, PickupPointClosed, read_code
from app.orders.taking import CutOffPassed, LotNotOffered
from app.stock import NotEnoughLeft
from tests.orders.trading import (
    AFTER_CUT_OFF,
    LATER,
    Scene,
    allocated_g,
    assert_sound,
    buyer,
    clearing_run,
    count,
    direct,
    fill_card,
    left_g,
    line,
    make_scene,
    on_card,
)


def nothing_is_kept(database: Database, scene: Scene) -> None:
    with database.reading() as session:
        assert [count(session, table) for table in (Order, OrderLine, Allocation, Hold)] == [0] * 4
        assert count(session, Message) == 0
        assert left_g(session, scene.lot_id) == 120_000
        assert_sound(session)


def test_a_direct_order_is_reserved_at_once(database: Database, scene: Scene) -> None:
    with database.transaction() as session:
        placed = direct(session, scene)
    with database.reading() as session:
        assert placed.state is line(session, placed).state is LineState.ALLOCATED
        assert left_g(session, scene.lot_id) == 110_000
        assert allocated_g(session, scene.lot_id) == line(session, placed).allocated_g == 10_000
        assert line(session, placed).ceiling_g == 11_000


def test_the_price_is_the_ask_with_freight_and_fee_until_a_village_price_is_known(
    database: Database, scene: Scene
) -> None:
    with database.transaction() as session:
        direct(session, scene)
        allocation = session.scalars(select(Allocation)).one()
    assert allocation.farmer_price_minor == 180
    assert allocation.fee_minor == 10
    parts = allocation.farmer_price_minor + allocation.freight_minor + allocation.fee_minor
    assert allocation.buyer_price_minor == parts


@pytest.mark.parametrize(("village_minor", "farmer_minor"), [(150, 180), (200, 206), (215, 221)])
def test_a_village_price_with_its_margin_lifts_the_direct_price(
    database: Database, scene: Scene, village_minor: int, farmer_minor: int
) -> None:
    with database.transaction() as session:
        run_id = clearing_run(session, scene)
        for on, price in ((date(2026, 4, 1), 900), (date(2026, 4, 28), village_minor)):
            session.add(
                VillagePrice(
                    clearing_run_id=run_id,
                    crop_id=scene.market.potato_id,
                    village_id=scene.market.baiyangping_id,
                    grade=Grade.CLASS_I,
                    on=on,
                    price_minor=price,
                    sold_g=1,
                )
            )
        session.flush()
        parts = prices.direct_price(
            session, lot_id=scene.lot_id, pickup_point_id=scene.market.pickup_point_id, at=LATER
        )
    assert parts.farmer_minor == farmer_minor


def test_a_repeated_key_takes_the_lot_once(database: Database, scene: Scene) -> None:
    found = set()
    for _ in range(3):
        with database.transaction() as session:
            found.add(direct(session, scene))
    with database.reading() as session:
        assert len(found) == count(session, OrderLine) == count(session, Allocation) == 1
        assert left_g(session, scene.lot_id) == 110_000


def test_a_key_with_another_quantity_is_refused(database: Database, scene: Scene) -> None:
    with database.transaction() as session:
        direct(session, scene)
    with pytest.raises(OrderKeyReused), database.transaction() as session:
        direct(session, scene, quantity_g=11_000)


def test_adding_later_joins_the_open_order(database: Database, scene: Scene) -> None:
    with database.transaction() as session:
        first = direct(session, scene)
    with database.transaction() as session:
        second = direct(session, scene, key="more")
    assert first.order_id == second.order_id
    assert first.order_line_id != second.order_line_id


def test_an_open_order_keeps_its_way_of_payment(database: Database, scene: Scene) -> None:
    with database.transaction() as session:
        direct(session, scene)
    with pytest.raises(PaymentDiffers), database.transaction() as session:
        direct(session, scene, key="more", payment_method=PaymentMethod.TRANSFER)


def test_more_than_is_left_is_refused_and_nothing_is_kept(database: Database, scene: Scene) -> None:
    with pytest.raises(NotEnoughLeft) as refusal, database.transaction() as session:
        fill_card(session, scene.market, scene.market.zhou_id, 1_000_000)
        direct(session, scene, quantity_g=120_001, payment_method=PaymentMethod.CARD)
    assert refusal.value.field == "quantity"
    nothing_is_kept(database, scene)


@pytest.mark.parametrize("quantity_g", [0, -1, 50_000_001])
def test_a_quantity_out_of_reason_is_refused(
    database: Database, scene: Scene, quantity_g: int
) -> None:
    with pytest.raises(QuantityOutOfRange), database.transaction() as session:
        direct(session, scene, quantity_g=quantity_g)
    nothing_is_kept(database, scene)


def test_a_card_holds_the_ceiling(database: Database, scene: Scene) -> None:
    with database.transaction() as session:
        fill_card(session, scene.market, scene.market.zhou_id, 10_000)
        placed = direct(session, scene, payment_method=PaymentMethod.CARD)
    with database.reading() as session:
        price = line(session, placed).limit_minor
        held = line_amount_minor(11_000, price)
        assert on_card(session, scene, scene.market.zhou_id) == 10_000 - held
        assert_sound(session)


def test_an_empty_card_is_refused_and_nothing_is_kept(database: Database, scene: Scene) -> None:
    with pytest.raises(CardEmpty), database.transaction() as session:
        direct(session, scene, payment_method=PaymentMethod.CARD)
    nothing_is_kept(database, scene)


def test_the_weekly_account_ends_at_its_limit(database: Database, scene: Scene) -> None:
    with database.transaction() as session:
        zhao = buyer(session, scene.market, "Zhao", limit_minor=5_000)
        direct(session, scene, buyer_id=zhao, payment_method=PaymentMethod.ACCOUNT)
    with pytest.raises(AccountLimitReached) as refusal, database.transaction() as session:
        direct(session, scene, buyer_id=zhao, payment_method=PaymentMethod.ACCOUNT, key="more")
    needed, left = refusal.value.figures["needed_minor"], refusal.value.figures["left_minor"]
    assert isinstance(needed, int) and isinstance(left, int) and 0 <= left < needed
    with database.reading() as session:
        assert left_g(session, scene.lot_id) == 110_000


def test_who_has_no_weekly_account_cannot_use_one(database: Database, scene: Scene) -> None:
    with pytest.raises(AccountLimitReached), database.transaction() as session:
        direct(session, scene, payment_method=PaymentMethod.ACCOUNT)
    nothing_is_kept(database, scene)


def test_an_order_while_the_lot_is_frozen_is_kept_and_told(
    database: Database, scene: Scene
) -> None:
    with database.transaction() as session:
        stock.freeze_day(session, market_day_id=scene.tuesday_id)
    with database.transaction() as session:
        placed = direct(session, scene)
    with database.reading() as session:
        assert placed.state is line(session, placed).state is LineState.QUEUED
        assert line(session, placed).allocated_g == allocated_g(session, scene.lot_id) == 0
        assert left_g(session, scene.lot_id) == 120_000
        message = session.scalars(select(Message)).one()
    assert (message.kind, message.figures) == (
        "line_queued",
        {"crop": "potato", "crop_id": scene.market.potato_id},
    )


def test_an_order_after_the_cut_off_is_refused(database: Database, scene: Scene) -> None:
    with pytest.raises(CutOffPassed), database.transaction() as session:
        direct(session, scene, at=AFTER_CUT_OFF)
    nothing_is_kept(database, scene)


def test_an_order_in_time_for_a_day_closed_early_is_kept(database: Database, scene: Scene) -> None:
    with database.transaction() as session:
        session.execute(
            update(MarketDay)
            .where(MarketDay.id == scene.tuesday_id)
            .values(state=MarketDayState.CLOSED)
        )
    with database.transaction() as session:
        assert direct(session, scene).state is LineState.QUEUED


@pytest.mark.parametrize("change", [{"withdrawn_at": LATER}, {"market_day_id": None}])
def test_a_lot_that_is_not_offered_is_refused(
    database: Database, scene: Scene, change: dict[str, object]
) -> None:
    with database.transaction() as session:
        session.execute(update(Lot).where(Lot.id == scene.lot_id).values(**change))
    with pytest.raises(LotNotOffered), database.transaction() as session:
        direct(session, scene)
    nothing_is_kept(database, scene)


def test_a_lot_that_does_not_exist_is_not_found(database: Database, scene: Scene) -> None:
    with pytest.raises(NotFound), database.transaction() as session:
        direct(session, scene, lot_id=999)


def test_a_closed_or_foreign_pickup_point_is_refused(database: Database, scene: Scene) -> None:
    other = make_scene(database, slug="other").market
    with pytest.raises(PickupPointClosed), database.transaction() as session:
        direct(session, scene, pickup_point_id=other.pickup_point_id)
    with pytest.raises(PickupPointClosed), database.transaction() as session:
        session.execute(update(PickupPoint).values(retired_at=LATER))
        direct(session, scene)
    with database.reading() as session:
        assert count(session, Order) == 0


def test_codes_are_short_unlike_each_other_and_read_as_people_type_them(
    database: Database, scene: Scene
) -> None:
    with database.transaction() as session:
        for number in range(20):
            buyer_id = buyer(session, scene.market, f"Buyer {number}")
            direct(session, scene, buyer_id=buyer_id, quantity_g=1_000)
        codes = list(session.scalars(select(Order.code)))
    assert len(set(codes)) == 20
    assert all(len(code) == 6 and set(code) <= set(CODE_SIGNS) for code in codes)
    assert read_code(f" {codes[0][:3].lower()}-{codes[0][3:]} ") == codes[0]


@given(
    st.lists(st.tuples(st.integers(1, 10**7), st.integers(0, 10**6)), min_size=1, max_size=5),
    st.integers(0, 10**7),
)
def test_a_blended_amount_lies_between_its_cheapest_and_dearest_part(
    parts: list[tuple[int, int]], billed_g: int
) -> None:
    amount = prices.blended_amount_minor(billed_g, parts)
    asked = [price for _, price in parts]
    assert line_amount_minor(billed_g, min(asked)) <= amount
    assert amount <= line_amount_minor(billed_g, max(asked))
