"""Run PyVRP's iterated local search under a limit."""

from __future__ import annotations

import warnings
from collections.abc import Callable

from pyvrp import (
    IteratedLocalSearchCallbacks,
    IteratedLocalSearchParams,
    ProblemData,
    Solution,
    SolveParams,
)
from pyvrp import solve as pyvrp_solve
from pyvrp.exceptions import PenaltyBoundWarning
from pyvrp.search import NeighbourhoodParams

from logistics.solver.limit import Limit

OnBest = Callable[[Solution], None]

_NEAR, _WIDE = 30, 50
"""How many neighbours of a stop are tried. The near ones suffice where all vehicles are
alike and all stops are served (X-n401: 0.48 against 0.56 % from the best known, R2_2_05
with second trips: 3.1 against 3.9 %). A mixed fleet (X200-HD: 1.2 against 0.6 %) and
optional stops (R1_10_5: 1.5 against 0.9 %) need the wider choice."""


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
    params = SolveParams(
        ils=IteratedLocalSearchParams(callbacks=_Watch(limit, on_best)),
        neighbourhood=NeighbourhoodParams(num_neighbours=_neighbours(data)),
    )

    def ended(best_cost: float) -> bool:
        return limit.reached() or (enough is not None and enough(best_cost))

    with warnings.catch_warnings():
        # What locks make infeasible for PyVRP is repaired afterwards, or left out with a reason.
        warnings.simplefilter("ignore", PenaltyBoundWarning)
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


def _neighbours(data: ProblemData) -> int:
    alike = data.num_vehicle_types == 1
    return _NEAR if alike and all(client.required for client in data.clients()) else _WIDE
