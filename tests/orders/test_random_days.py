"""Random market days: whatever buyers do, in any order, every kilogram and cent is somewhere."""

from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import stock
from app.kernel.database import Database
from app.kernel.errors import Refusal
from app.models import MarketDay, Order, OrderLine, PaymentMethod
from app.orders import cancelling, queueing
from app.orders.funds import OPEN_STATES
from tests.orders.trading import (
    LATER,
    Scene,
    allocated_g,
    assert_sound,
    buyer,
    count,
    direct,
    fill_card,
    left_g,
    make_scene,
    request,
)

OFFERED_G = 120_000

ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["order", "order", "request", "cancel", "cancel all", "freeze", "thaw"]),
        st.integers(0, 2),
        st.integers(1, 70_000),
        st.sampled_from([PaymentMethod.CARD, PaymentMethod.CASH]),
    ),
    min_size=1,
    max_size=12,
)


def act(
    session: Session,
    scene: Scene,
    buyers: Sequence[int],
    number: int,
    action: tuple[str, int, int, PaymentMethod],
) -> None:
    name, who, quantity_g, method = action
    buyer_id, key = buyers[who], f"{scene.lot_id}-{number}"
    asked: dict[str, object] = {
        "buyer_id": buyer_id,
        "quantity_g": quantity_g,
        "payment_method": method,
    }
    if name == "order":
        direct(session, scene, key=key, **asked)
    elif name == "request":
        request(session, scene, key=key, **asked)
    elif name == "freeze":
        stock.freeze_day(session, market_day_id=scene.tuesday_id)
    elif name == "thaw":
        stock.thaw_day(session, market_day_id=scene.tuesday_id)
        queueing.try_queued(session, market_day_id=scene.tuesday_id, at=LATER)
    else:
        line = session.scalars(
            select(OrderLine)
            .join(Order, Order.id == OrderLine.order_id)
            .where(Order.buyer_id == buyer_id)
            .order_by(OrderLine.id.desc())
        ).first()
        if line is not None and name == "cancel":
            cancelling.cancel_line(session, order_line_id=line.id, buyer_id=buyer_id, at=LATER)
        elif line is not None:
            cancelling.cancel_order(session, order_id=line.order_id, buyer_id=buyer_id, at=LATER)


def assert_nothing_is_lost(session: Session, scene: Scene, buyers: Sequence[int]) -> None:
    assert left_g(session, scene.lot_id) + allocated_g(session, scene.lot_id) == OFFERED_G
    lines = session.scalars(
        select(OrderLine)
        .join(Order, Order.id == OrderLine.order_id)
        .where(Order.buyer_id.in_(buyers))
    ).all()
    assert sum(line.allocated_g for line in lines) == allocated_g(session, scene.lot_id)
    assert all(line.state in OPEN_STATES for line in lines if line.allocated_g)
    # One open order per buyer, pickup point and market day.
    live = session.execute(
        select(Order.buyer_id, Order.pickup_point_id, Order.market_day_id).where(
            Order.buyer_id.in_(buyers), Order.cancelled_at.is_(None)
        )
    ).all()
    assert len(live) == len(set(live))
    assert_sound(session)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=ACTIONS)
def test_every_kilogram_and_cent_stays_accounted_for(
    database: Database, actions: list[tuple[str, int, int, PaymentMethod]]
) -> None:
    with database.reading() as session:
        slug = f"day-{count(session, MarketDay)}"
    scene = make_scene(database, slug=slug)
    with database.transaction() as session:
        buyers = [buyer(session, scene.market, f"B{number}") for number in range(3)]
        for buyer_id in buyers[:2]:
            fill_card(session, scene.market, buyer_id, 30_000)
    for number, action in enumerate(actions):
        try:
            with database.transaction() as session:
                act(session, scene, buyers, number, action)
        except Refusal:
            continue
        finally:
            with database.reading() as session:
                assert_nothing_is_lost(session, scene, buyers)
