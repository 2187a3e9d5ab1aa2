"""Run PyVRP's iterated local search under a limit."""

from __future__ import annotations

from collections.abc import Callable

from pyvrp import (
    IteratedLocalSearchCallbacks,
    IteratedLocalSearchParams,
    ProblemData,
    Solution,
    SolveParams,
)
from pyvrp import solve as pyvrp_solve

from logistics.solver.limit import Limit

OnBest = Callable[[Solution], None]


class _Watch(IteratedLocalSearchCallbacks):
    """Count iterations and pass new best solutions on."""

    def __init__(self, limit: Limit, on_best: OnBest | None) -> None:
        self._limit = limit
        self._on_best = on_best

    def on_iteration(
        self, current: Solution, candidate: Solution, best: Solution, cost_evaluator: object
    ) -> None:
        self._limit.used += 1

    def on_best(self, best: Solution) -> None:
        if self._on_best is not None:
            self._on_best(best)


def search(
    data: ProblemData,
    *,
    seed: int,
    limit: Limit,
    start: Solution | None = None,
    on_best: OnBest | None = None,
    enough: Callable[[float], bool] | None = None,
) -> Solution:
    """Return the best solution found; it may be infeasible where none was found.

    ``enough`` ends the search early at a cost that suffices.
    """
    if data.num_clients == 0:
        return Solution(data, [])
    params = SolveParams(ils=IteratedLocalSearchParams(callbacks=_Watch(limit, on_best)))

    def ended(best_cost: float) -> bool:
        return limit.reached() or (enough is not None and enough(best_cost))

    result = pyvrp_solve(
        data,
        stop=ended,
        seed=seed,
        collect_stats=False,
        display=False,
        params=params,
        initial_solution=start,
    )
    best: Solution = result.best
    return best
