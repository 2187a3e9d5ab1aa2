"""Holds that expire: the money and the goods go back, and the farmer keeps what is owed."""

from datetime import timedelta

from sqlalchemy import select, update

from app.kernel.database import Database
from app.models import (
    Allocation,
    Hold,
    LineState,
    Message,
    Order,
    OrderLine,
    PaymentMethod,
)
from app.orders import expiring
from app.orders.drafts import Placed
from tests.orders.trading import (
    LATER,
    Scene,
    assert_sound,
    direct,
    fill_card,
    left_g,
    line,
    make_scene,
    on_card,
    request,
)

LONG_AFTER = LATER + timedelta(days=60)


def by_card(database: Database, kind: str = "direct") -> tuple[Scene, Placed]:
    scene = make_scene(database)
    with database.transaction() as session:
        fill_card(session, scene.market, scene.market.zhou_id, 50_000)
        place = direct if kind == "direct" else request
        placed = place(session, scene, payment_method=PaymentMethod.CARD)
    return scene, placed


def expire(database: Database, at=LONG_AFTER) -> int:  # type: ignore[no-untyped-def]
    with database.transaction() as session:
        return expiring.end_expired(session, at=at)


def test_a_hold_that_expired_gives_money_and_goods_back_and_tells_the_buyer(
    database: Database,
) -> None:
    scene, placed = by_card(database)
    assert expire(database) == 1
    with database.reading() as session:
        assert line(session, placed).state is LineState.CANCELLED
        assert on_card(session, scene, scene.market.zhou_id) == 50_000
        assert left_g(session, scene.lot_id) == 120_000
        order = session.scalars(select(Order)).one()
        assert order.cancelled_at == LONG_AFTER
        told = session.scalars(select(Message.kind).where(Message.kind == "hold_expired")).all()
        assert told == ["hold_expired"]
        assert_sound(session)
    assert expire(database) == 0


def test_a_request_that_nobody_matched_is_cancelled_with_its_hold(database: Database) -> None:
    scene, placed = by_card(database, "request")
    assert expire(database) == 1
    with database.reading() as session:
        assert line(session, placed).state is LineState.CANCELLED
        assert on_card(session, scene, scene.market.zhou_id) == 50_000
        assert_sound(session)


def test_a_hold_is_left_alone_until_its_last_moment(database: Database) -> None:
    scene, placed = by_card(database)
    with database.reading() as session:
        ends_at = session.scalars(select(Hold.expires_at)).one()
    assert expire(database, ends_at - timedelta(seconds=1)) == 0
    with database.reading() as session:
        assert line(session, placed).state is LineState.ALLOCATED
        assert on_card(session, scene, scene.market.zhou_id) < 50_000
    assert expire(database, ends_at) == 1


def test_goods_that_the_village_gave_stay_owed_when_their_hold_expires(database: Database) -> None:
    scene, placed = by_card(database)
    with database.transaction() as session:
        session.execute(update(Allocation).values(accepted_g=Allocation.quantity_g))
    assert expire(database) == 1
    with database.reading() as session:
        ended = line(session, placed)
        assert (ended.state, ended.billed_g, ended.billed_minor) == (LineState.UNCOLLECTED, 0, 0)
        assert session.scalars(select(Allocation.released_at)).one() is None
        assert left_g(session, scene.lot_id) == 110_000
        assert on_card(session, scene, scene.market.zhou_id) == 50_000
        assert_sound(session)


def test_a_line_that_was_cancelled_before_is_not_touched_again(database: Database) -> None:
    scene, placed = by_card(database)
    with database.transaction() as session:
        session.execute(
            update(OrderLine)
            .where(OrderLine.id == placed.order_line_id)
            .values(state=LineState.REFUSED)
        )
    assert expire(database) == 1
    with database.reading() as session:
        assert line(session, placed).state is LineState.REFUSED
        assert on_card(session, scene, scene.market.zhou_id) == 50_000
        assert session.scalars(select(Message.id).where(Message.kind == "hold_expired")).all() == []
