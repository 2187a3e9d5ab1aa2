"""The solver: a minimum-cost circulation in whole numbers, by OR-Tools."""

from __future__ import annotations

import numpy as np
from ortools.graph.python import min_cost_flow

from app.matching.tables import Ints


class SolverFailed(RuntimeError):
    """The solver did not reach an optimum, which for a checked problem is a bug."""


def cheapest_circulation(
    tails: Ints, heads: Ints, capacities: Ints, costs: Ints, supplies: Ints | None = None
) -> Ints:
    """Return the flow on each arc at the least total cost.

    Cost scaling (Goldberg) as ``SimpleMinCostFlow`` does it; without supplies every
    node passes on what it gets.

    :raises SolverFailed: if the solver says anything but 'optimal'.
    """
    if len(tails) == 0:
        return np.zeros(0, dtype=np.int64)
    solver = min_cost_flow.SimpleMinCostFlow()
    # Turned around the problem is the same, and large markets measure a third faster.
    solver.add_arcs_with_capacity_and_unit_cost(
        heads.astype(np.int32), tails.astype(np.int32), capacities, costs
    )
    if supplies is not None:
        solver.set_nodes_supplies(np.arange(len(supplies), dtype=np.int32), -supplies)
    status = solver.solve()
    if status != solver.OPTIMAL:
        raise SolverFailed(str(status))
    flow: Ints = np.asarray(solver.flows(np.arange(len(tails), dtype=np.int32)), dtype=np.int64)
    return flow
