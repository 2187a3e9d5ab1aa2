"""Matching again after a shortage, for those alone who lose by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from app.matching.evidence import AllocationTable
from app.matching.problem import Problem
from app.matching.shares import prorated
from app.matching.tables import Ints, LotTable, OrderTable


def after_shortage(
    problem: Problem, allocations: AllocationTable, available_g: Mapping[int, int]
) -> tuple[AllocationTable, Problem]:
    """Return what stays of the allocations, and the problem of replacing what is lost.

    Only orders that lose something are matched again, and only with what no other
    order has; everyone else keeps lot, quantity and price.

    :param available_g: grams that short lots really have, by lot.
    """
    kept_g = allocations.quantity_g.copy()
    for lot_id, left_g in sorted(available_g.items()):
        rows = np.flatnonzero(allocations.lot_id == lot_id)
        if left_g < int(kept_g[rows].sum()):
            kept_g[rows] = prorated(left_g, kept_g[rows], allocations.order_id[rows])
    lots = _unsold(problem, allocations, kept_g, available_g)
    orders = _short(problem, allocations, kept_g)
    there = set(lots.id.tolist()), set(orders.id.tolist())
    rest = Problem.from_tables(
        lots,
        orders,
        problem.freight,
        forbidden=[
            pair
            for pair in problem.forbidden
            if pair.lot_id in there[0] and pair.order_id in there[1]
        ],
        rules=problem.rules,
    )
    return replace(allocations, quantity_g=kept_g).take(kept_g > 0), rest


def _unsold(
    problem: Problem, allocations: AllocationTable, kept_g: Ints, available_g: Mapping[int, int]
) -> LotTable:
    left_g = problem.lots.quantity_g.copy()
    for lot_id, real_g in available_g.items():
        left_g[np.searchsorted(problem.lots.id, lot_id)] = real_g
    np.subtract.at(left_g, np.searchsorted(problem.lots.id, allocations.lot_id), kept_g)
    return replace(problem.lots, quantity_g=left_g).take(left_g > 0)


def _short(problem: Problem, allocations: AllocationTable, kept_g: Ints) -> OrderTable:
    orders = problem.orders
    rows = np.searchsorted(orders.id, allocations.order_id)
    missing_g, sources = np.zeros(len(orders), np.int64), np.zeros(len(orders), np.int64)
    np.add.at(missing_g, rows, allocations.quantity_g - kept_g)
    np.add.at(sources, rows, (kept_g > 0).astype(np.int64))
    limited = orders.most_lots > 0
    # What an order has kept already stands, so any part of the rest is welcome.
    nothing = np.zeros(len(orders), dtype=np.int64)
    short = replace(
        orders,
        quantity_g=missing_g,
        all_or_nothing=nothing,
        least_fill_g=nothing,
        most_lots=np.where(limited, np.maximum(orders.most_lots - sources, 0), 0),
    )
    return short.take((missing_g > 0) & (~limited | (short.most_lots > 0)))
