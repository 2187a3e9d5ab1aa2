"""Prices from the solution: the highest and lowest price of each node that supports it.

On the residual graph of an optimal flow the shortest distance from the market node is
the highest price every node can have (best for farmers), the negated distance to it
the lowest (best for buyers). The floor of their middle is again a dual in whole
numbers, since rounding down keeps differences of whole numbers within whole bounds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.matching.network import MARKET, Network
from app.matching.tables import Bools, Ints

# Longer than any path (at most 1e8 per arc), short enough to be added to in 63 bits.
FAR = 2**55


@dataclass(frozen=True)
class Duals:
    """Prices by node in minor units per kg; ``FAR`` away where nothing bounds them."""

    low: Ints
    high: Ints
    middle: Ints

    def bounded(self) -> Bools:
        """Mark the nodes that supply and demand both reach."""
        return (self.low > -FAR // 2) & (self.high < FAR // 2)


def prices(network: Network, flow: Ints) -> Duals:
    """Return the extreme and middle prices of an optimal flow.

    :raises ArithmeticError: if the flow is not optimal (a negative cycle is left).
    """
    forward, backward = flow < network.capacities, flow > 0
    tails = np.concatenate([network.tails[forward], network.heads[backward]])
    heads = np.concatenate([network.heads[forward], network.tails[backward]])
    costs = np.concatenate([network.costs[forward], -network.costs[backward]])
    size = len(network.layers)
    high = _distances(tails, heads, costs, size)
    low = -_distances(heads, tails, costs, size)
    return Duals(low=low, high=high, middle=(low + high) >> 1)


def _distances(tails: Ints, heads: Ints, costs: Ints, size: int) -> Ints:
    """Return shortest distances from the market (Bellman-Ford over sorted arcs)."""
    order = np.argsort(heads, kind="stable")
    tails, heads, costs = tails[order], heads[order], costs[order]
    starts = np.flatnonzero(np.diff(heads, prepend=-1))
    reached = heads[starts]
    distances = np.full(size, FAR, dtype=np.int64)
    distances[MARKET] = 0
    if len(starts) == 0:
        return distances
    for _ in range(size + 1):
        found = np.minimum.reduceat(distances[tails] + costs, starts)
        closer = found < distances[reached]
        if not closer.any():
            return distances
        distances[reached[closer]] = found[closer]
    raise ArithmeticError("the flow leaves a negative cycle")
