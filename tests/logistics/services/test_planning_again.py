"""Whatever changes between two plans, every gram is on one run or named as unplanned."""

from __future__ import annotations

import uuid

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.kernel.database import Database
from app.models import Run, Stop, StopLot, UnplannedStop
from logistics.services import batching
from tests.logistics.valley import PLACES, build

VILLAGES = [*PLACES, "Lost village"]
harvests = st.lists(
    st.tuples(st.sampled_from(VILLAGES), st.integers(1, 900_000)), min_size=0, max_size=5
)
trucks = st.lists(st.integers(50_000, 1_500_000), max_size=3)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(first=harvests, later=harvests, capacities=trucks)
def test_every_gram_of_a_second_plan_is_named(
    database: Database,
    first: list[tuple[str, int]],
    later: list[tuple[str, int]],
    capacities: list[int],
) -> None:
    with database.transaction() as session:
        valley = build(session, slug=uuid.uuid4().hex[:12])
        for number, capacity_g in enumerate(capacities, start=2):
            valley.vehicle(f"Truck {number}", capacity_g=capacity_g)
        for village, quantity_g in first:
            valley.offer(f"Farmer of {village}", village, quantity_g, quantity_g)
        valley.plan()
        for village, quantity_g in later:
            valley.offer(f"Farmer of {village}", village, quantity_g, quantity_g)
        plan_id = valley.plan()
        runs = select(Run.id).where(Run.plan_id == plan_id)
        loaded = dict(
            session.execute(
                select(StopLot.lot_id, func.sum(StopLot.quantity_g))
                .join(Stop, Stop.id == StopLot.stop_id)
                .where(Stop.run_id.in_(runs))
                .group_by(StopLot.lot_id)
            ).all()
        )
        left_g = session.scalar(
            select(func.sum(UnplannedStop.quantity_g)).where(UnplannedStop.plan_id == plan_id)
        )
        wanted = {
            lot.lot_id: lot.quantity_g
            for batch in batching.batches(session, market_day_id=valley.day.id)
            for lot in batch.lots
        }
        stops = session.scalars(select(Stop).where(Stop.run_id.in_(runs))).all()
    assert sum(loaded.values()) + (left_g or 0) == sum(wanted.values())
    assert all(loaded[lot_id] <= wanted[lot_id] for lot_id in loaded)
    assert sum(stop.load_g for stop in stops) == sum(loaded.values())
