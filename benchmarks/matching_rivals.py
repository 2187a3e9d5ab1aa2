"""What others do: first come first served, and the cheapest lot for the dearest order."""

from __future__ import annotations

import numpy as np

from app.matching.problem import Problem
from app.matching.tables import Ints

# Beyond every limit: where there is no tariff, or no lot left.
FAR = np.int64(2**40)


def first_come(problem: Problem) -> int:
    """Return the value when each order, as it comes, takes the cheapest lots that fit."""
    lots, orders = problem.lots, problem.orders
    cost = _delivered(problem)
    left = lots.quantity_g.copy()
    village, point_of = _rows(problem)
    value = 0
    for order in np.argsort(orders.ordered_at, kind="stable").tolist():
        point = point_of[order]
        gain = orders.limit_minor[order] - lots.ask_minor - cost[village, point]
        fits = (gain >= 0) & (left > 0) & (lots.grade <= orders.least_grade[order])
        fits &= (lots.first_day <= orders.last_day[order]) & (
            lots.last_day >= orders.first_day[order]
        )
        chosen = np.flatnonzero(fits)
        chosen = chosen[np.argsort(-gain[chosen], kind="stable")]
        value += _fill(chosen, left, gain, int(orders.quantity_g[order]))
    return value


def greedy(problem: Problem) -> int:
    """Return the value when orders, dearest first, take the cheapest lots that fit."""
    lots, orders = problem.lots, problem.orders
    cost = _delivered(problem)
    village, point_of = _rows(problem)
    kinds = np.stack([village, lots.grade, lots.first_day, lots.last_day], axis=1)
    heaps, kind = np.unique(kinds, axis=0, return_inverse=True)
    kind = kind.reshape(-1)
    queue = np.lexsort((lots.offered_at, lots.ask_minor, kind))
    ends = np.cumsum(np.bincount(kind, minlength=len(heaps)))
    heads = ends - np.bincount(kind, minlength=len(heaps))
    left = lots.quantity_g.copy()
    ask = lots.ask_minor[queue[heads]].copy()
    value = 0
    for order in np.lexsort((orders.ordered_at, -orders.limit_minor)).tolist():
        point = point_of[order]
        fits = heaps[:, 1] <= orders.least_grade[order]
        fits &= (heaps[:, 2] <= orders.last_day[order]) & (heaps[:, 3] >= orders.first_day[order])
        total = np.where(fits, ask + cost[heaps[:, 0], point], FAR)
        wanted, limit = int(orders.quantity_g[order]), int(orders.limit_minor[order])
        while wanted:
            best = int(np.argmin(total))
            if total[best] > limit:
                break
            lot = queue[heads[best]]
            given = min(wanted, int(left[lot]))
            left[lot] -= given
            wanted -= given
            value += given * (limit - int(total[best]))
            if left[lot] == 0:
                heads[best] += 1
                empty = heads[best] == ends[best]
                ask[best] = FAR if empty else lots.ask_minor[queue[heads[best]]]
                total[best] = FAR if empty else ask[best] + cost[heaps[best, 0], point]
    return value


def _rows(problem: Problem) -> tuple[Ints, Ints]:
    """Return the row of each lot's village and each order's point, the last for none."""
    rows = []
    for known, ids in (
        (problem.freight.village_id, problem.lots.village_id),
        (problem.freight.pickup_point_id, problem.orders.pickup_point_id),
    ):
        places = np.unique(known)
        row = np.minimum(np.searchsorted(places, ids), len(places) - 1)
        rows.append(np.where(places[row] == ids, row, len(places)))
    return rows[0], rows[1]


def _delivered(problem: Problem) -> Ints:
    """Return transport and fee per kg by village and pickup point."""
    freight = problem.freight
    villages, village = np.unique(freight.village_id, return_inverse=True)
    points, point = np.unique(freight.pickup_point_id, return_inverse=True)
    cost = np.full((len(villages) + 1, len(points) + 1), FAR, dtype=np.int64)
    cost[village, point] = freight.freight_minor + freight.fee_minor
    return cost


def _fill(chosen: Ints, left: Ints, gain: Ints, wanted: int) -> int:
    value = 0
    for lot in chosen.tolist():
        given = min(wanted, int(left[lot]))
        left[lot] -= given
        wanted -= given
        value += given * int(gain[lot])
        if wanted == 0:
            break
    return value
