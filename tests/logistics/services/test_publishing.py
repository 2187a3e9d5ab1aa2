"""A published plan is told once, and line haul carries on what it collects."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app.kernel.database import Database
from app.market_days import postponing
from app.models import (
    Hub,
    HubKind,
    LineHaulTrip,
    MarketDayState,
    Message,
    PickupPoint,
    Plan,
    Run,
    WeighingOutcome,
)
from logistics.services import driving, plan_reading, publishing, run_reading, telling, weighing
from tests.logistics.valley import AT, Valley, build, save


def _told(valley: Valley, kind: str) -> list[int]:
    return list(
        valley.session.scalars(
            select(Message.person_id).where(Message.kind == kind).order_by(Message.id)
        )
    )


def test_farmers_get_their_window_and_drivers_their_run_once(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        valley.offer("Wu Mei", "Longfeng", 100_000, 60_000)
        valley.offer("Wu Mei", "Longfeng", 100_000, 60_000)
        valley.offer("Tan Jun", "Tunbao", 100_000, 60_000)
        plan_id = valley.plan()
        publishing.publish(session, plan_id=plan_id, at=AT)
        farmers = [valley.farmers[name].id for name in ("Wu Mei", "Tan Jun")]
        assert sorted(_told(valley, "truck_window")) == sorted(farmers)
        assert _told(valley, "run_assigned") == [valley.driver.id]


def test_a_changed_plan_tells_only_those_it_concerns(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        valley.vehicle("Truck 2", capacity_g=60_000, driver_id=valley.manager.id)
        valley.offer("Wu Mei", "Longfeng", 100_000, 60_000)
        valley.plan()
        before = len(_told(valley, "truck_window")), len(_told(valley, "run_assigned"))
        valley.plan()
        assert (len(_told(valley, "truck_window")), len(_told(valley, "run_assigned"))) == before
        valley.offer("Tan Jun", "Hongtu", 900_000, 900_000)
        valley.plan()
        assert _told(valley, "truck_window").count(valley.farmers["Tan Jun"].id) == 1


def test_a_plan_that_was_replaced_is_not_published(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        valley.offer("Wu Mei", "Longfeng", 100_000, 60_000)
        old = valley.plan(publish=False)
        valley.plan(publish=False)
        with pytest.raises(publishing.PlanReplaced):
            publishing.publish(session, plan_id=old, at=AT)
        assert _told(valley, "truck_window") == []


def test_once_a_truck_has_left_its_plan_stays(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        valley.offer("Wu Mei", "Longfeng", 100_000, 60_000)
        first = valley.plan()
        driving.start(session, run_id=session.scalars(select(Run.id)).one(), at=AT)
        second = valley.plan(publish=False)
        with pytest.raises(publishing.RunsUnderWay):
            publishing.publish(session, plan_id=second, at=AT)
        assert session.get_one(Plan, first).replaced_at is None


def test_a_cancelled_day_takes_its_plans_back(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        valley.line_haul("Village coach", 1080)
        valley.offer("Wu Mei", "Longfeng", 100_000, 60_000)
        valley.plan()
        valley.day.state = MarketDayState.CANCELLED
        assert publishing.withdraw(session, market_day_id=valley.day.id, at=AT) == 1
        assert _trips(valley) == []
        assert driving.runs_of(session, driver_id=valley.driver.id, at=AT) == []


def test_a_postponed_village_is_left_out_of_a_published_run_and_the_driver_told(
    database: Database,
) -> None:
    with database.transaction() as session:
        valley = build(session)
        lot = valley.offer("Wu Mei", "Longfeng", 100_000, 60_000)
        valley.offer("Tan Jun", "Tunbao", 100_000, 60_000)
        valley.plan()
        postponing.postpone_village(
            session,
            market_day_id=valley.day.id,
            village_id=lot.village_id,
            reason="rain",
            person_id=valley.manager.id,
            at=AT,
        )
        run_id = session.scalars(select(Run.id)).one()
        progress = driving.progress(session, run_id=run_id, at=AT)
        dropped = next(s for s in run_reading.read_stops(session, run_ids=[run_id]) if s.done_at)
        assert (dropped.village_id, dropped.is_postponed) == (lot.village_id, True)
        assert progress.next_stop is not None
        assert progress.next_stop.village_id != lot.village_id
        assert _told(valley, "stop_dropped") == [valley.driver.id]
        with pytest.raises(weighing.StopDropped):
            weighing.weigh_in(
                session,
                stop_id=dropped.stop_id,
                lot_id=lot.id,
                outcome=WeighingOutcome.LOADED,
                gross_g=60_000,
                person_id=valley.driver.id,
                key="too-late",
                at=AT,
            )


def test_the_window_starts_at_the_quarter_before_the_arrival() -> None:
    start, end = telling.window(datetime(2026, 5, 5, 1, 29, 59, tzinfo=UTC))
    assert start == datetime(2026, 5, 5, 1, 15, tzinfo=UTC)
    assert end - start == timedelta(hours=1)


# --- the line haul -------------------------------------------------------------------


def _trips(valley: Valley) -> list[tuple[int, int, int]]:
    rows = valley.session.scalars(select(LineHaulTrip).order_by(LineHaulTrip.departs_at))
    return [(trip.line_haul_id, trip.load_g, trip.cost_minor) for trip in rows]


def test_the_cheapest_departure_in_time_carries_the_goods(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        valley.line_haul("Night freight", 1200, price_minor=60)
        cheap = valley.line_haul("Village coach", 1080, price_minor=40)
        # Cheaper still, but it arrives after the buyers' pickup.
        valley.line_haul("Slow boat", 1080, price_minor=10, duration_s=200_000)
        valley.offer("Wu Mei", "Longfeng", 100_000, 60_000)
        plan_id = valley.plan()
        trip = session.scalars(select(LineHaulTrip)).one()
        run = session.scalars(select(Run)).one()
        assert _trips(valley) == [(cheap.id, 60_000, 2_400)]
        assert trip.departs_at >= run.ends_at
        assert plan_reading.read_plan(session, plan_id=plan_id).trips[0].is_late is False


def test_a_coach_that_left_before_the_trucks_are_back_is_taken_the_next_day(
    database: Database,
) -> None:
    with database.transaction() as session:
        valley = build(session)
        valley.line_haul("Morning coach", 300)
        valley.offer("Wu Mei", "Longfeng", 100_000, 60_000)
        valley.plan()
        trip = session.scalars(select(LineHaulTrip)).one()
        assert trip.departs_at == datetime(2026, 5, 5, 21, 0, tzinfo=UTC)


def test_what_is_over_capacity_goes_with_the_next_and_the_rest_is_named(
    database: Database,
) -> None:
    with database.transaction() as session:
        valley = build(session)
        first = valley.line_haul("Small van", 1080, capacity_g=20_000)
        second = valley.line_haul("Smaller van", 1100, capacity_g=10_000, price_minor=50)
        valley.offer("Wu Mei", "Longfeng", 100_000, 60_000)
        plan_id = valley.plan()
        view = plan_reading.read_plan(session, plan_id=plan_id)
        assert [trip[:2] for trip in _trips(valley)] == [(first.id, 20_000), (second.id, 10_000)]
        assert [(over.hub, over.quantity_g, over.code) for over in view.over] == [
            ("Wuhan hub", 30_000, "over_capacity")
        ]


def test_without_a_line_haul_the_plan_says_so(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        valley.offer("Wu Mei", "Longfeng", 100_000, 60_000)
        view = plan_reading.read_plan(session, plan_id=valley.plan())
        assert [over.code for over in view.over] == ["no_line_haul"]


def test_goods_for_the_hubs_own_town_need_no_line_haul(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        valley.hub.kind = HubKind.BOTH
        here = save(
            session,
            PickupPoint(
                cooperative_id=valley.cooperative.id,
                shop_id=valley.point.shop_id,
                hub_id=valley.hub.id,
                name="Enshi market",
            ),
        )
        lot = valley.offer("Wu Mei", "Longfeng", 100_000)
        valley.sell(lot, 30_000, here)
        view = plan_reading.read_plan(session, plan_id=valley.plan())
        assert (view.trips, view.over) == ((), ())
        assert session.get_one(Hub, valley.hub.id).kind is HubKind.BOTH
