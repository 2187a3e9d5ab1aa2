"""The factored network of one market: what may flow from lots to orders, at what cost.

Goods run from the market node through lot classes, villages and days, freight, pickup
points and days, and order classes back to the market node. Its size grows with lots
plus orders plus villages times points, not with lots times orders. Orders that take
only certain lots, and pairs that are forbidden, get direct arcs beside the pool, so
that the network stays exact. See docs/matching.md for the proof.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from app.matching.special import Specials
from app.matching.tables import Bools, Ints

MARKET = 0
# The layers that goods pass, in order; decomposing a flow walks along them.
LOT, WINDOW, VILLAGE, POINT, CLASS, ORDER = 1, 2, 3, 4, 7, 8


@dataclass(frozen=True)
class Book:
    """What stands to be matched at one moment of a clearing.

    :param lot_g: grams of each lot that may flow; ``order_g``: of each order.
    :param limits: limit of each order by grade of the lot, -1 where refused.
    :param least_g: least grams each order takes; 0 takes any part.
    :param narrowed: rows of orders that may be served by the given rows of lots only.
    """

    lot_g: Ints
    order_g: Ints
    limits: Ints
    least_g: Ints
    narrowed: Mapping[int, Ints]


@dataclass(frozen=True)
class Network:
    """Arcs, nodes and where each lot and order is on them.

    :param lot_arc: the arc from the market that carries each lot, -1 if none.
    :param order_arc: the arc to the market that carries each order, -1 if none.
    :param lot_node: the node whose price each lot earns, -1 if none.
    :param order_node: the node whose price each order pays, -1 if none. An order with
        a node of its own (``own_order``) pays its limit more than that node's price.
    :param village_nodes: nodes by (village, grade, day), -1 where there are none;
        ``point_nodes``: by (pickup point, grade, day of arrival).
    """

    tails: Ints
    heads: Ints
    capacities: Ints
    costs: Ints
    layers: Ints
    lot_arc: Ints
    order_arc: Ints
    lot_node: Ints
    order_node: Ints
    own_order: Bools
    village_nodes: Ints
    point_nodes: Ints
    specials: Specials


class Arcs:
    """Arcs gathered piece by piece."""

    def __init__(self) -> None:
        self._pieces: list[tuple[Ints, Ints, Ints, Ints]] = []
        self.count = 0

    def add(self, tails: Ints, heads: Ints, capacities: Ints, costs: Ints) -> Ints:
        """Add arcs and return their numbers."""
        size = len(tails)
        self._pieces.append((tails, heads, capacities, costs))
        self.count += size
        return np.arange(self.count - size, self.count)

    def joined(self) -> tuple[Ints, Ints, Ints, Ints]:
        """Return tails, heads, capacities and costs of all arcs."""
        tails, heads, capacities, costs = (
            np.concatenate(c) for c in zip(*self._pieces, strict=True)
        )
        return tails, heads, capacities, costs


class Nodes:
    """Nodes gathered layer by layer; the market is node 0."""

    def __init__(self) -> None:
        self._layers: list[Ints] = [np.zeros(1, dtype=np.int64)]
        self.count = 1

    def add(self, size: int, layer: int) -> Ints:
        """Add nodes of one layer and return their numbers."""
        self._layers.append(np.full(size, layer, dtype=np.int64))
        self.count += size
        return np.arange(self.count - size, self.count)

    def masked(self, mask: Bools, layer: int) -> Ints:
        """Add a node for each true entry; return their numbers in its shape, -1 elsewhere."""
        numbers = np.full(mask.shape, -1, dtype=np.int64)
        numbers[mask] = self.add(int(mask.sum()), layer)
        return numbers

    def layers(self) -> Ints:
        """Return the layer of every node."""
        return np.concatenate(self._layers)
