"""Bad input gets a clear answer, and times and loads are what they should be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.kernel.errors import Refusal
from benchmarks.villages import village_day
from logistics.solver.checker import check
from logistics.solver.matrix import GreatCircle, Matrix
from logistics.solver.memory import refuse_too_large
from logistics.solver.plan import Reason
from logistics.solver.problem import (
    Break,
    Hub,
    Kind,
    Lock,
    Place,
    Problem,
    Scope,
    Stop,
    Vehicle,
    Window,
)
from logistics.solver.recost import recost
from logistics.solver.refusals import (
    BadProblem,
    LockedRouteBroken,
    LocksCollide,
    SameNameTwice,
    TooLarge,
    UnknownName,
    WindowEndsBeforeItBegins,
)
from logistics.solver.solve import solve

DAY = village_day(1, villages=3, trucks=1)
STOP, TRUCK = DAY.stops[0], DAY.vehicles[0]


@pytest.mark.parametrize(
    ("refusal", "make"),
    [
        (WindowEndsBeforeItBegins, lambda: with_stop(windows=(Window(7, 6),))),
        (WindowEndsBeforeItBegins, lambda: with_truck(shift_end_s=1)),
        (WindowEndsBeforeItBegins, lambda: with_truck(rest=Break(60, 9, 8))),
        (BadProblem, lambda: with_stop(load_g=-1)),
        (BadProblem, lambda: with_stop(place=99)),
        (BadProblem, lambda: with_truck(start_place=-1)),
        (BadProblem, lambda: Place(float("nan"), 109.0)),
        (UnknownName, lambda: with_truck(end_hub="nowhere")),
        (UnknownName, lambda: with_stop(hub="nowhere")),
        (UnknownName, lambda: replace(DAY, locks=(Lock("nobody", ("v0",)),))),
        (UnknownName, lambda: replace(DAY, locks=(Lock("t0", ("nobody",)),))),
        (SameNameTwice, lambda: replace(DAY, stops=(STOP, STOP))),
        (LocksCollide, lambda: replace(DAY, locks=(Lock("t0", ("v0",)), Lock("t0", ("v0",))))),
        (UnknownName, lambda: recost(DAY, {"t0": [["nobody"]]})),
        (UnknownName, lambda: recost(DAY, {"nobody": [["v0"]]})),
        (SameNameTwice, lambda: recost(DAY, {"t0": [["v0", "v0"]]})),
    ],
)
def test_bad_input_is_refused(refusal: type[Refusal], make) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(refusal):
        make()


def with_stop(**changes: object) -> Problem:
    return replace(DAY, stops=(replace(STOP, **changes), *DAY.stops[1:]))  # type: ignore[arg-type]


def with_truck(**changes: object) -> Problem:
    return replace(DAY, vehicles=(replace(TRUCK, **changes),))  # type: ignore[arg-type]


def test_a_matrix_of_floats_or_with_a_diagonal_is_a_mistake() -> None:
    good = np.zeros((2, 2), dtype=np.int64)
    for bad in (good.astype(np.float64), good + 1, good[:1], good - 1):
        with pytest.raises(ValueError, match="a matrix"):
            Matrix(bad, good)


def test_ten_thousand_stops_on_a_small_machine_are_refused() -> None:
    with pytest.raises(TooLarge) as refused:
        refuse_too_large(10_000, 10_002, there_mb=2_000)
    assert refused.value.figures["stops"] == 10_000
    refuse_too_large(1_000, 1_002, there_mb=2_000)


def test_a_locked_route_that_breaks_a_limit_is_refused() -> None:
    problem = replace(DAY, locks=(Lock("t0", ("v0", "v1"), Scope.ROUTE),))
    short = tuple(replace(vehicle, max_duration_s=60) for vehicle in problem.vehicles)
    with pytest.raises(LockedRouteBroken):
        solve(replace(problem, vehicles=short), seed=1, iterations=5)


def test_a_stop_across_the_sea_is_left_out_with_a_true_reason() -> None:
    places = (*DAY.places, Place(26.2, 127.7))
    far = replace(STOP, id="Naha", place=len(places) - 1)
    plan = solve(replace(DAY, places=places, stops=(*DAY.stops, far)), seed=1, iterations=20)
    assert [(u.stop_id, u.reason) for u in plan.unplanned] == [("Naha", Reason.SHIFT_TOO_SHORT)]


def test_a_heavy_stop_is_split_over_trucks_to_the_gram() -> None:
    problem = village_day(1, villages=1, trucks=3)
    stop = replace(problem.stops[0], load_g=10_000_001, crates=500)
    plan = solve(replace(problem, stops=(stop,)), seed=1, iterations=20)
    taken = [visit.takes_g for route in plan.routes for visit in route.visits]
    assert len(taken) == 3 and sum(taken) == 10_000_001
    whole = replace(stop, divisible=False)
    left = solve(replace(problem, stops=(whole,)), seed=1, iterations=20).unplanned
    assert [(u.reason, u.figures) for u in left] == [
        (Reason.TOO_HEAVY, (("load_g", 10_000_001), ("largest", 4_000_000)))
    ]


def delivery_day() -> Problem:
    """Two pickup points in town and a van that may come back for the later goods."""
    return Problem(
        places=(Place(30.59, 114.30), Place(30.60, 114.33), Place(30.55, 114.28)),
        hubs=(Hub("city", 0, turnaround_s=600),),
        vehicles=(Vehicle("van", 0, "city", 500_000, max_reloads=1, shift_end_s=72_000),),
        stops=(
            Stop(
                "early",
                1,
                300_000,
                windows=(Window(0, 30_000),),
                service_s=300,
                kind=Kind.DELIVERY,
                release_s=25_000,
            ),
            Stop("late", 2, 300_000, service_s=300, kind=Kind.DELIVERY, release_s=40_000),
        ),
    )


def test_goods_leave_the_hub_when_they_are_there_and_the_van_comes_back_for_the_rest() -> None:
    problem = delivery_day()
    plan = solve(problem, seed=1, iterations=50)
    (route,) = plan.routes
    assert [(visit.stop_id, visit.trip) for visit in route.visits] == [("early", 0), ("late", 1)]
    assert route.start_s >= 25_000
    assert route.reloads[0].depart_s >= 40_000
    assert [visit.load_g for visit in route.visits] == [0, 0]


def test_deliveries_are_not_loaded_at_a_yard() -> None:
    problem = delivery_day()
    vans = tuple(replace(vehicle, start_place=1) for vehicle in problem.vehicles)
    plan = solve(replace(problem, vehicles=vans), seed=1, iterations=10)
    assert {u.reason for u in plan.unplanned} == {Reason.NO_FITTING_VEHICLE}


def test_a_truck_leaves_late_rather_than_wait() -> None:
    window = Window(36_000, 37_000)
    problem = replace(
        DAY, stops=(replace(STOP, windows=(window,)),), vehicles=(replace(TRUCK, rest=None),)
    )
    (route,) = solve(problem, seed=1, iterations=10).routes
    assert route.visits[0].arrive_s == route.visits[0].start_s
    assert route.start_s > TRUCK.shift_start_s


def test_a_stop_with_two_windows_is_served_in_one_of_them() -> None:
    windows = (Window(21_600, 22_000), Window(50_000, 52_000))
    problem = village_day(3, villages=6, trucks=1, windows=0.0)
    stops = tuple(replace(stop, windows=windows) for stop in problem.stops)
    problem = replace(problem, stops=stops)
    plan = solve(problem, seed=1, iterations=60)
    assert check(problem, plan) == []
    assert plan.routes


def test_a_plan_without_roads_says_that_it_is_an_estimate() -> None:
    assert solve(DAY, seed=1, iterations=5).estimated
    near = GreatCircle(factor=1.0).matrix(DAY.places)
    far = GreatCircle(factor=1.5).matrix(DAY.places)
    assert far.distance_m[0, 2] == pytest.approx(1.5 * near.distance_m[0, 2], abs=2)


def test_stopping_gives_the_best_plan_so_far() -> None:
    asked = iter(range(10_000))
    plan = solve(village_day(2), seed=1, seconds=30, stop=lambda: next(asked) > 20)
    assert sum(len(route.visits) for route in plan.routes) > 50


def test_progress_tells_falling_costs_of_whole_plans() -> None:
    costs: list[int] = []
    solve(
        village_day(2),
        seed=1,
        iterations=200,
        progress=lambda now: costs.append(now.cost_minor) if now.planned == now.total else None,
    )
    assert costs and costs == sorted(costs, reverse=True)
