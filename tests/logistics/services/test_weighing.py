"""What scales showed, what is accepted of it, and that every gram is accounted for."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.kernel.database import Database
from app.models import (
    Allocation,
    Lot,
    MarketDayState,
    Message,
    Run,
    Stop,
    Weighing,
    WeighingOutcome,
)
from logistics.services import hub_weighing, weighing, weights
from tests.logistics.valley import AT, Valley, build

LOADED, SHORT = WeighingOutcome.LOADED, WeighingOutcome.SHORT


@dataclass
class Scales:
    """The scales of a valley whose plan is published."""

    valley: Valley

    def village(
        self,
        lot: Lot,
        gross_g: int,
        *,
        key: str,
        outcome: WeighingOutcome = LOADED,
        tare_g: int = 0,
        reason: str = "",
    ) -> Weighing:
        return weighing.weigh_in(
            self.valley.session,
            stop_id=self.stop_of(lot).id,
            lot_id=lot.id,
            outcome=outcome,
            gross_g=gross_g,
            tare_g=tare_g,
            reason=reason,
            person_id=self.valley.driver.id,
            key=key,
            at=AT,
        )

    def hub(self, lot: Lot, gross_g: int, *, key: str, reason: str = "") -> Weighing:
        return hub_weighing.weigh_at_hub(
            self.valley.session,
            market_day_id=self.valley.day.id,
            hub_id=self.valley.hub.id,
            lot_id=lot.id,
            gross_g=gross_g,
            reason=reason,
            person_id=self.valley.manager.id,
            key=key,
            at=AT,
        )

    def stop_of(self, lot: Lot) -> Stop:
        return self.valley.session.scalars(
            select(Stop).where(Stop.village_id == lot.village_id).order_by(Stop.id.desc())
        ).first() or pytest.fail("no stop")

    def accepted(self, lot: Lot) -> list[int | None]:
        return list(
            self.valley.session.scalars(
                select(Allocation.accepted_g)
                .where(Allocation.lot_id == lot.id)
                .order_by(Allocation.id)
            )
        )


def test_a_full_weight_is_accepted_whole_and_ends_the_stop(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        lot = valley.offer("Wu Mei", "Longfeng", 100_000, 60_000, 20_000)
        valley.plan()
        scales = Scales(valley)
        reading = scales.village(lot, 84_000, tare_g=4_000, key="k")
        assert (reading.outcome, reading.net_g) == (LOADED, 80_000)
        assert scales.accepted(lot) == [60_000, 20_000]
        assert scales.stop_of(lot).done_at == AT
        assert session.scalars(select(Run.started_at)).one() == AT


def test_a_short_weight_is_shared_by_largest_remainder_and_told(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        lot = valley.offer("Wu Mei", "Longfeng", 100_000, 20_000, 20_000, 20_000)
        valley.plan()
        scales = Scales(valley)
        reading = scales.village(lot, 50_000, key="k")
        told = session.scalars(select(Message).where(Message.kind == "weighed")).one()
        assert reading.outcome is SHORT
        assert scales.accepted(lot) == [16_667, 16_667, 16_666]
        assert told.person_id == lot.farmer_id
        assert (told.figures["accepted_g"], told.figures["allocated_g"]) == (50_000, 60_000)


def test_a_surplus_is_named_over_and_not_accepted(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        lot = valley.offer("Wu Mei", "Longfeng", 100_000, 60_000)
        valley.plan()
        scales = Scales(valley)
        scales.village(lot, 65_000, key="k")
        (row,) = weights.weights(session, market_day_id=valley.day.id)
        assert scales.accepted(lot) == [60_000]
        assert (row.received_g, row.over_g, row.short_g) == (65_000, 5_000, 0)


def test_an_absent_farmer_brings_nothing(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        lot = valley.offer("Wu Mei", "Longfeng", 100_000, 60_000)
        valley.plan()
        scales = Scales(valley)
        scales.village(lot, 0, outcome=WeighingOutcome.ABSENT, key="k")
        assert scales.accepted(lot) == [0]
        assert scales.stop_of(lot).done_at == AT


def test_the_same_key_leaves_one_row_and_another_figure_is_refused(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        lot = valley.offer("Wu Mei", "Longfeng", 100_000, 60_000)
        valley.plan()
        scales = Scales(valley)
        first = scales.village(lot, 60_000, key="k")
        assert scales.village(lot, 60_000, key="k") is first
        with pytest.raises(weighing.WeighingKeyReused):
            scales.village(lot, 50_000, key="k")
        assert session.scalar(select(func.count(Weighing.id))) == 1


def test_a_correction_counters_the_earlier_reading_and_keeps_it(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        lot = valley.offer("Wu Mei", "Longfeng", 100_000, 60_000)
        valley.plan()
        scales = Scales(valley)
        first = scales.village(lot, 60_000, key="one")
        second = scales.village(lot, 40_000, key="two")
        third = scales.village(lot, 45_000, key="three")
        (row,) = weights.weights(session, market_day_id=valley.day.id)
        assert (second.counters_id, third.counters_id) == (first.id, second.id)
        assert session.scalar(select(func.count(Weighing.id))) == 3
        assert (row.received_g, row.short_g) == (45_000, 15_000)
        assert scales.accepted(lot) == [45_000]


def test_a_stop_is_done_when_its_last_lot_is_weighed(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        first = valley.offer("Wu Mei", "Longfeng", 100_000, 60_000)
        second = valley.offer("Tan Jun", "Longfeng", 100_000, 60_000)
        valley.plan()
        scales = Scales(valley)
        scales.village(first, 60_000, key="one")
        assert scales.stop_of(first).done_at is None
        scales.village(second, 60_000, key="two")
        assert scales.stop_of(first).done_at == AT


def test_a_lot_on_two_trucks_is_accepted_once_both_have_weighed(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        valley.vehicle("Truck 2", driver_id=valley.driver.id)
        lot = valley.offer("Wu Mei", "Longfeng", 1_600_000, 1_600_000)
        valley.plan()
        scales = Scales(valley)
        for number, stop in enumerate(session.scalars(select(Stop).order_by(Stop.id)).all()):
            assert scales.accepted(lot) == [None]
            weighing.weigh_in(
                session,
                stop_id=stop.id,
                lot_id=lot.id,
                outcome=LOADED,
                gross_g=700_000,
                person_id=valley.driver.id,
                key=f"part-{number}",
                at=AT,
            )
        assert scales.accepted(lot) == [1_400_000]


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"gross_g": 0}, weighing.WeightMissing),
        ({"gross_g": 5_000, "tare_g": 6_000}, weighing.TareTooHeavy),
        ({"gross_g": 6_000_000}, weighing.WeightMisread),
        ({"gross_g": 0, "outcome": WeighingOutcome.REFUSED}, weighing.ReasonNeeded),
    ],
)
def test_a_figure_that_cannot_be_is_refused_and_nothing_changes(
    database: Database, changes: dict[str, object], refusal: type[Exception]
) -> None:
    with database.transaction() as session:
        valley = build(session)
        lot = valley.offer("Wu Mei", "Longfeng", 100_000, 60_000)
        valley.plan()
        scales = Scales(valley)
        with pytest.raises(refusal):
            scales.village(lot, key="k", **changes)  # type: ignore[arg-type]
        assert scales.accepted(lot) == [None]
        assert session.scalar(select(func.count(Weighing.id))) == 0


def test_nothing_is_weighed_for_an_unpublished_plan_or_a_settled_day(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        lot = valley.offer("Wu Mei", "Longfeng", 100_000, 60_000)
        valley.plan(publish=False)
        scales = Scales(valley)
        with pytest.raises(weighing.StopNotDriven):
            scales.village(lot, 60_000, key="k")
        valley.plan()
        valley.day.state = MarketDayState.CANCELLED
        with pytest.raises(weighing.DayClosed):
            scales.village(lot, 60_000, key="k")


def test_the_hub_names_a_loss_beyond_the_tolerance(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        lot = valley.offer("Wu Mei", "Longfeng", 100_000, 100_000)
        valley.plan()
        scales = Scales(valley)
        scales.village(lot, 100_000, key="v")
        scales.hub(lot, 98_000, key="within")
        with pytest.raises(weighing.ReasonNeeded):
            scales.hub(lot, 97_999, key="beyond")
        lost = scales.hub(lot, 97_000, key="beyond", reason="wet crates")
        (row,) = weights.weights(session, market_day_id=valley.day.id)
        assert lost.counters_id is not None
        assert (row.village_g, row.hub_g, row.shrinkage_g) == (100_000, 97_000, 3_000)
        assert scales.accepted(lot) == [100_000]


parts = st.lists(st.integers(1, 90_000), min_size=1, max_size=5)
lots = st.lists(st.tuples(parts, st.integers(0, 400_000)), min_size=1, max_size=4)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(lots=lots)
def test_shares_sum_to_what_is_accepted_and_every_gram_is_named(
    database: Database, lots: list[tuple[list[int], int]]
) -> None:
    # Each example has a cooperative of its own in the one database.
    run = uuid.uuid4().hex[:12]
    with database.transaction() as session:
        valley = build(session, slug=run)
        made = [
            valley.offer(f"Farmer {number}", "Longfeng", 1_000_000, *sold)
            for number, (sold, _) in enumerate(lots)
        ]
        valley.plan()
        scales = Scales(valley)
        for lot, (sold, brought_g) in zip(made, lots, strict=True):
            brought_g = min(brought_g, 10 * sum(sold))
            outcome = LOADED if brought_g else WeighingOutcome.ABSENT
            scales.village(lot, brought_g, outcome=outcome, key=f"{run}:{lot.id}")
            accepted = scales.accepted(lot)
            assert sum(part or 0 for part in accepted) == min(brought_g, sum(sold))
            assert all((part or 0) <= limit for part, limit in zip(accepted, sold, strict=True))
        for row in weights.weights(session, market_day_id=valley.day.id):
            assert row.allocated_g + row.over_g == row.received_g + row.short_g
