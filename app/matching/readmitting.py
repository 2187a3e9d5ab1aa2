"""Taking rejected orders back where that gains value.

Dropping half of the unfilled at once is quick, and at times drops the wrong one: a
large order may have to make room for a small one that is worth less. So each rejected
order is tried once more, first as it is, then in place of the cheapest whole orders at
its pickup point. The effort is held to about what solving a large market once costs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.matching.indivisible import Rejection, Round, Steps, resolved, settle
from app.matching.layout import Layout
from app.matching.tables import Ints

_EFFORT_ARCS = 700_000
_MOST_DISPLACED = 8


@dataclass
class _Search:
    """The best round so far, and the solving that is left to spend."""

    layout: Layout
    wanted_g: Ints
    best: Round
    rejections: list[Rejection]
    left: int

    def try_round(self, start: Round) -> bool:
        """Settle a start and keep it if it is worth more than the best."""
        self.left -= 1
        settled, dropped = settle(self.layout, start, {})
        if settled.value() <= self.best.value():
            return False
        self.best = settled
        self.rejections += dropped
        return True


def readmitted(
    layout: Layout,
    settled: Round,
    wanted_g: Ints,
    steps: Steps,
    rejections: list[Rejection],
) -> tuple[Round, list[Rejection]]:
    """Return a round worth at least as much, with rejected orders taken back.

    :param wanted_g: grams of each order before any was dropped.
    """
    effort = _EFFORT_ARCS // max(len(settled.network.tails), 1)
    search = _Search(layout, wanted_g, settled, list(rejections), effort)
    value = -1
    while value < search.best.value():
        value = search.best.value()
        # Orders with further terms have had their other chances.
        tried = {rejection.order for rejection in search.rejections}
        tried = {row for row in tried if not steps.get(row)}
        for row in _by_value(search.best, wanted_g, tried):
            if search.left <= 0:
                return search.best, search.rejections
            if search.best.book.order_g[row] == 0 and not _taken_back(search, row):
                _in_place_of_others(search, row)
    return search.best, search.rejections


def _by_value(now: Round, wanted_g: Ints, rows: set[int]) -> list[int]:
    """Return the rows that are rejected, those that would pay most in all first."""
    worth = {row: int(wanted_g[row]) * int(now.book.limits[row].max()) for row in rows}
    return sorted(
        (row for row in rows if now.book.order_g[row] == 0), key=lambda row: (-worth[row], row)
    )


def _taken_back(search: _Search, row: int) -> bool:
    order_g = search.best.book.order_g.copy()
    order_g[row] = search.wanted_g[row]
    return search.try_round(resolved(search.best, order_g))


def _in_place_of_others(search: _Search, row: int) -> None:
    """Drop the cheapest whole orders at the same point until this one is filled."""
    now, limits = search.best, search.best.book.limits.max(axis=1, initial=-1)
    order_g = now.book.order_g.copy()
    order_g[row] = search.wanted_g[row]
    rivals = np.flatnonzero(
        (now.book.least_g > 0)
        & (now.filled() > 0)
        & (search.layout.order_point == search.layout.order_point[row])
    )
    for rival in rivals[np.argsort(limits[rivals], kind="stable")][:_MOST_DISPLACED].tolist():
        if search.left <= 0:
            return
        order_g[rival] = 0
        search.left -= 1
        trial = resolved(now, order_g)
        if trial.filled()[row] >= trial.book.least_g[row]:
            # Whoever made room without need comes back in the next pass.
            if search.try_round(trial):
                gone = rivals[order_g[rivals] == 0].tolist()
                search.rejections += [Rejection(other, 0, displaced=True) for other in gone]
            return
