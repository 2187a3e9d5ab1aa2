"""The counter: code, weight, bill, and a till that adds up."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from app.kernel.database import Database
from app.kernel.errors import NotFound
from app.kernel.money import line_amount_minor
from app.ledger import entries
from app.ledger.sales import AlreadyPaid
from app.models import (
    AccountKind,
    Allocation,
    BuyerTerms,
    Entry,
    LineState,
    MarketDay,
    MarketDayState,
    Order,
    Payment,
    PaymentMethod,
    PaymentState,
)
from app.orders import codes, handing_over, payments, tills
from app.orders.drafts import Placed
from app.orders.handing_over import (
    HandedOver,
    HandedOverBefore,
    NothingToHandOver,
    NotReady,
    WeightMissing,
    WrongShop,
)
from app.orders.tills import ShiftOpen
from tests.orders.trading import (
    AFTER_CUT_OFF,
    LATER,
    Scene,
    assert_sound,
    count,
    direct,
    fill_card,
    line,
    make_scene,
    on_card,
    request,
)

COUNTER = AFTER_CUT_OFF + timedelta(days=1)


def deliver(database: Database, scene: Scene, **changes: object) -> Placed:
    with database.transaction() as session:
        placed = direct(session, scene, **changes)
        set_day(database, scene, MarketDayState.COLLECTED, session=session)
    return placed


def set_day(database: Database, scene: Scene, state: MarketDayState, *, session: object) -> None:
    session.execute(  # type: ignore[attr-defined]
        update(MarketDay).where(MarketDay.id == scene.tuesday_id).values(state=state)
    )


def hand(database: Database, scene: Scene, placed: Placed, **changes: object) -> HandedOver:
    values: dict[str, object] = {
        "outcome": LineState.COLLECTED,
        "received_g": 10_000,
        "shop_id": scene.market.shop_id,
        "person_id": scene.market.wu_id,
        "key": "hand-over",
        "at": COUNTER,
    }
    with database.transaction() as session:
        return handing_over.hand_over(
            session,
            order_line_id=placed.order_line_id,
            **(values | changes),  # type: ignore[arg-type]
        )


def correct(database: Database, scene: Scene, placed: Placed, **changes: object) -> HandedOver:
    values: dict[str, object] = {
        "outcome": LineState.COLLECTED,
        "received_g": 9_000,
        "shop_id": scene.market.shop_id,
        "person_id": scene.market.wu_id,
        "key": "correction",
        "at": COUNTER,
        "reason": "read the scale wrong",
    }
    with database.transaction() as session:
        return handing_over.correct_hand_over(
            session,
            order_line_id=placed.order_line_id,
            **(values | changes),  # type: ignore[arg-type]
        )


def cash(database: Database, scene: Scene) -> int:
    with database.reading() as session:
        return -entries.balance_of(
            session, cooperative_id=scene.market.cooperative_id, kind=AccountKind.CASH
        )


@pytest.mark.parametrize(
    ("received_g", "billed_g"),
    [(9_500, 9_500), (10_000, 10_000), (10_900, 10_900), (12_000, 11_000)],
)
def test_the_buyer_is_billed_what_was_received_up_to_the_ceiling(
    database: Database, scene: Scene, received_g: int, billed_g: int
) -> None:
    placed = deliver(database, scene)
    done = hand(database, scene, placed, received_g=received_g)
    with database.reading() as session:
        kept = line(session, placed)
        assert (done.billed_g, kept.billed_g) == (billed_g, billed_g)
        assert done.billed_minor == kept.billed_minor
        assert kept.billed_minor == line_amount_minor(billed_g, kept.limit_minor)
        assert kept.state is LineState.COLLECTED
        assert_sound(session)
    assert cash(database, scene) == done.billed_minor


def test_a_repeated_hand_over_is_billed_once(database: Database, scene: Scene) -> None:
    placed = deliver(database, scene)
    done = {hand(database, scene, placed) for _ in range(3)}
    done.add(hand(database, scene, placed, key="second click"))
    with database.reading() as session:
        assert len(done) == count(session, Payment) == 1


def test_another_weight_needs_a_correction(database: Database, scene: Scene) -> None:
    placed = deliver(database, scene)
    hand(database, scene, placed)
    with pytest.raises(HandedOverBefore):
        hand(database, scene, placed, key="again", received_g=9_000)


def test_a_card_pays_what_was_received_and_keeps_the_rest(database: Database, scene: Scene) -> None:
    with database.transaction() as session:
        fill_card(session, scene.market, scene.market.zhou_id, 20_000)
    placed = deliver(database, scene, payment_method=PaymentMethod.CARD)
    done = hand(database, scene, placed, received_g=9_500)
    with database.reading() as session:
        assert on_card(session, scene, scene.market.zhou_id) == 20_000 - done.billed_minor
        assert_sound(session)


@pytest.mark.parametrize("outcome", [LineState.REFUSED, LineState.UNCOLLECTED])
@pytest.mark.parametrize("method", [PaymentMethod.CARD, PaymentMethod.CASH])
def test_what_is_not_collected_costs_nothing(
    database: Database, scene: Scene, outcome: LineState, method: PaymentMethod
) -> None:
    with database.transaction() as session:
        fill_card(session, scene.market, scene.market.zhou_id, 20_000)
    placed = deliver(database, scene, payment_method=method)
    done = hand(database, scene, placed, outcome=outcome, received_g=0)
    assert (done.billed_g, done.billed_minor) == (0, 0)
    with database.reading() as session:
        assert line(session, placed).state is outcome
        assert on_card(session, scene, scene.market.zhou_id) == 20_000
        assert_sound(session)


def test_another_shop_is_told_where_the_order_is(database: Database, scene: Scene) -> None:
    placed = deliver(database, scene)
    other = make_scene(database, slug="other").market
    with pytest.raises(WrongShop) as refusal:
        hand(database, scene, placed, shop_id=other.shop_id)
    assert refusal.value.figures == {"point": "Wu's Corner"}
    with database.reading() as session:
        assert line(session, placed).billed_minor is None


def test_what_is_not_there_is_not_handed_over(database: Database, scene: Scene) -> None:
    with database.transaction() as session:
        placed = direct(session, scene)
        waiting = request(session, scene)
    with pytest.raises(NotReady):
        hand(database, scene, placed)
    with database.transaction() as session:
        set_day(database, scene, MarketDayState.COLLECTED, session=session)
    with pytest.raises(NothingToHandOver):
        hand(database, scene, waiting)
    with pytest.raises(WeightMissing):
        hand(database, scene, placed, received_g=0)
    with pytest.raises(NotFound):
        hand(database, scene, Placed(1, 999, 1, LineState.ALLOCATED))


@pytest.mark.parametrize("method", list(PaymentMethod))
def test_a_correction_posts_the_difference_and_keeps_the_first_entries(
    database: Database, scene: Scene, method: PaymentMethod
) -> None:
    with database.transaction() as session:
        fill_card(session, scene.market, scene.market.zhou_id, 20_000)
        session.add(
            BuyerTerms(
                person_id=scene.market.zhou_id,
                cooperative_id=scene.market.cooperative_id,
                account_limit_minor=100_000,
            )
        )
    placed = deliver(database, scene, payment_method=method)
    hand(database, scene, placed)
    with database.reading() as session:
        before = set(session.scalars(select(Entry.key)))
    done = {correct(database, scene, placed) for _ in range(2)}
    done.add(correct(database, scene, placed, key="up", received_g=10_500))
    done.add(correct(database, scene, placed, key="none", outcome=LineState.REFUSED, received_g=0))
    assert len(done) == 3
    last = correct(database, scene, placed, key="last", received_g=10_500)
    with database.reading() as session:
        assert before < set(session.scalars(select(Entry.key)))
        payment = session.scalars(select(Payment)).one()
        assert payment.amount_minor == line(session, placed).billed_minor == last.billed_minor
        trade = entries.balance_of(
            session, cooperative_id=scene.market.cooperative_id, kind=AccountKind.TRADE
        )
        assert trade == last.billed_minor
        assert_sound(session)


def test_a_paid_transfer_is_not_corrected_behind_the_bank(database: Database, scene: Scene) -> None:
    placed = deliver(database, scene, payment_method=PaymentMethod.TRANSFER)
    hand(database, scene, placed)
    with database.transaction() as session:
        (due,) = payments.due_payments(session, cooperative_id=scene.market.cooperative_id)
        assert due.buyer == "Zhou Min"
        for _ in range(2):
            payments.confirm(
                session,
                payment_id=due.payment_id,
                cooperative_id=scene.market.cooperative_id,
                person_id=scene.market.luo_id,
                at=COUNTER,
            )
        assert payments.due_payments(session, cooperative_id=scene.market.cooperative_id) == []
    with pytest.raises(AlreadyPaid):
        correct(database, scene, placed)
    with database.reading() as session:
        assert session.scalars(select(Payment.state)).one() is PaymentState.CONFIRMED
        assert_sound(session)


def test_the_weights_of_the_villages_decide_the_mean_price(
    database: Database, scene: Scene
) -> None:
    placed = deliver(database, scene)
    with database.transaction() as session:
        first = session.scalars(select(Allocation)).one()
        first.quantity_g, first.accepted_g = 6_000, 0
        session.add(
            Allocation(
                cooperative_id=first.cooperative_id,
                market_day_id=first.market_day_id,
                lot_id=first.lot_id,
                order_line_id=first.order_line_id,
                quantity_g=4_000,
                accepted_g=4_000,
                buyer_price_minor=100,
                farmer_price_minor=100,
                freight_minor=0,
                fee_minor=0,
                made_at=LATER,
            )
        )
    assert hand(database, scene, placed, received_g=4_000).billed_minor == 400


def test_an_order_is_found_by_its_code_as_typed(database: Database, scene: Scene) -> None:
    placed = deliver(database, scene)
    other = make_scene(database, slug="other").market
    with database.reading() as session:
        code = session.scalars(select(Order.code)).one()
        points = [scene.market.pickup_point_id]
        typed = f"{code[:3]}-{code[3:]}".lower()
        found = codes.find_by_code(session, pickup_point_ids=points, code=typed)
        assert found == placed.order_id
        with pytest.raises(NotFound):
            codes.find_by_code(session, pickup_point_ids=points, code="AAAAAA")
        with pytest.raises(NotFound):
            codes.find_by_code(session, pickup_point_ids=[other.pickup_point_id], code=code)


def test_a_till_is_counted_against_the_ledger(database: Database, scene: Scene) -> None:
    shop_id = scene.market.shop_id
    with database.transaction() as session:
        opened = [
            tills.open_shift(
                session,
                shop_id=shop_id,
                person_id=scene.market.wu_id,
                float_minor=5_000,
                key="morning",
                at=COUNTER,
            )
            for _ in range(2)
        ]
    assert len(set(opened)) == 1
    with pytest.raises(ShiftOpen), database.transaction() as session:
        tills.open_shift(
            session,
            shop_id=shop_id,
            person_id=scene.market.wu_id,
            float_minor=0,
            key="noon",
            at=COUNTER,
        )
    taken = hand(database, scene, deliver(database, scene)).billed_minor
    counts = set()
    for _ in range(2):
        with database.transaction() as session:
            counts.add(
                tills.count_shift(
                    session,
                    shift_id=opened[0],
                    shop_id=shop_id,
                    counted_minor=5_000 + taken - 30,
                    at=COUNTER + timedelta(hours=8),
                )
            )
    (found,) = counts
    assert (found.expected_minor, found.difference_minor) == (5_000 + taken, -30)
    assert cash(database, scene) == taken - 30
    with database.reading() as session:
        losses = entries.balance_of(
            session, cooperative_id=scene.market.cooperative_id, kind=AccountKind.LOSSES
        )
        assert losses == -30
        assert tills.current_shift(session, shop_id=shop_id) is None
        assert [shift.id for shift in tills.last_counts(session, shop_id=shop_id)] == opened[:1]
        assert_sound(session)


def test_a_till_of_another_shop_is_not_counted(database: Database, scene: Scene) -> None:
    with pytest.raises(NotFound), database.transaction() as session:
        tills.count_shift(
            session, shift_id=1, shop_id=scene.market.shop_id, counted_minor=0, at=COUNTER
        )


def test_a_card_is_topped_up_once_and_only_for_buyers(database: Database, scene: Scene) -> None:
    def top_up(person_id: int, shop_id: int | None) -> int:
        with database.transaction() as session:
            return payments.top_up_card(
                session,
                cooperative_id=scene.market.cooperative_id,
                buyer_id=person_id,
                amount_minor=4_000,
                shop_id=shop_id,
                key=f"top-up-{shop_id}",
                at=LATER,
            )

    assert top_up(scene.market.zhou_id, None) == top_up(scene.market.zhou_id, None)
    top_up(scene.market.zhou_id, scene.market.shop_id)
    with pytest.raises(NotFound):
        top_up(scene.market.tan_id, None)
    with database.reading() as session:
        assert on_card(session, scene, scene.market.zhou_id) == 8_000
        assert_sound(session)
    assert cash(database, scene) == 4_000


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(received_g=st.integers(1, 30_000), ordered_g=st.integers(1, 20_000))
def test_no_bill_is_above_what_was_held(
    database: Database, received_g: int, ordered_g: int
) -> None:
    with database.reading() as session:
        slug = f"held-{count(session, MarketDay)}"
    scene = make_scene(database, slug=slug)
    with database.transaction() as session:
        fill_card(session, scene.market, scene.market.zhou_id, 1_000_000)
    placed = deliver(database, scene, payment_method=PaymentMethod.CARD, quantity_g=ordered_g)
    done = hand(database, scene, placed, received_g=received_g, key=slug)
    with database.reading() as session:
        left = on_card(session, scene, scene.market.zhou_id)
        assert left == 1_000_000 - done.billed_minor
        assert done.billed_g <= line(session, placed).ceiling_g
        assert_sound(session)
