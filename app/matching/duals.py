"""Prices from the solution: the highest and lowest price of each node that supports it.

On the residual graph of an optimal flow the shortest distance from the market node is
the highest price every node can have (best for farmers), the negated distance to it
the lowest (best for buyers). The floor of their middle is again a dual in whole
numbers, since rounding down keeps differences of whole numbers within whole bounds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.matching.network import MARKET
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


def prices(
    tails: Ints,
    heads: Ints,
    capacities: Ints,
    costs: Ints,
    flow: Ints,
    size: int,
    hint: Duals | None = None,
) -> Duals:
    """Return the extreme and middle prices of an optimal flow on so many nodes.

    :param hint: prices that a part of these arcs allowed, from which it is not far.
    :raises ArithmeticError: if the flow is not optimal (a negative cycle is left).
    """
    forward, backward = flow < capacities, flow > 0
    starts = np.concatenate([tails[forward], heads[backward]])
    ends = np.concatenate([heads[forward], tails[backward]])
    lengths = np.concatenate([costs[forward], -costs[backward]])
    far = np.full(size, FAR, dtype=np.int64)
    far[MARKET] = 0
    high = _distances(starts, ends, lengths, far if hint is None else hint.high)
    low = -_distances(ends, starts, lengths, far if hint is None else -hint.low)
    return Duals(low=low, high=high, middle=(low + high) >> 1)


def _distances(tails: Ints, heads: Ints, lengths: Ints, known: Ints) -> Ints:
    """Return shortest distances from the market, no longer than the known ones (Bellman-Ford)."""
    distances, arcs = known.copy(), np.arange(len(tails))
    for _ in range(len(known) + 1):
        starts, ends = tails[arcs], heads[arcs]
        found = distances[starts] + lengths[arcs]
        closer = np.flatnonzero(found < distances[ends])
        if len(closer) == 0:
            return distances
        reached = ends[closer]
        np.minimum.at(distances, reached, found[closer])
        # Only who came closer can bring others closer.
        moved = np.zeros(len(known), dtype=bool)
        moved[reached] = True
        arcs = np.flatnonzero(moved[tails])
    raise ArithmeticError("the flow leaves a negative cycle")
