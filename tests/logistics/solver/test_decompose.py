"""Groups of routes give whole plans, the same by one process as by two."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from pyvrp import Solution

from benchmarks.villages import village_day
from logistics.solver.decompose import improve_by_groups
from logistics.solver.engine import search
from logistics.solver.groups import cut, legs_of
from logistics.solver.layout import lay_out
from logistics.solver.limit import Limit
from logistics.solver.prepared import prepare
from logistics.solver.problem import Window
from logistics.solver.solve import solve
from logistics.solver.translate import translate
from logistics.solver.translation import Translation
from logistics.solver.workers import workers


def by_iterations(iterations: int) -> Limit:
    return Limit.of(seconds=None, iterations=iterations, stop=None)


def translated(*, required: bool, optional: float = 0.0) -> Translation:
    day = prepare(village_day(3, villages=120, trucks=20, reloads=1, optional=optional))
    layout = lay_out(day)
    return translate(day, layout.trucks, layout.chains, required=required)


def first_plan(words: Translation) -> Solution:
    start = search(words.data, seed=1, limit=by_iterations(20))
    assert start.is_feasible()
    return start


def improved(words: Translation, start: Solution, processes: int) -> Solution:
    with workers(processes if processes > 1 else 0) as pool:
        return improve_by_groups(
            words.data,
            start,
            seed=5,
            limit=by_iterations(800),
            pool=pool,
            processes=processes,
            size=30,
        )


def parts_cost(solution: Solution) -> int:
    return int(
        solution.distance_cost()
        + solution.duration_cost()
        + solution.fixed_vehicle_cost()
        + solution.uncollected_prizes()
    )


@pytest.mark.parametrize("optional", [0.0, 0.5])
def test_groups_keep_every_stop_and_make_the_plan_no_dearer(optional: float) -> None:
    words = translated(required=optional == 0.0, optional=optional)
    start = first_plan(words)
    better = improved(words, start, processes=1)
    assert better.is_feasible()
    assert parts_cost(better) < parts_cost(start)


def test_two_processes_find_the_same_plan_as_one() -> None:
    words = translated(required=True)
    start = first_plan(words)
    both = [legs_of(improved(words, start, processes=count)) for count in (1, 2)]
    assert both[0] == both[1]


def test_a_killed_child_loses_no_group() -> None:
    words = translated(required=True)
    start = first_plan(words)
    with workers(2) as pool:
        pool.children[0].kill()
        better = improve_by_groups(
            words.data, start, seed=5, limit=by_iterations(800), pool=pool, processes=2, size=30
        )
    assert legs_of(better) == legs_of(improved(words, start, processes=1))


def test_a_second_process_searches_from_another_seed_and_makes_no_plan_dearer() -> None:
    problem = village_day(3, villages=80, trucks=12)
    alone = solve(problem, seed=1, iterations=300)
    together = solve(problem, seed=1, iterations=300, processes=2)
    assert together.cost_minor <= alone.cost_minor
    assert together == solve(problem, seed=1, iterations=300, processes=2)


def test_a_cut_takes_every_route_once_into_groups_of_about_the_size() -> None:
    rng = random.Random(1)
    centres = np.array([(rng.random(), rng.random()) for _ in range(100)])
    groups = cut(centres, [10] * 100, size=100, rng=rng)
    assert sorted(member for group in groups for member in group) == list(range(100))
    assert all(80 <= 10 * len(group) <= 120 for group in groups)


def test_a_large_day_is_planned_and_proved_by_groups() -> None:
    problem = village_day(1, villages=1_600, trucks=190, windows=0.2)
    plan = solve(problem, seed=1, seconds=6, processes=2, mends=0)
    assert sum(len(route.visits) for route in plan.routes) > 1_500


def test_stops_with_two_windows_stay_whole_in_groups() -> None:
    day = village_day(9, villages=60, trucks=10, windows=0.0)
    twice = (Window(6 * 3600, 8 * 3600), Window(12 * 3600, 14 * 3600))
    stops = tuple(
        stop if number % 3 else replace(stop, windows=twice)
        for number, stop in enumerate(day.stops)
    )
    prepared = prepare(replace(day, stops=stops))
    layout = lay_out(prepared)
    words = translate(prepared, layout.trucks, layout.chains, required=False)
    start = search(words.data, seed=1, limit=by_iterations(60), start=Solution(words.data, []))
    better = improved(words, start, processes=1)
    assert better.is_feasible()
    assert parts_cost(better) <= parts_cost(start)
