"""Whether prices support an outcome: no pair could gain by trading otherwise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.matching.evidence import PlacePrices, Support
from app.matching.standing import Standing
from app.matching.tables import GRADES, Bools, Ints

# Stands for 'no price here', beyond any price and far from overflow when costs are added.
NONE = 2**58


@dataclass(frozen=True)
class Promise:
    """What each lot and each order gains per kg at given prices, never below 0.

    :param faults: what keeps the prices from bounding the value of every outcome.
    """

    lot_gain: Ints
    order_gain: Ints
    faults: tuple[str, ...]


def promise(standing: Standing, support: Support) -> Promise:
    """Return what prices promise, and whether no pair could gain more by trading."""
    faults = []
    for table in (support.lots, support.orders):
        if len(np.unique(table.id)) < len(table):
            faults.append("two prices for one lot or order")
    if not _freight_bounded(standing, support):
        faults.append("a price difference exceeds the freight")
    isolated = _isolated(standing)
    # The pool's prices do not reach whoever trades outside it.
    pool_lots = np.where(isolated, 0, np.maximum(_best_offer(standing, support), 0))
    pool_orders = np.where(standing.restricted, 0, np.maximum(_best_bargain(standing, support), 0))
    lot_gain, order_gain = pool_lots.copy(), pool_orders.copy()
    lots, orders = standing.problem.lots, standing.problem.orders
    rows = np.searchsorted(lots.id, support.lots.id)
    lot_gain[rows] = np.maximum(support.lots.figure_minor - lots.ask_minor[rows], 0)
    rows = np.searchsorted(orders.id, support.orders.id)
    order_gain[rows] = np.maximum(support.orders.figure_minor, 0)
    if ((lot_gain < pool_lots) & (standing.lot_g > 0)).any():
        faults.append("a lot's own price is below the pool's")
    if ((order_gain < pool_orders) & (standing.order_g > 0)).any():
        faults.append("an order's own gain is below the pool's")
    for lot, order in _direct_pairs(standing, isolated):
        pairs = standing.pairs(lot, order)
        live = pairs.meets & (standing.lot_g[lot] > 0) & (standing.order_g[order] > 0)
        if (live & (lot_gain[lot] + order_gain[order] < pairs.gain)).any():
            faults.append("a pair outside the pool would gain by trading")
            break
    return Promise(lot_gain, order_gain, tuple(faults))


def _isolated(standing: Standing) -> Bools:
    barred = np.array([pair.lot_id for pair in standing.problem.forbidden], dtype=np.int64)
    return np.isin(standing.problem.lots.id, barred)


def _direct_pairs(standing: Standing, isolated: Bools) -> list[tuple[Ints, Ints]]:
    """Return the pairs that no pool price covers: of restricted orders and barred lots."""
    problem = standing.problem
    barred = {(pair.lot_id, pair.order_id) for pair in problem.forbidden}
    pairs = [(standing.pair_lot, standing.pair_order)]
    free = np.flatnonzero(~standing.restricted)
    pairs += [(np.full(len(free), lot), free) for lot in np.flatnonzero(isolated)]
    if not barred:
        return pairs
    kept = []
    for lot, order in pairs:
        ids = zip(problem.lots.id[lot].tolist(), problem.orders.id[order].tolist(), strict=True)
        allowed = np.array([pair not in barred for pair in ids], dtype=bool)
        kept.append((lot[allowed], order[allowed]))
    return kept


class _Grid:
    """Prices by place, grade and day, dense; ``NONE`` where none is given."""

    def __init__(self, prices: PlacePrices, missing: int) -> None:
        self.places, place = np.unique(prices.place_id, return_inverse=True)
        self.days, day = np.unique(prices.day, return_inverse=True)
        # One more place at the end stands for every unknown one.
        shape = (len(self.places) + 1, GRADES, len(self.days))
        self.prices = np.full(shape, missing, dtype=np.int64)
        self.prices[place, prices.grade, day] = prices.price_minor

    def rows(self, place_ids: Ints) -> Ints:
        """Return the row of each place, the last for an unknown one."""
        if len(self.places) == 0:
            return np.zeros(len(place_ids), dtype=np.int64)
        rows = np.minimum(np.searchsorted(self.places, place_ids), len(self.places) - 1)
        return np.where(self.places[rows] == place_ids, rows, len(self.places))


def _best_offer(standing: Standing, support: Support) -> Ints:
    """Return what the best day of each lot's window pays above its ask."""
    lots = standing.problem.lots
    grid = _Grid(support.villages, -NONE)
    rows, best = grid.rows(lots.village_id), np.full(len(lots), -NONE, dtype=np.int64)
    for index, day in enumerate(grid.days):
        inside = (lots.first_day <= day) & (day <= lots.last_day)
        price = np.where(inside, grid.prices[rows, lots.grade, index], -NONE)
        np.maximum(best, price, out=best)
    return best - lots.ask_minor


def _best_bargain(standing: Standing, support: Support) -> Ints:
    """Return each order's limit less the lowest price it could pay, at its best grade."""
    orders = standing.problem.orders
    grid = _Grid(support.points, NONE)
    rows, best = grid.rows(orders.pickup_point_id), np.full(len(orders), -NONE, dtype=np.int64)
    for grade in range(GRADES):
        limit = standing.limits[:, grade]
        for index, day in enumerate(grid.days):
            inside = (orders.first_day <= day) & (day <= orders.last_day) & (limit >= 0)
            bargain = np.where(inside, limit - grid.prices[rows, grade, index], -NONE)
            np.maximum(best, bargain, out=best)
    return best


def _freight_bounded(standing: Standing, support: Support) -> bool:
    """Check every trip that some pooled lot and some order could make.

    It is enough to look at days on which a lot or an order begins: a pair that can
    meet can meet on such a day.
    """
    problem = standing.problem
    freight, earliest = problem.freight, problem.rules.earliest_day
    if min(len(problem.lots), len(problem.orders), len(freight)) == 0:
        return True
    lags = np.unique(freight.lag_days)
    soonest = max(int(problem.orders.first_day.min() - lags.max()), earliest)
    begins = np.unique(np.maximum(problem.lots.first_day, soonest))
    days = np.unique(
        np.concatenate([begins, *(np.unique(problem.orders.first_day) - lag for lag in lags)])
    )
    days = days[(days >= soonest) & (days <= problem.lots.last_day.max())]
    villages, points = _Grid(support.villages, NONE), _Grid(support.points, -NONE)
    at_village, at_point = villages.rows(freight.village_id), points.rows(freight.pickup_point_id)
    cost = freight.freight_minor + freight.fee_minor
    offered, asked = _offered(standing, days), _asked(standing, _arrivals(days, lags))
    for day in days:
        leaves = _on_day(villages, at_village, np.full(len(freight), day), NONE)
        arrives = _on_day(points, at_point, day + freight.lag_days, -NONE)
        needed = offered.marks(freight.village_id, np.full(len(freight), day))
        needed &= asked.marks(freight.pickup_point_id, day + freight.lag_days)
        # A price that is missing where a pair could trade bounds nothing.
        missing = (leaves == NONE) | (arrives == -NONE)
        if (needed & (missing | (arrives > leaves + cost[:, None]))).any():
            return False
    return True


def _on_day(grid: _Grid, rows: Ints, days: Ints, missing: int) -> Ints:
    if len(grid.days) == 0:
        return np.full((len(rows), GRADES), missing, dtype=np.int64)
    index = np.minimum(np.searchsorted(grid.days, days), len(grid.days) - 1)
    known = grid.days[index] == days
    prices: Ints = np.where(known[:, None], grid.prices[rows, :, index], missing)
    return prices


class _Presence:
    """Where, in which grade and on which day somebody offers or asks."""

    def __init__(self, days: Ints, places: Ints, grades: Bools, first: Ints, last: Ints) -> None:
        self.days = days
        self.places, place = np.unique(places, return_inverse=True)
        steps = np.zeros((len(self.places) + 1, GRADES, len(days) + 1), dtype=np.int64)
        begin, end = np.searchsorted(days, first), np.searchsorted(days, last, side="right")
        for grade in range(GRADES):
            rows = np.flatnonzero(grades[:, grade])
            np.add.at(steps, (place[rows], np.full(len(rows), grade), begin[rows]), 1)
            np.add.at(steps, (place[rows], np.full(len(rows), grade), end[rows]), -1)
        self.present = np.cumsum(steps, axis=2) > 0

    def marks(self, places: Ints, days: Ints) -> Bools:
        """Return by grade whether somebody is at each place on each day."""
        if len(self.places) == 0 or len(self.days) == 0:
            return np.zeros((len(places), GRADES), dtype=bool)
        place = np.minimum(np.searchsorted(self.places, places), len(self.places) - 1)
        day = np.minimum(np.searchsorted(self.days, days), len(self.days) - 1)
        known = (self.places[place] == places) & (self.days[day] == days)
        marks: Bools = self.present[place, :, day] & known[:, None]
        return marks


def _arrivals(days: Ints, lags: Ints) -> Ints:
    return np.unique(days[:, None] + lags[None, :])


def _offered(standing: Standing, days: Ints) -> _Presence:
    lots = standing.problem.lots
    there = ~_isolated(standing) & (standing.lot_g > 0)
    grades = (lots.grade[:, None] == np.arange(GRADES)) & there[:, None]
    return _Presence(days, lots.village_id, grades, lots.first_day, lots.last_day)


def _asked(standing: Standing, days: Ints) -> _Presence:
    orders = standing.problem.orders
    there = ~standing.restricted & (standing.order_g > 0)
    grades = (standing.limits >= 0) & there[:, None]
    return _Presence(days, orders.pickup_point_id, grades, orders.first_day, orders.last_day)
