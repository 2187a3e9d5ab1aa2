"""The first plan of a large problem, made of groups."""

from __future__ import annotations

import pyvrp

from benchmarks.villages import village_day
from logistics.solver.first_plan import first_by_groups
from logistics.solver.layout import lay_out
from logistics.solver.limit import Limit
from logistics.solver.prepared import prepare
from logistics.solver.problem import Problem
from logistics.solver.translate import translate
from logistics.solver.workers import Workers


def _first(problem: Problem, *, seed: int = 1) -> pyvrp.Solution | None:
    day = prepare(problem)
    layout = lay_out(day)
    words = translate(day, layout.trucks, list(layout.chains), required=True)
    limit = Limit.of(seconds=None, iterations=2_000, stop=None)
    return first_by_groups(
        words.data, seed=seed, limit=limit, pool=Workers(0), processes=1, size=40
    )


def test_every_stop_is_served_once_and_the_same_seed_gives_the_same_plan() -> None:
    problem = village_day(3, villages=160, trucks=40, windows=0.2)
    found, again = _first(problem), _first(problem)
    assert found is not None and again is not None
    assert found.is_feasible() and found.num_clients() == 160
    assert found == again


def test_a_fleet_that_does_not_divide_is_left_to_the_whole_search() -> None:
    assert _first(village_day(3, villages=160, trucks=1, windows=0.2)) is None
