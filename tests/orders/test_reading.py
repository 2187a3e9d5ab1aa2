"""What buyers and shops see: pages by key, the same stored figures, and few queries."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event, select, update

from app.kernel.database import Database
from app.kernel.errors import NotFound
from app.models import (
    Allocation,
    LineOutcome,
    LineState,
    Lot,
    MarketDay,
    MarketDayState,
    Order,
    Photo,
    PhotoState,
)
from app.orders import cancelling, counter, offers, prices, reading, views
from tests.market import listed
from tests.orders.trading import (
    AFTER_CUT_OFF,
    LATER,
    Scene,
    buyer,
    clearing_run,
    direct,
    make_scene,
    request,
)


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_c: object, _k: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(database.read_engine, "before_cursor_execute", note)
    yield seen
    event.remove(database.read_engine, "before_cursor_execute", note)


def offered(database: Database, scene: Scene, **changes: object) -> offers.OffersPage:
    values: dict[str, object] = {
        "cooperative_id": scene.market.cooperative_id,
        "pickup_point_id": scene.market.pickup_point_id,
        "at": LATER,
    }
    with database.reading() as session:
        return offers.offers(session, **(values | changes))  # type: ignore[arg-type]


def test_an_offer_shows_what_is_left_and_the_price_that_is_charged(
    database: Database, scene: Scene
) -> None:
    with database.transaction() as session:
        direct(session, scene)
        session.add(
            Photo(
                lot_id=scene.lot_id,
                person_id=scene.market.tan_id,
                key="photo",
                state=PhotoState.READY,
                sizes={"160": "a.webp"},
                received_at=LATER,
            )
        )
        charged = session.scalars(select(Allocation.buyer_price_minor)).one()
    (offer,) = offered(database, scene).offers
    assert (offer.left_g, offer.offered_g) == (110_000, 120_000)
    assert offer.price is not None
    assert offer.price.buyer_minor == charged
    with database.reading() as session:
        assert offer.photo_id == session.scalars(select(Photo.id)).one()
    assert (offer.village, offer.farmer) == ("Baiyangping", "Tan Guihua")


def test_offers_page_by_key_without_gaps_in_a_few_queries(database: Database, scene: Scene) -> None:
    with database.transaction() as session:
        made = [
            listed(session, scene.market, key=f"lot {number}", crop_id=scene.market.cabbage_id).id
            for number in range(9)
        ]
    seen: list[int] = []
    after = None
    with counted(database) as statements:
        page = offered(database, scene, limit=4)
    assert len(statements) <= 6
    while True:
        page = offered(database, scene, limit=4, after=after)
        seen += [offer.lot_id for offer in page.offers]
        after = page.next_after
        if after is None:
            break
    assert seen == [*reversed(made), scene.lot_id]
    only = offered(database, scene, crop_id=scene.market.potato_id)
    assert [offer.lot_id for offer in only.offers] == [scene.lot_id]
    with database.reading() as session:
        crops = offers.offered_crops(session, market_day_id=scene.tuesday_id)
    assert [crop.code for crop in crops] == ["cabbage", "potato"]


def test_what_is_sold_out_withdrawn_or_closed_is_not_offered(
    database: Database, scene: Scene
) -> None:
    with database.transaction() as session:
        direct(session, scene, quantity_g=120_000)
    assert offered(database, scene).offers == ()
    with database.transaction() as session:
        session.execute(update(Lot).values(withdrawn_at=LATER))
        with pytest.raises(NotFound):
            lot(session, scene)
    friday = offered(database, scene, at=AFTER_CUT_OFF).day
    assert friday is not None and friday.id == scene.friday_id


def lot(session: object, scene: Scene) -> offers.Offered:
    return offers.offered_lot(
        session,  # type: ignore[arg-type]
        cooperative_id=scene.market.cooperative_id,
        lot_id=scene.lot_id,
        pickup_point_id=scene.market.pickup_point_id,
        at=LATER,
    )[0]


def test_a_lot_is_shown_only_in_its_cooperative(database: Database, scene: Scene) -> None:
    other = make_scene(database, slug="other")
    with database.reading() as session:
        assert lot(session, scene).price == prices.direct_price(
            session,
            lot_id=scene.lot_id,
            pickup_point_id=scene.market.pickup_point_id,
            at=LATER,
        )
        with pytest.raises(NotFound):
            lot(session, Scene(other.market, scene.lot_id, 0, 0))


def test_a_buyer_sees_own_orders_with_every_line(database: Database, scene: Scene) -> None:
    with database.transaction() as session:
        placed = direct(session, scene)
        asked = request(session, scene)
        run_id = clearing_run(session, scene)
        session.add(
            LineOutcome(
                clearing_run_id=run_id,
                order_line_id=asked.order_line_id,
                filled_g=0,
                code="limit_below_price",
                figures={"price_minor": 600},
            )
        )
        zhao = buyer(session, scene.market, "Zhao")
    with database.reading() as session:
        detail = reading.order_detail(
            session, order_id=placed.order_id, buyer_id=scene.market.zhou_id, at=LATER
        )
        first, second = detail.lines
        assert (first.expected_g, first.sources[0].village) == (10_000, "Baiyangping")
        assert first.estimate_minor == first.sources[0].buyer_price_minor * 10
        assert second.reason == views.Reason("limit_below_price", {"price_minor": 600})
        assert second.estimate_minor == 500 * 20
        assert detail.can_cancel
        with pytest.raises(NotFound):
            reading.order_detail(session, order_id=placed.order_id, buyer_id=zhao, at=LATER)
    with database.reading() as session:
        late = reading.order_detail(
            session, order_id=placed.order_id, buyer_id=scene.market.zhou_id, at=AFTER_CUT_OFF
        )
        assert not late.can_cancel


def test_orders_page_by_key_newest_first(database: Database, scene: Scene) -> None:
    made = []
    for number in range(5):
        with database.transaction() as session:
            placed = direct(session, scene, key=f"order {number}", quantity_g=1_000)
            made.append(placed.order_id)
            cancelling.cancel_order(
                session, order_id=placed.order_id, buyer_id=scene.market.zhou_id, at=LATER
            )
    seen: list[int] = []
    before = None
    while True:
        with database.reading() as session, counted(database) as statements:
            page = reading.my_orders(
                session,
                buyer_id=scene.market.zhou_id,
                cooperative_id=scene.market.cooperative_id,
                at=LATER,
                before=before,
                limit=2,
            )
        assert len(statements) <= 6
        seen += [detail.heading.order_id for detail in page.orders]
        before = page.next_before
        if before is None:
            break
    assert seen == made[::-1]


def test_a_shop_lists_its_orders_by_code_and_name_with_totals(
    database: Database, scene: Scene
) -> None:
    with database.transaction() as session:
        zhao = buyer(session, scene.market, "Zhao 100%")
        first = direct(session, scene, quantity_g=3_000)
        second = direct(session, scene, key="b", buyer_id=zhao, quantity_g=4_000)
        request(session, scene)
        codes = {row.id: row.code for row in session.execute(select(Order.id, Order.code))}
        session.execute(
            update(MarketDay)
            .where(MarketDay.id == scene.tuesday_id)
            .values(state=MarketDayState.COLLECTED)
        )
    points = {"pickup_point_ids": [scene.market.pickup_point_id]}
    day = {**points, "market_day_id": scene.tuesday_id}
    with database.reading() as session:
        assert [row.id for row in counter.days_in_hand(session, **points)] == [scene.tuesday_id]

        def found(search: str) -> list[int]:
            page = counter.shop_list(session, **day, search=search)
            return [order.order_id for order in page.orders]

        assert found("") == [first.order_id, second.order_id]
        assert found(codes[second.order_id].lower()) == [second.order_id]
        assert found("zhou") == [first.order_id]
        assert found("100%") == [second.order_id]
        assert found("nobody") == []
        page = counter.shop_list(session, **day, limit=1)
        assert page.next_after == first.order_id
        rest = counter.shop_list(session, **day, limit=1, after=page.next_after)
        assert ([row.order_id for row in rest.orders], rest.next_after) == ([second.order_id], None)
        (total,) = counter.crop_totals(session, **day)
        assert (total.orders, total.allocated_g, total.open_g) == (2, 7_000, 7_000)
        detail, name = counter.shop_order(session, order_id=second.order_id, at=LATER, **points)
        assert (name, detail.lines[0].state) == ("Zhao 100%", LineState.ALLOCATED)
        with pytest.raises(NotFound):
            counter.shop_order(session, order_id=second.order_id, at=LATER, pickup_point_ids=[999])
