"""One group of routes to improve: the work order, the answer, and the doing."""

from __future__ import annotations

from dataclasses import dataclass

from pyvrp import ProblemData

from logistics.solver.engine import search
from logistics.solver.groups import Leg, legs_of, solution_of
from logistics.solver.limit import Limit, Stop


@dataclass(frozen=True)
class GroupJob:
    """A small problem, the routes to start from, and how long to search."""

    data: ProblemData
    legs: list[Leg]
    seed: int
    seconds: float | None
    iterations: int | None
    fresh: bool = False
    """Start from PyVRP's own first solution instead."""


@dataclass(frozen=True)
class GroupAnswer:
    """The best routes found; those given where nothing better was."""

    legs: list[Leg]
    iterations: int


def solve_group(job: GroupJob, stop: Stop | None = None) -> GroupAnswer:
    """Return better routes for a group, or the given ones."""
    limit = Limit.of(seconds=job.seconds, iterations=job.iterations, stop=stop)
    start = None if job.fresh else solution_of(job.data, job.legs)
    best = search(job.data, seed=job.seed, limit=limit, start=start)
    # The start is the first best, so a feasible one is only ever replaced by a better.
    legs = legs_of(best) if best.is_feasible() else job.legs
    return GroupAnswer(legs, limit.used)
