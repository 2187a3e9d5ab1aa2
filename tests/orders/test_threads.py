"""Many buyers at once: no kilogram is sold twice, and the ledger stays sound.

The last test is the negative control: with reading and writing in two steps the same
crowd does oversell, so the crowd is a real one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from app import stock
from app.kernel.database import Database
from app.kernel.errors import Refusal
from app.models import LotStock, OrderLine, PaymentMethod
from tests.market import listed
from tests.orders.trading import (
    Scene,
    allocated_g,
    assert_sound,
    buyer,
    count,
    direct,
    fill_card,
    left_g,
)

BUYERS = 16
EACH = 3
LOT_G = 120_000


def crowd(database: Database, scene: Scene) -> list[int]:
    with database.transaction() as session:
        found = [buyer(session, scene.market, f"Buyer {number}") for number in range(BUYERS)]
        for buyer_id in found:
            fill_card(session, scene.market, buyer_id, 100_000)
    return found


def all_at_once(calls: list[Callable[[], None]]) -> None:
    """Run calls in threads of their own that start together."""
    ready = threading.Barrier(len(calls))

    def run(call: Callable[[], None]) -> None:
        ready.wait()
        call()

    with ThreadPoolExecutor(len(calls)) as pool:
        for done in [pool.submit(run, call) for call in calls]:
            done.result()


def shopper(
    database: Database, scene: Scene, buyer_id: int, lots: list[int], quantity_g: int
) -> Callable[[], None]:
    def shop() -> None:
        for number in range(EACH):
            try:
                with database.transaction() as session:
                    direct(
                        session,
                        scene,
                        key=f"{buyer_id}-{number}",
                        buyer_id=buyer_id,
                        lot_id=lots[(buyer_id + number) % len(lots)],
                        quantity_g=quantity_g,
                        payment_method=PaymentMethod.CARD,
                    )
            except Refusal:
                continue

    return shop


def test_a_hot_lot_is_sold_out_and_never_oversold(database: Database, scene: Scene) -> None:
    # 48 tries of 5 kg meet 120 kg: exactly half of them can succeed.
    shoppers = [
        shopper(database, scene, buyer_id, [scene.lot_id], 5_000)
        for buyer_id in crowd(database, scene)
    ]
    all_at_once(shoppers)
    with database.reading() as session:
        assert left_g(session, scene.lot_id) == 0
        assert allocated_g(session, scene.lot_id) == LOT_G
        assert count(session, OrderLine) == LOT_G // 5_000
        assert_sound(session)


def test_spread_lots_are_never_oversold(database: Database, scene: Scene) -> None:
    with database.transaction() as session:
        lots = [scene.lot_id] + [
            listed(session, scene.market, key=f"lot {number}", quantity_g=7_000).id
            for number in range(7)
        ]
    all_at_once(
        [shopper(database, scene, buyer_id, lots, 3_000) for buyer_id in crowd(database, scene)]
    )
    with database.reading() as session:
        for number, lot_id in enumerate(lots):
            offered = 7_000 if number else LOT_G
            assert left_g(session, lot_id) + allocated_g(session, lot_id) == offered
        assert_sound(session)


def test_one_key_from_many_threads_leaves_one_order(database: Database, scene: Scene) -> None:
    def click() -> None:
        with database.transaction() as session:
            direct(session, scene)

    all_at_once([click] * 8)
    with database.reading() as session:
        assert count(session, OrderLine) == 1
        assert left_g(session, scene.lot_id) == LOT_G - 10_000


def test_one_buyer_in_many_threads_opens_one_order(database: Database, scene: Scene) -> None:
    orders: list[int] = []

    def click(number: int) -> Callable[[], None]:
        def order() -> None:
            with database.transaction() as session:
                placed = direct(session, scene, key=f"order-{number}")
            orders.append(placed.order_id)

        return order

    all_at_once([click(number) for number in range(8)])
    assert len(orders) == 8
    assert len(set(orders)) == 1


def test_reading_and_writing_in_two_steps_would_oversell(
    database: Database, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_have_read = threading.Barrier(2)
    seen = threading.local()

    def write_what_was_read(
        session: Session, *, lot_id: int, quantity_g: int, while_frozen: bool = False
    ) -> None:
        if seen.left_g < quantity_g:
            raise stock.NotEnoughLeft(field="quantity", left_g=seen.left_g)
        session.execute(
            update(LotStock)
            .where(LotStock.lot_id == lot_id)
            .values(available_g=seen.left_g - quantity_g)
        )

    def racing(buyer_id: int) -> Callable[[], None]:
        def order() -> None:
            # Read outside of the transaction, because SQLite lets one writer in at a time.
            with database.reading() as session:
                seen.left_g = left_g(session, scene.lot_id)
            both_have_read.wait(timeout=20)
            with database.transaction() as session:
                direct(session, scene, buyer_id=buyer_id, quantity_g=100_000)

        return order

    monkeypatch.setattr(stock, "take", write_what_was_read)
    all_at_once([racing(buyer_id) for buyer_id in crowd(database, scene)[:2]])
    with database.reading() as session:
        assert allocated_g(session, scene.lot_id) == 200_000 > LOT_G
