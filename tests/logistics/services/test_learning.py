"""Recorded runs teach factor, speed, service time and freight prices; slowly and in bounds."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import freight
from app.kernel.database import Database
from app.kernel.geo import Position, distance_m
from app.models import (
    Cooperative,
    FreightTariff,
    Plan,
    PlanKind,
    RoadLesson,
    Run,
    Stop,
    StopLot,
    WeighingOutcome,
)
from logistics.services import learning, lessons, tariff_lessons, weighing
from tests.logistics.valley import AT, PLACES, Valley, build, save

NAMES = ("Longfeng", "Baiyang", "Shadi", "Hongtu", "Tunbao", "Banqiao")
SPEED_M_PER_S = 5.0
STOP_S, PER_100_KG_S = 900, 120


def _drive(valley: Valley, number: int, *, factor: float, driven_m: int | None = None) -> Run:
    """Write a finished run over the valley, driven at 18 km/h, of villages loading slowly."""
    session, start = valley.session, AT + timedelta(hours=24 * number)
    hub = Position(valley.hub.lat, valley.hub.lon)
    spots = [hub, *(Position(*PLACES[name]) for name in NAMES), hub]
    straight_m = sum(distance_m(a, b) for a, b in pairwise(spots))
    plan = save(
        session,
        Plan(
            cooperative_id=valley.cooperative.id,
            market_day_id=valley.day.id,
            hub_id=valley.hub.id,
            kind=PlanKind.COLLECTION,
            seed=1,
            planned_at=AT,
            published_at=AT,
        ),
    )
    run = save(
        session,
        Run(
            plan_id=plan.id,
            vehicle_id=valley.truck.id,
            starts_at=start,
            ends_at=start + timedelta(hours=6),
            distance_m=straight_m,
            duration_s=6 * 3600,
            load_g=600_000,
            cost_minor=1_000,
            started_at=start,
        ),
    )
    clock = planned = start
    for position, (name, (a, b)) in enumerate(zip(NAMES, pairwise(spots), strict=False), start=1):
        load_g = 50_000 * (1 + (position + number) % 4)
        leg = timedelta(seconds=factor * distance_m(a, b) / SPEED_M_PER_S)
        planned += leg
        arrives_at = planned
        planned += timedelta(seconds=STOP_S + PER_100_KG_S * load_g // 100_000)
        clock += leg + timedelta(seconds=STOP_S + PER_100_KG_S * load_g // 100_000)
        save(
            session,
            Stop(
                run_id=run.id,
                position=position,
                village_id=valley.village(name, admin="Enshi").id,
                arrives_at=arrives_at,
                departs_at=planned,
                load_g=load_g,
                distance_m=1,
                done_at=clock,
            ),
        )
    run.finished_at = clock + timedelta(seconds=factor * distance_m(spots[-2], hub) / SPEED_M_PER_S)
    session.flush()
    if driven_m != 0:
        at = AT + timedelta(days=100 + number)
        learning.record(
            session, run_id=run.id, driven_m=driven_m or int(factor * straight_m), at=at
        )
    return run


def test_too_few_runs_teach_nothing(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        for number in range(learning.LEAST_RUNS - 1):
            _drive(valley, number, factor=2.0)
        assert session.scalar(select(func.count(RoadLesson.id))) == 0


def test_enough_runs_teach_factor_speed_and_service_and_an_odd_one_changes_nothing(
    database: Database,
) -> None:
    with database.transaction() as session:
        valley = build(session)
        for number in range(6):
            _drive(valley, number, factor=2.0)
        _drive(valley, 6, factor=2.0, driven_m=2_900_000)
        home = session.get_one(Cooperative, valley.cooperative.id)
        found = lessons.lessons_of(session, cooperative=home)
    for lesson in (found[""], found["Enshi"]):
        assert lesson.factor_percent == 200
        assert 17_500 < lesson.speed_m_per_h < 18_500
        assert abs(lesson.stop_s - STOP_S) <= 1
        assert lesson.load_s_per_100_kg == PER_100_KG_S
        assert lesson.runs == 7


def test_lessons_stay_within_bounds(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        for number in range(6):
            _drive(valley, number, factor=9.0)
        home = session.get_one(Cooperative, valley.cooperative.id)
        assert lessons.lessons_of(session, cooperative=home)["Enshi"].factor_percent == 400


def test_an_unlikely_reading_or_a_run_on_the_road_is_refused(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        run = _drive(valley, 1, factor=2.0, driven_m=0)
        for driven_m in (20_000, 10**9):
            with pytest.raises(learning.OdometerUnlikely):
                learning.record(session, run_id=run.id, driven_m=driven_m, at=AT)
        run.finished_at = None
        session.flush()
        with pytest.raises(learning.RunNotOver):
            learning.record(session, run_id=run.id, driven_m=500_000, at=AT)
        assert run.driven_m is None


def _weigh_in(session: Session, valley: Valley, run: Run) -> None:
    """Let every village's scale show a hundred kilograms."""
    for stop in session.scalars(select(Stop).where(Stop.run_id == run.id)):
        name = next(n for n, v in valley.villages.items() if v.id == stop.village_id)
        lot = valley.offer(f"Farmer of {name}", name, 200_000, 200_000)
        save(session, StopLot(stop_id=stop.id, lot_id=lot.id, quantity_g=200_000))
        weighing.weigh_in(
            session,
            stop_id=stop.id,
            lot_id=lot.id,
            outcome=WeighingOutcome.SHORT,
            gross_g=100_000,
            person_id=valley.driver.id,
            key=f"{run.id}-{stop.id}",
            at=AT,
        )


def test_prices_are_proposed_from_the_runs_and_set_only_when_accepted(
    database: Database,
) -> None:
    with database.transaction() as session:
        valley = build(session)
        valley.line_haul("Coach", 1080, price_minor=40)
        for number in range(tariff_lessons.LEAST_RUNS):
            _weigh_in(session, valley, _drive(valley, number, factor=2.0))
        home_id = valley.cooperative.id
        freight.publish_tariffs(session, cooperative_id=home_id, at=AT)
        before = session.scalar(select(func.count(FreightTariff.id)))
        found = tariff_lessons.proposals(session, cooperative_id=home_id, at=AT)
        assert {one.village for one in found} == set(NAMES)
        far = next(one for one in found if one.village == "Banqiao")
        near = next(one for one in found if one.village == "Longfeng")
        assert far.proposed_minor > near.proposed_minor > 40
        assert session.scalar(select(func.count(FreightTariff.id))) == before
        pair = (far.village_id, far.pickup_point_id)
        later = AT + timedelta(days=1)
        with pytest.raises(tariff_lessons.ProposalChanged):
            tariff_lessons.accept(
                session, cooperative_id=home_id, wanted={pair: far.proposed_minor + 1}, at=later
            )
        tariff_lessons.accept(
            session, cooperative_id=home_id, wanted={pair: far.proposed_minor}, at=later
        )
        price = freight.tariff(session, village_id=pair[0], pickup_point_id=pair[1], at=later)
        assert price == far.proposed_minor
        left = tariff_lessons.proposals(session, cooperative_id=home_id, at=later)
    assert far.village not in {one.village for one in left}
