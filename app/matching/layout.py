"""Lots, orders and tariff as small consecutive numbers, with the days that matter.

A pair of a lot and an order can meet on some day exactly if it can meet on the later
of the lot's first day and the order's first day less the lag. So only such days need
nodes in the network, however long the windows are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.matching.problem import Problem
from app.matching.tables import Bools, Ints, picked, positions


@dataclass(frozen=True)
class Layout:
    """The numbers behind the ids; -1 stands for a place that no tariff names.

    :param days: collection days that matter, ascending; :param arrivals: their days
        at the pickup points.
    :param lot_from: first and (``lot_to``) last index into ``days``, empty where
        ``lot_to < lot_from``; the same for orders into ``arrivals``.
    """

    problem: Problem
    villages: Ints
    points: Ints
    lot_village: Ints
    order_point: Ints
    pair_village: Ints
    pair_point: Ints
    pair_cost: Ints
    days: Ints
    arrivals: Ints
    lot_from: Ints
    lot_to: Ints
    order_from: Ints
    order_to: Ints

    def tariff_rows(self, village: Ints, point: Ints) -> Ints:
        """Return the row of the tariff for each village and point, -1 where there is none."""
        keys = self.pair_village * len(self.points) + self.pair_point
        wanted = village * len(self.points) + point
        return np.where((village >= 0) & (point >= 0), positions(keys, wanted), -1)

    def first_days(self, lots: Ints, orders: Ints, rows: Ints) -> Ints:
        """Return the first collection day of each pair, -1 where the windows do not meet."""
        problem = self.problem
        lag = picked(problem.freight.lag_days, rows, 0)
        first = np.maximum(
            np.maximum(problem.lots.first_day[lots], problem.rules.earliest_day),
            problem.orders.first_day[orders] - lag,
        )
        last = np.minimum(problem.lots.last_day[lots], problem.orders.last_day[orders] - lag)
        return np.where((rows >= 0) & (first <= last), first, -1)


def lay_out(problem: Problem) -> Layout:
    """Number the places and days of a problem."""
    lots, orders, freight = problem.lots, problem.orders, problem.freight
    villages, points = np.unique(freight.village_id), np.unique(freight.pickup_point_id)
    days, arrivals, first_day = _days_that_matter(problem)
    return Layout(
        problem=problem,
        villages=villages,
        points=points,
        lot_village=positions(villages, lots.village_id),
        order_point=positions(points, orders.pickup_point_id),
        pair_village=positions(villages, freight.village_id),
        pair_point=positions(points, freight.pickup_point_id),
        pair_cost=freight.freight_minor + freight.fee_minor,
        days=days,
        arrivals=arrivals,
        lot_from=np.searchsorted(days, first_day),
        lot_to=np.searchsorted(days, lots.last_day, side="right") - 1,
        order_from=np.searchsorted(arrivals, orders.first_day),
        order_to=np.searchsorted(arrivals, orders.last_day, side="right") - 1,
    )


def covered(
    place: Ints, group: Ints, first: Ints, last: Ints, shape: tuple[int, int, int]
) -> Bools:
    """Mark which (place, group, day) lie in some row's range of day indices."""
    places, groups, day_count = shape
    steps = np.zeros((places, groups, day_count + 1), dtype=np.int64)
    rows = (place >= 0) & (first <= last)
    np.add.at(steps, (place[rows], group[rows], first[rows]), 1)
    np.add.at(steps, (place[rows], group[rows], last[rows] + 1), -1)
    return np.cumsum(steps, axis=2)[:, :, :day_count] > 0


def _days_that_matter(problem: Problem) -> tuple[Ints, Ints, Ints]:
    lots, orders = problem.lots, problem.orders
    lags = np.unique(problem.freight.lag_days)
    if min(len(lots), len(orders), len(lags)) == 0:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), lots.first_day
    # Before the first order can be reached, a lot's days are all alike.
    soonest = max(int(orders.first_day.min() - lags.max()), problem.rules.earliest_day)
    latest = int(orders.last_day.max() - lags.min())
    first_day = np.maximum(lots.first_day, soonest)
    starts = [np.unique(first_day)] + [np.unique(orders.first_day) - lag for lag in lags]
    days = np.unique(np.concatenate(starts))
    days = days[(days >= first_day.min()) & (days <= min(latest, int(lots.last_day.max())))]
    return days, np.unique(days[:, None] + lags[None, :]), first_day
