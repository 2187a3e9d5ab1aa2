"""Requests, what a clearing makes of them, cancelling, and what came while lots were frozen."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app import stock
from app.kernel.database import Database
from app.kernel.errors import NotFound
from app.ledger.cards import CardEmpty
from app.models import (
    Allocation,
    CropUnit,
    Hold,
    LineState,
    Lot,
    MarketDay,
    MarketDayState,
    Message,
    Order,
    PaymentMethod,
)
from app.orders import allocating, cancelling, queueing
from app.orders.allocating import MarketChanged
from app.orders.bidding import LeastFillTooLarge, LimitOutOfRange, NoMarketDay, WindowReversed
from app.orders.cancelling import TooLateToCancel
from tests.market import FRIDAY, TUESDAY
from tests.orders.trading import (
    AFTER_CUT_OFF,
    LATER,
    Scene,
    allocated_g,
    assert_sound,
    awarded,
    buyer,
    clearing_run,
    count,
    day,
    direct,
    fill_card,
    left_g,
    line,
    make_scene,
    on_card,
    request,
)

CARD = PaymentMethod.CARD


Award = tuple[int, int, int]


def award(scene: Scene, order_line_id: int, quantity_g: int) -> Award:
    return scene.lot_id, order_line_id, quantity_g


def close(database: Database, scene: Scene) -> None:
    with database.transaction() as session:
        session.execute(
            update(MarketDay)
            .where(MarketDay.id == scene.tuesday_id)
            .values(state=MarketDayState.CLOSED)
        )
        stock.freeze_day(session, market_day_id=scene.tuesday_id)


def apply(database: Database, scene: Scene, *awards: Award, attempt: int = 1) -> int:
    with database.transaction() as session:
        run_id = clearing_run(session, scene, attempt=attempt)
        allocating.apply_allocations(
            session,
            clearing_run_id=run_id,
            market_day=day(session, scene.tuesday_id),
            allocations=awarded(*awards),
            at=LATER,
        )
    return run_id


def test_a_request_waits_for_the_first_day_of_its_window(database: Database, scene: Scene) -> None:
    with database.transaction() as session:
        placed = request(session, scene)
        later = request(session, scene, key="later", first_on=TUESDAY + timedelta(days=1))
        assert placed.market_day_id == scene.tuesday_id
        assert later.market_day_id == scene.friday_id
        assert line(session, placed).state is LineState.WAITING
        assert count(session, Message) == 0


def test_a_request_after_the_cut_off_rolls_over_and_is_told(
    database: Database, scene: Scene
) -> None:
    with database.transaction() as session:
        placed = request(session, scene, at=AFTER_CUT_OFF)
        assert placed.market_day_id == scene.friday_id
        message = session.scalars(select(Message)).one()
    assert message.kind == "order_rolled"
    assert message.figures["day_on"] == FRIDAY.isoformat()


@pytest.mark.parametrize(
    ("changes", "refusal", "field"),
    [
        ({"last_on": TUESDAY, "at": AFTER_CUT_OFF}, NoMarketDay, "last_on"),
        ({"first_on": FRIDAY, "last_on": TUESDAY}, WindowReversed, "last_on"),
        ({"least_fill_g": 20_001}, LeastFillTooLarge, "least_fill"),
        ({"limit_minor": 0}, LimitOutOfRange, "limit"),
        ({"crop_id": 999}, NotFound, "crop"),
        ({"payment_method": CARD}, CardEmpty, None),
    ],
)
def test_a_request_that_cannot_be_is_refused_at_its_field(
    database: Database,
    scene: Scene,
    changes: dict[str, object],
    refusal: type[NoMarketDay],
    field: str | None,
) -> None:
    with pytest.raises(refusal) as refused, database.transaction() as session:
        request(session, scene, **changes)
    assert refused.value.field == field
    with database.reading() as session:
        assert count(session, Order) == 0


def test_a_repeated_key_files_one_request(database: Database, scene: Scene) -> None:
    placed = set()
    for _ in range(2):
        with database.transaction() as session:
            placed.add(request(session, scene))
    assert len(placed) == 1


def test_changing_a_unit_never_changes_a_line(database: Database, scene: Scene) -> None:
    with database.transaction() as session:
        placed = request(session, scene, unit_code="jin", unit_grams=500)
        session.execute(update(CropUnit).values(grams=7))
    with database.reading() as session:
        kept = line(session, placed)
        assert (kept.unit_code, kept.unit_grams, kept.ordered_g) == ("jin", 500, 20_000)


def test_a_clearing_fills_some_requests_and_frees_the_others(
    database: Database, scene: Scene
) -> None:
    with database.transaction() as session:
        zhao = buyer(session, scene.market, "Zhao")
        fill_card(session, scene.market, zhao, 50_000)
        filled = request(session, scene)
        empty = request(session, scene, key="b", buyer_id=zhao, payment_method=CARD)
    close(database, scene)
    run_id = apply(database, scene, award(scene, filled.order_line_id, 15_000))
    with database.transaction() as session:
        # The same run again, as a retried job would.
        allocating.apply_allocations(
            session,
            clearing_run_id=run_id,
            market_day=day(session, scene.tuesday_id),
            allocations=awarded(award(scene, filled.order_line_id, 15_000)),
            at=LATER,
        )
    with database.reading() as session:
        assert line(session, filled).state is LineState.ALLOCATED
        assert line(session, filled).allocated_g == allocated_g(session, scene.lot_id) == 15_000
        assert line(session, empty).state is LineState.UNFILLED
        assert left_g(session, scene.lot_id) == 105_000
        assert on_card(session, scene, zhao) == 50_000
        kinds = sorted(session.scalars(select(Message.kind)))
        assert kinds == ["line_allocated", "line_unfilled"]
        assert_sound(session)


def test_a_clearing_of_a_market_that_changed_is_refused_whole(
    database: Database, scene: Scene
) -> None:
    with database.transaction() as session:
        placed = request(session, scene, quantity_g=200_000)
        gone = request(session, scene, key="gone")
        cancelling.cancel_line(
            session,
            order_line_id=gone.order_line_id,
            buyer_id=scene.market.zhou_id,
            at=LATER,
        )
    close(database, scene)
    for line_id, quantity_g in ((gone.order_line_id, 1), (placed.order_line_id, 120_001)):
        with pytest.raises(MarketChanged):
            apply(database, scene, award(scene, line_id, quantity_g))
    with database.reading() as session:
        assert count(session, Allocation) == 0
        assert line(session, placed).state is LineState.WAITING
        assert left_g(session, scene.lot_id) == 120_000


def test_undoing_a_clearing_lets_its_requests_wait_again(database: Database, scene: Scene) -> None:
    with database.transaction() as session:
        fill_card(session, scene.market, scene.market.zhou_id, 50_000)
        placed = request(session, scene, payment_method=CARD)
    close(database, scene)
    run_id = apply(database, scene, award(scene, placed.order_line_id, 15_000))
    with database.transaction() as session:
        allocating.undo_allocations(session, clearing_run_id=run_id, at=LATER)
    with database.reading() as session:
        assert line(session, placed).state is LineState.WAITING
        assert left_g(session, scene.lot_id) == 120_000
        assert on_card(session, scene, scene.market.zhou_id) < 50_000
    apply(database, scene, award(scene, placed.order_line_id, 20_000), attempt=2)
    with database.reading() as session:
        assert line(session, placed).allocated_g == allocated_g(session, scene.lot_id) == 20_000
        assert_sound(session)


def test_a_cancelled_day_gives_everything_back_and_doing_it_twice_changes_nothing(
    database: Database, scene: Scene
) -> None:
    with database.transaction() as session:
        fill_card(session, scene.market, scene.market.zhou_id, 50_000)
        direct(session, scene, payment_method=CARD)
        asked = request(session, scene, payment_method=CARD)
        request(session, scene, key="empty", payment_method=CARD)
    close(database, scene)
    apply(database, scene, award(scene, asked.order_line_id, 15_000))
    found = []
    for _ in range(2):
        with database.transaction() as session:
            found.append(
                allocating.release_allocations(session, market_day_id=scene.tuesday_id, at=LATER)
            )
    assert found == [2, 0]
    with database.reading() as session:
        assert left_g(session, scene.lot_id) == 120_000
        assert allocated_g(session, scene.lot_id) == 0
        assert on_card(session, scene, scene.market.zhou_id) == 50_000
        assert_sound(session)


def test_cancelling_a_line_gives_back_stock_and_hold_and_is_safe_twice(
    database: Database, scene: Scene
) -> None:
    with database.transaction() as session:
        fill_card(session, scene.market, scene.market.zhou_id, 50_000)
        first = direct(session, scene, payment_method=CARD)
        second = direct(session, scene, key="b", payment_method=CARD)
    for _ in range(2):
        with database.transaction() as session:
            cancelling.cancel_line(
                session,
                order_line_id=first.order_line_id,
                buyer_id=scene.market.zhou_id,
                at=LATER,
            )
    with database.reading() as session:
        assert line(session, first).state is LineState.CANCELLED
        assert line(session, second).state is LineState.ALLOCATED
        assert left_g(session, scene.lot_id) == 110_000
        assert session.get_one(Order, first.order_id).cancelled_at is None
        assert count(session, Hold) == 2
        assert_sound(session)


def test_a_cancelled_order_is_not_joined_again(database: Database, scene: Scene) -> None:
    with database.transaction() as session:
        first = direct(session, scene)
        request(session, scene)
    for _ in range(2):
        with database.transaction() as session:
            cancelling.cancel_order(
                session, order_id=first.order_id, buyer_id=scene.market.zhou_id, at=LATER
            )
    with database.transaction() as session:
        assert left_g(session, scene.lot_id) == 120_000
        assert direct(session, scene, key="again").order_id != first.order_id


def test_nobody_cancels_for_another_buyer_or_after_the_cut_off(
    database: Database, scene: Scene
) -> None:
    with database.transaction() as session:
        placed = direct(session, scene)
        zhao = buyer(session, scene.market, "Zhao")
    with pytest.raises(NotFound), database.transaction() as session:
        cancelling.cancel_line(session, order_line_id=placed.order_line_id, buyer_id=zhao, at=LATER)
    with pytest.raises(NotFound), database.transaction() as session:
        cancelling.cancel_order(session, order_id=placed.order_id, buyer_id=zhao, at=LATER)
    mine = {"buyer_id": scene.market.zhou_id, "at": AFTER_CUT_OFF}
    with pytest.raises(TooLateToCancel), database.transaction() as session:
        cancelling.cancel_line(session, order_line_id=placed.order_line_id, **mine)
    with pytest.raises(TooLateToCancel), database.transaction() as session:
        cancelling.cancel_order(session, order_id=placed.order_id, **mine)
    with database.reading() as session:
        assert left_g(session, scene.lot_id) == 110_000


def test_queued_orders_are_tried_first_come_first_served(database: Database, scene: Scene) -> None:
    close(database, scene)
    with database.transaction() as session:
        zhao = buyer(session, scene.market, "Zhao")
        fill_card(session, scene.market, zhao, 100_000)
        late = direct(
            session,
            scene,
            key="late",
            buyer_id=zhao,
            quantity_g=30_000,
            payment_method=CARD,
            at=LATER + timedelta(minutes=1),
        )
        early = direct(session, scene, quantity_g=100_000)
        assert (
            queueing.try_queued(session, market_day_id=scene.tuesday_id, at=LATER).allocated == ()
        )
        stock.thaw_day(session, market_day_id=scene.tuesday_id)
        tried = queueing.try_queued(session, market_day_id=scene.tuesday_id, at=LATER)
    assert tried == queueing.Tried((early.order_line_id,), (late.order_line_id,))
    with database.reading() as session:
        assert line(session, early).allocated_g == allocated_g(session, scene.lot_id) == 100_000
        assert line(session, late).state is LineState.UNFILLED
        assert on_card(session, scene, zhao) == 100_000
        price = session.scalars(select(Allocation.buyer_price_minor)).one()
        assert price == line(session, early).limit_minor
        assert_sound(session)


def test_a_queued_order_of_a_withdrawn_lot_is_unfilled(database: Database, scene: Scene) -> None:
    close(database, scene)
    with database.transaction() as session:
        placed = direct(session, scene)
        session.execute(update(Lot).values(withdrawn_at=LATER))
        stock.thaw_day(session, market_day_id=scene.tuesday_id)
        queueing.try_queued(session, market_day_id=scene.tuesday_id, at=LATER)
        assert line(session, placed).state is LineState.UNFILLED


def test_a_queued_order_can_be_cancelled_until_it_is_tried(
    database: Database, scene: Scene
) -> None:
    close(database, scene)
    with database.transaction() as session:
        placed = direct(session, scene)
        cancelling.cancel_line(
            session,
            order_line_id=placed.order_line_id,
            buyer_id=scene.market.zhou_id,
            at=AFTER_CUT_OFF,
        )
        assert line(session, placed).state is LineState.CANCELLED
        assert left_g(session, scene.lot_id) == 120_000


def test_a_short_weight_shortens_what_a_line_can_expect(database: Database, scene: Scene) -> None:
    with database.transaction() as session:
        placed = direct(session, scene)
        line_id = placed.order_line_id
        assert allocating.line_shortfall(session, order_line_id=line_id) == 0
        session.execute(update(Allocation).values(accepted_g=7_000))
        assert allocating.expected_g(session, order_line_id=line_id) == 7_000
        assert allocating.line_shortfall(session, order_line_id=line_id) == 3_000
        for _ in range(2):
            short = allocating.tell_shortfalls(session, market_day_id=scene.tuesday_id, at=LATER)
            assert short == [line_id]
        message = session.scalars(select(Message)).one()
        assert message.figures["crop"] == "potato"
        assert (message.figures["expected_g"], message.figures["allocated_g"]) == (7_000, 10_000)


def test_two_cooperatives_do_not_meet(database: Database, scene: Scene) -> None:
    other = make_scene(database, slug="other")
    with pytest.raises(NotFound), database.transaction() as session:
        request(session, scene, crop_id=other.market.potato_id)
