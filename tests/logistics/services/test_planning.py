"""From allocations to saved runs, and what is left out of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.kernel.database import Database
from app.models import (
    MarketDayState,
    Plan,
    Run,
    Stop,
    StopLot,
    UnplannedStop,
    VillagePostponement,
    VillageRoute,
    VillageRouteStop,
)
from logistics.services import batching, plan_reading, planning, saving
from logistics.services.day_times import DayTimes
from tests.logistics.valley import AT, ON, Valley, build, save


def test_a_village_is_one_stop_with_all_its_lots(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        first = valley.offer("Wu Mei", "Longfeng", 100_000, 60_000, 20_000)
        second = valley.offer("Tan Jun", "Longfeng", 50_000, 50_000)
        valley.offer("Yang Hua", "Baiyang", 50_000)
        found = batching.batches(session, market_day_id=valley.day.id)
    assert [batch.village_id for batch in found] == [valley.village("Longfeng").id]
    assert {lot.lot_id: lot.quantity_g for lot in found[0].lots} == {
        first.id: 80_000,
        second.id: 50_000,
    }


def test_released_allocations_and_postponed_villages_are_left_out(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        lot = valley.offer("Wu Mei", "Longfeng", 100_000, 60_000)
        valley.sell(lot, 20_000).released_at = AT
        valley.offer("Yang Hua", "Baiyang", 50_000, 50_000)
        save(
            session,
            VillagePostponement(
                market_day_id=valley.day.id, village_id=valley.village("Baiyang").id, at=AT
            ),
        )
        found = batching.batches(session, market_day_id=valley.day.id)
    assert [(batch.village_id, batch.quantity_g) for batch in found] == [
        (valley.village("Longfeng").id, 60_000)
    ]


def test_a_village_without_a_hub_goes_to_the_nearest_rural_one(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        valley.village("Longfeng", hub_id=None)
        valley.offer("Wu Mei", "Longfeng", 10_000, 10_000)
        assert batching.hubs_to_plan(session, market_day_id=valley.day.id) == [valley.hub.id]


def test_every_gram_is_on_one_run_or_unplanned_with_a_reason(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        valley.offer("Wu Mei", "Longfeng", 300_000, 200_000, 50_000)
        valley.offer("Tan Jun", "Tunbao", 400_000, 400_000)
        valley.offer("Yang Hua", "Lost village", 30_000, 30_000)
        plan_id = valley.plan(publish=False)
        lots = dict(
            session.execute(
                select(StopLot.lot_id, func.sum(StopLot.quantity_g)).group_by(StopLot.lot_id)
            ).all()
        )
        view = plan_reading.read_plan(session, plan_id=plan_id)
    assert sum(lots.values()) == 650_000 == view.load_g
    assert [(stop.village, stop.code, stop.quantity_g) for stop in view.unplanned] == [
        ("Lost village", "place_unknown", 30_000)
    ]
    assert not view.is_stale
    assert view.is_estimate


def test_a_village_too_heavy_for_one_truck_is_split_over_two(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        valley.vehicle("Truck 2")
        lot = valley.offer("Wu Mei", "Longfeng", 1_600_000, 1_600_000)
        valley.plan(publish=False)
        parts = session.scalars(select(StopLot.quantity_g).where(StopLot.lot_id == lot.id)).all()
    assert sorted(parts) == [800_000, 800_000]


def test_runs_carry_real_instants_within_shift_and_opening(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        valley.village("Longfeng", opens_minute=420, closes_minute=480)
        valley.offer("Wu Mei", "Longfeng", 100_000, 100_000)
        valley.plan(publish=False)
        run = session.scalars(select(Run)).one()
        stop = session.scalars(select(Stop)).one()
    # 05:00 and 07:00 in Shanghai, which keeps UTC+8 all year.
    assert run.starts_at >= datetime(2026, 5, 4, 21, 0, tzinfo=UTC)
    assert stop.departs_at >= datetime(2026, 5, 4, 23, 0, tzinfo=UTC)
    assert stop.arrives_at <= datetime(2026, 5, 5, 0, 0, tzinfo=UTC)
    assert stop.arrives_at < stop.departs_at < run.ends_at
    assert run.duration_s == (run.ends_at - run.starts_at).total_seconds()


def test_a_new_plan_replaces_the_one_that_was_not_published(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        valley.offer("Wu Mei", "Longfeng", 100_000, 100_000)
        first = valley.plan()
        second = valley.plan(publish=False)
        third = valley.plan(publish=False)
        states = {
            plan.id: (plan.published_at is not None, plan.replaced_at is not None)
            for plan in session.scalars(select(Plan))
        }
        newest = plan_reading.newest_plans(session, market_day_id=valley.day.id)
    assert states == {first: (True, False), second: (False, True), third: (False, False)}
    assert [plan.id for plan in newest] == [third]


def test_orders_that_change_meanwhile_refuse_the_plan(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        lot = valley.offer("Wu Mei", "Longfeng", 100_000, 50_000)
        day = planning.load_problem(session, market_day_id=valley.day.id, hub_id=valley.hub.id)
        plan = planning.find_plan(day, seed=1, iterations=10)
        valley.sell(lot, 10_000)
        with pytest.raises(saving.AllocationsChanged):
            saving.save_plan(session, day=day, plan=plan, at=AT)
        assert session.scalar(select(func.count(Plan.id))) == 0


def test_orders_that_change_afterwards_make_the_plan_stale(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        lot = valley.offer("Wu Mei", "Longfeng", 100_000, 50_000)
        plan_id = valley.plan(publish=False)
        valley.sell(lot, 10_000)
        assert plan_reading.read_plan(session, plan_id=plan_id).is_stale


def test_without_a_truck_each_village_says_so(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        valley.truck.retired_at = AT
        valley.offer("Wu Mei", "Longfeng", 100_000, 100_000)
        valley.plan(publish=False)
        assert session.scalars(select(UnplannedStop.code)).all() == ["no_vehicle"]


def test_a_hub_without_a_pin_and_a_day_that_is_not_cleared_are_refused(
    database: Database,
) -> None:
    with database.transaction() as session:
        valley = build(session)
        valley.offer("Wu Mei", "Longfeng", 100_000, 100_000)
        valley.hub.lat = valley.hub.lon = None
        with pytest.raises(planning.HubNotPinned):
            planning.load_problem(session, market_day_id=valley.day.id, hub_id=valley.hub.id)
        valley.day.state = MarketDayState.OPEN
        with pytest.raises(planning.DayNotToPlan):
            planning.load_problem(session, market_day_id=valley.day.id, hub_id=valley.hub.id)


def test_the_standing_route_of_the_weekday_is_where_a_plan_starts(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        valley.offer("Wu Mei", "Longfeng", 100_000, 100_000)
        valley.offer("Yang Hua", "Baiyang", 100_000, 100_000)
        route = _standing(valley, "Tuesday milk run", [ON.weekday()], "Longfeng", "Baiyang")
        _standing(valley, "Sunday milk run", [6], "Longfeng")
        day = planning.load_problem(session, market_day_id=valley.day.id, hub_id=valley.hub.id)
        valley.plan(publish=False)
        run = session.scalars(select(Run)).one()
    ids = [str(valley.village(name).id) for name in ("Longfeng", "Baiyang")]
    assert day.standing == {str(valley.truck.id): [ids]}
    assert run.village_route_id == route.id


def test_a_plan_made_again_starts_from_the_last_one(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        for village in ("Longfeng", "Baiyang", "Tunbao", "Banqiao"):
            valley.offer(f"Farmer of {village}", village, 100_000, 100_000)
        first = plan_reading.read_plan(session, plan_id=valley.plan(publish=False))
        valley.offer("Yang Hua", "Shadi", 50_000, 50_000)
        day = planning.load_problem(session, market_day_id=valley.day.id, hub_id=valley.hub.id)
        (run,) = first.runs
        assert day.last == {str(valley.truck.id): [[str(s.village_id) for s in run.stops]]}


def _standing(valley: Valley, name: str, weekdays: list[int], *villages: str) -> VillageRoute:
    route = save(
        valley.session,
        VillageRoute(
            cooperative_id=valley.cooperative.id,
            name=name,
            weekdays=weekdays,
            vehicle_id=valley.truck.id,
        ),
    )
    for position, village in enumerate(villages, start=1):
        save(
            valley.session,
            VillageRouteStop(
                village_route_id=route.id,
                position=position,
                village_id=valley.village(village).id,
            ),
        )
    return route


def test_a_minute_after_midnight_lies_on_the_next_day() -> None:
    times = DayTimes(ON, "Asia/Shanghai")
    assert times.at_minute(1500) - times.base_at == timedelta(minutes=1500)


def test_a_day_with_a_change_of_clock_keeps_its_wall_clock() -> None:
    # Berlin skips the hour from two to three on this Sunday.
    times = DayTimes(datetime(2026, 3, 29).date(), "Europe/Berlin")
    assert times.second_of(6 * 60) == 5 * 3600
