"""What stood in the end, read from evidence for checking: quantities, limits, pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.matching.evidence import AllocationTable, Evidence, Narrowed
from app.matching.problem import Problem
from app.matching.tables import Bools, Ints, picked, positions


@dataclass(frozen=True)
class Pairs:
    """Pairs of rows of lots and orders.

    :param first_day: the first collection day on which a pair can meet; ``last_day``.
    :param limit: of the order for the lot's grade. :param gain: of the pair per kg.
    """

    lots: Ints
    orders: Ints
    tariff_rows: Ints
    first_day: Ints
    last_day: Ints
    limit: Ints
    gain: Ints
    meets: Bools


@dataclass(frozen=True)
class Standing:
    """A market as it is to be checked.

    :param lot_g: grams of each lot beside its pins; ``order_g``: of each order.
    :param limits: limit of each order by grade of the lot, -1 where refused.
    :param restricted: orders that take certain lots only, which ``pair_order`` and
        ``pair_lot`` list by row.
    """

    problem: Problem
    lot_g: Ints
    order_g: Ints
    limits: Ints
    restricted: Bools
    pair_order: Ints
    pair_lot: Ints

    def tariff_rows(self, villages: Ints, points: Ints) -> Ints:
        """Return the row of the tariff for ids of villages and points, -1 for none."""
        freight = self.problem.freight
        known = np.unique(freight.village_id), np.unique(freight.pickup_point_id)
        # The tariff is sorted by village and point, and so are these keys.
        keys = positions(known[0], freight.village_id) * len(known[1])
        keys += positions(known[1], freight.pickup_point_id)
        village, point = positions(known[0], villages), positions(known[1], points)
        rows = positions(keys, village * len(known[1]) + point)
        return np.where((village >= 0) & (point >= 0), rows, -1)

    def pairs(self, lots: Ints, orders: Ints) -> Pairs:
        """Return where, when and at what gain pairs of rows can meet."""
        problem = self.problem
        rows = self.tariff_rows(
            problem.lots.village_id[lots], problem.orders.pickup_point_id[orders]
        )
        limit = self.limits[orders, problem.lots.grade[lots]]
        lag = picked(problem.freight.lag_days, rows, 0)
        first = np.maximum(problem.lots.first_day[lots], problem.orders.first_day[orders] - lag)
        np.maximum(first, problem.rules.earliest_day, out=first)
        last = np.minimum(problem.lots.last_day[lots], problem.orders.last_day[orders] - lag)
        cost = picked(problem.freight.freight_minor + problem.freight.fee_minor, rows, 0)
        return Pairs(
            lots=lots,
            orders=orders,
            tariff_rows=rows,
            first_day=first,
            last_day=last,
            limit=limit,
            gain=limit - problem.lots.ask_minor[lots] - cost,
            meets=(rows >= 0) & (limit >= 0) & (first <= last),
        )

    def trades(self, allocations: AllocationTable) -> Pairs:
        """Return the pairs that allocations name; every name has to be known."""
        return self.pairs(
            positions(self.problem.lots.id, allocations.lot_id),
            positions(self.problem.orders.id, allocations.order_id),
        )


def final_standing(evidence: Evidence) -> Standing:
    """Return the market without what was dropped, on the terms that stood."""
    problem = evidence.problem
    limits = problem.orders.limits()
    rows = np.searchsorted(problem.orders.id, evidence.terms.order_id)
    limits[rows] = np.where(limits[rows] >= 0, evidence.terms.limit_minor[:, None], -1)
    lot_g, order_g = _beside_pins(problem)
    order_g[np.searchsorted(problem.orders.id, evidence.dropped)] = 0
    return _standing(problem, lot_g, order_g, limits, evidence.narrowed)


def relaxed_standing(evidence: Evidence) -> Standing:
    """Return the market in which every order may be divided, at its best limit."""
    problem = evidence.problem
    return _standing(problem, *_beside_pins(problem), relaxed_limits(problem), Narrowed())


def relaxed_limits(problem: Problem) -> Ints:
    """Return limits that are the highest among each order's terms."""
    limits = problem.orders.limits()
    for order, steps in problem.fallbacks.items():
        row = np.searchsorted(problem.orders.id, order)
        best = max(limit for _, limit in steps)
        limits[row] = np.where(limits[row] >= 0, np.maximum(limits[row], best), -1)
    return limits


def _beside_pins(problem: Problem) -> tuple[Ints, Ints]:
    lot_g, order_g = problem.lots.quantity_g.copy(), problem.orders.quantity_g.copy()
    for pin in problem.pins:
        lot_g[np.searchsorted(problem.lots.id, pin.lot_id)] -= pin.quantity_g
        order_g[np.searchsorted(problem.orders.id, pin.order_id)] -= pin.quantity_g
    return lot_g, order_g


def _standing(
    problem: Problem, lot_g: Ints, order_g: Ints, limits: Ints, narrowed: Narrowed
) -> Standing:
    by_narrowing = np.isin(problem.orders.id, narrowed.order_id)
    by_farmer = np.flatnonzero((problem.orders.only_farmer_id != 0) & ~by_narrowing)
    sorted_lots = farmers = problem.lots.farmer_id[:0]
    if len(by_farmer):
        sorted_lots = np.argsort(problem.lots.farmer_id, kind="stable")
        farmers = problem.lots.farmer_id[sorted_lots]
    pair_order = [np.searchsorted(problem.orders.id, narrowed.order_id)]
    pair_lot = [np.searchsorted(problem.lots.id, narrowed.lot_id)]
    for order in by_farmer:
        wanted = problem.orders.only_farmer_id[order]
        first, last = np.searchsorted(farmers, wanted), np.searchsorted(farmers, wanted, "right")
        pair_lot.append(sorted_lots[first:last])
        pair_order.append(np.full(last - first, order))
    return Standing(
        problem=problem,
        lot_g=lot_g,
        order_g=order_g,
        limits=limits,
        restricted=by_narrowing | (problem.orders.only_farmer_id != 0),
        pair_order=np.concatenate(pair_order),
        pair_lot=np.concatenate(pair_lot),
    )
