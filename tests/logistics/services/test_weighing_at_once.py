"""Two phones at one scale: whatever comes at once leaves one reading that holds."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select

from app.kernel.database import Database
from app.models import Allocation, Stop, Weighing, WeighingOutcome
from logistics.services import weighing, weights
from tests.logistics.valley import AT, build

PHONES = 4


def _together(database: Database, keys: list[str], weights_g: list[int]) -> int:
    """Weigh one lot from several threads that start together; return its market day."""
    with database.transaction() as session:
        valley = build(session)
        lot = valley.offer("Wu Mei", "Longfeng", 100_000, 30_000, 30_000)
        valley.plan()
        stop_id = session.scalars(select(Stop.id)).one()
    start = threading.Barrier(len(keys))

    def weigh(key: str, gross_g: int) -> None:
        start.wait()
        with database.transaction() as session:
            weighing.weigh_in(
                session,
                stop_id=stop_id,
                lot_id=lot.id,
                outcome=WeighingOutcome.LOADED,
                gross_g=gross_g,
                person_id=valley.driver.id,
                key=key,
                at=AT,
            )

    with ThreadPoolExecutor(len(keys)) as threads:
        list(threads.map(weigh, keys, weights_g))
    return valley.day.id


def test_one_key_from_four_phones_leaves_one_row(database: Database) -> None:
    _together(database, ["same"] * PHONES, [60_000] * PHONES)
    with database.reading() as session:
        assert session.scalar(select(func.count(Weighing.id))) == 1


def test_four_keys_make_a_chain_whose_last_reading_holds(database: Database) -> None:
    keys = [f"phone-{number}" for number in range(PHONES)]
    brought_g = [10_000, 20_000, 30_000, 40_000]
    day_id = _together(database, keys, brought_g)
    with database.reading() as session:
        rows = session.scalars(select(Weighing).order_by(Weighing.id)).all()
        (row,) = weights.weights(session, market_day_id=day_id)
        accepted_g = session.scalars(select(Allocation.accepted_g)).all()
    assert [reading.counters_id for reading in rows] == [None, *(r.id for r in rows[:-1])]
    assert row.received_g == rows[-1].net_g == sum(part or 0 for part in accepted_g)
