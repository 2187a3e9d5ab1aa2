"""Orders that cannot be divided freely, settled by rejecting only.

First everything may be divided, which bounds the value. Then, at every node, the least
filled half of the orders below their least fill is dropped (or moves to its next
terms), and the rest is solved again. An order that stays is filled at prices within
its limit, so that none is ever accepted at a loss; some that could have traded may be
rejected, and are told so. Orders held to a number of lots keep their largest ones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from app.matching.building import build
from app.matching.duals import Duals, prices
from app.matching.layout import Layout
from app.matching.likely import solve_network
from app.matching.network import Book, Network
from app.matching.tables import Ints, picked

# Further least fills and limits by row of the order, used up as they are tried.
Steps = dict[int, list[tuple[int, int]]]


@dataclass(frozen=True)
class Round:
    """One solved network; ``hint`` are prices that are near its own."""

    book: Book
    network: Network
    flow: Ints
    hint: Duals | None = None

    def filled(self) -> Ints:
        """Return the grams on the arc of each order; alike orders share one."""
        return picked(self.flow, self.network.order_arc, 0)

    def value(self) -> int:
        """Return the value of the flow in minor units per kg times grams."""
        return -int((self.flow * self.network.costs).sum())

    def duals(self) -> Duals:
        """Return the prices that support the flow."""
        arcs = self.network
        return prices(
            *(arcs.tails, arcs.heads, arcs.capacities, arcs.costs),
            *(self.flow, len(arcs.layers), self.hint),
        )

    def bound(self, price: Ints) -> int:
        """Return the value that node prices promise to all arcs together."""
        network = self.network
        gain = price[network.heads] - price[network.tails] - network.costs
        arcs = np.flatnonzero((gain > 0) & (network.capacities > 0))
        return int((gain[arcs] * network.capacities[arcs]).sum())


@dataclass(frozen=True)
class Rejection:
    """An order that was dropped, or moved to its next terms, and what it would have got.

    :param displaced: it could have been filled, and made room for one worth more.
    """

    order: int
    found_g: int
    displaced: bool = False


def solve(layout: Layout, book: Book) -> Round:
    """Build and solve a network from scratch."""
    return _solved(book, build(layout, book), None)


def settle(layout: Layout, first: Round, steps: Steps) -> tuple[Round, list[Rejection]]:
    """Return a round in which every order has at least its least fill, or nothing.

    :param steps: by row of the order, the further terms it may move to; used up here.
    """
    now, rejections = first, list[Rejection]()
    while True:
        rows = _unmet(now, steps)
        if len(rows) == 0:
            return now, rejections
        filled = now.filled()
        rejections += [Rejection(int(row), int(filled[row])) for row in rows]
        now = _without(layout, now, rows, steps)


def resolved(now: Round, order_g: Ints) -> Round:
    """Solve again with other quantities of indivisible orders."""
    capacities = now.network.capacities.copy()
    changed = np.flatnonzero(order_g != now.book.order_g)
    capacities[now.network.order_arc[changed]] = order_g[changed]
    book = replace(now.book, order_g=order_g)
    return _solved(book, replace(now.network, capacities=capacities), now.hint)


def _unmet(now: Round, steps: Steps) -> Ints:
    """Return the orders to give up in this pass: the worst half at every node."""
    filled, least_g = now.filled(), now.book.least_g
    short = np.flatnonzero((least_g > 0) & (filled < least_g) & (now.book.order_g > 0))
    # An order with nothing is rejected as it is, unless it has further terms to try.
    waiting = np.array([bool(steps.get(row)) for row in short.tolist()], dtype=np.bool_)
    partly = short[filled[short] > 0]
    if len(partly) == 0:
        return short[waiting] if len(short) else short
    share = filled[partly] / least_g[partly]
    by_node = np.lexsort((partly, share, now.network.order_node[partly]))
    node = now.network.order_node[partly][by_node]
    starts = np.flatnonzero(np.diff(node, prepend=-1))
    counts = np.diff(np.append(starts, len(node)))
    rank = np.arange(len(node)) - np.repeat(starts, counts)
    chosen = rank < np.repeat((counts + 1) // 2, counts)
    return np.sort(partly[by_node[chosen]])


def _without(layout: Layout, now: Round, rows: Ints, steps: Steps) -> Round:
    book = now.book
    order_g, least_g, limits = book.order_g.copy(), book.least_g.copy(), book.limits.copy()
    moved = [int(row) for row in rows if steps.get(int(row))]
    for row in moved:
        least_g[row], limit = steps[row].pop(0)
        limits[row] = np.where(limits[row] >= 0, limit, -1)
    dropped = rows[~np.isin(rows, np.array(moved, dtype=np.int64))]
    order_g[dropped] = 0
    book = replace(book, order_g=order_g, least_g=least_g, limits=limits)
    return solve(layout, book) if moved else resolved(now, order_g)


def _solved(book: Book, network: Network, hint: Duals | None) -> Round:
    solved = solve_network(network, hint)
    return Round(book, network, solved.flow, solved.hint)
