"""Search one problem from several seeds side by side and keep the best."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from pyvrp import ProblemData, Solution

from logistics.solver.group_job import GroupAnswer, GroupJob
from logistics.solver.groups import legs_of, solution_of
from logistics.solver.limit import Limit
from logistics.solver.workers import Workers

_STARTING_S = 0.7
"""What a child takes to come up, at most; it must be done when the parent is."""


@dataclass
class Others:
    """The searches of the children; ``best`` of them is known after the block."""

    data: ProblemData
    answers: list[GroupAnswer] = field(default_factory=list)
    given_up: threading.Event = field(default_factory=threading.Event)

    def better_than(self, best: Solution) -> Solution:
        """Return the cheapest feasible solution of the children and this one."""
        for answer in self.answers:
            found = solution_of(self.data, answer.legs)
            if found.is_feasible() and (not best.is_feasible() or _cost(found) < _cost(best)):
                best = found
        return best


@contextmanager
def side_by_side(
    data: ProblemData, start: Solution | None, *, seed: int, limit: Limit, pool: Workers
) -> Iterator[Others]:
    """Let each child search from a seed of its own while the block searches from ``seed``."""
    others = Others(data)
    seconds = None if limit.deadline is None else limit.seconds_left() - _STARTING_S
    iterations = None if limit.iterations is None else limit.iterations - limit.used
    if not pool.children or (seconds is not None and seconds <= 0):
        yield others
        return
    legs = [] if start is None else legs_of(start)
    jobs = [
        GroupJob(data, legs, seed + 1 + number, seconds, iterations, fresh=start is None)
        for number in range(len(pool.children))
    ]

    def stop() -> bool:
        return others.given_up.is_set() or limit.overrun()

    # A thread only moves bytes between the pipes; the searching is done by the children.
    with ThreadPoolExecutor(max_workers=1) as thread:
        answers = thread.submit(pool.solve, jobs, stop)
        try:
            yield others
        except BaseException:
            others.given_up.set()
            raise
        others.answers = answers.result()


def _cost(solution: Solution) -> int:
    parts = solution.distance_cost() + solution.duration_cost() + solution.fixed_vehicle_cost()
    return int(parts + solution.uncollected_prizes())
