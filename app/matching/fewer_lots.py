"""Dividing a solved market into contracts, and holding orders to a number of lots."""

from __future__ import annotations

import numpy as np

from app.matching.contracts import Contracts, take_apart
from app.matching.indivisible import Round
from app.matching.network import Book
from app.matching.problem import Problem
from app.matching.shares import floor_parts, split
from app.matching.tables import Ints, picked


def divided(problem: Problem, now: Round) -> Contracts:
    """Return who gives how much to whom, sharing fairly where the prices leave it open."""
    lots, orders, network = problem.lots, problem.orders, now.network
    sold = picked(now.flow, network.lot_arc, 0)
    full = sold >= picked(network.capacities, network.lot_arc, 0)
    tied = np.flatnonzero((sold > 0) & ~full)
    floors = floor_parts(
        lots.farmer_id,
        now.book.lot_g,
        np.where(full, now.book.lot_g, 0),
        tied,
        problem.rules.floor_g,
    )
    lot_g = split(network.lot_arc, now.flow, now.book.lot_g, floors, lots.offered_at)
    nothing = np.zeros(len(orders), dtype=np.int64)
    order_g = split(network.order_arc, now.flow, now.book.order_g, nothing, orders.ordered_at)
    return take_apart(network, now.flow, lot_g, order_g)


def narrowed_further(problem: Problem, book: Book, contracts: Contracts) -> dict[int, Ints] | None:
    """Return the lots that orders served from too many are held to, None if all is well.

    Such an order keeps the lots that gave it most; what they have together then is all
    it can get.
    """
    most = problem.orders.most_lots
    if not most.any():
        return None
    units = supply_units(problem)[contracts.lot]
    narrowed: dict[int, Ints] = {}
    by_order = np.argsort(contracts.order, kind="stable")
    rows, starts = np.unique(contracts.order[by_order], return_index=True)
    ends = np.append(starts, len(by_order))[1:]
    for row, start, end in zip(rows.tolist(), starts.tolist(), ends.tolist(), strict=True):
        if most[row] == 0 or end - start <= most[row]:
            continue
        mine = by_order[start:end]
        kept = _largest(units[mine], contracts.quantity_g[mine], int(most[row]))
        if kept is not None:
            only = problem.orders.only_farmer_id[row]
            allowed = (only == 0) | (problem.lots.farmer_id == only)
            narrowed[row] = np.flatnonzero(np.isin(supply_units(problem), kept) & allowed)
    return {**book.narrowed, **narrowed} if narrowed else None


def supply_units(problem: Problem) -> Ints:
    """Return a number for each lot, the same for tiny lots that the cooperative pools."""
    lots = problem.lots
    tiny = lots.quantity_g < problem.rules.pool_below_g
    # Lots of one village, grade and window arrive at a buyer as one.
    columns = [lots.village_id, lots.grade, lots.first_day, lots.last_day]
    keys = [np.where(tiny, column, 0) for column in columns]
    keys.append(np.where(tiny, -1, np.arange(len(lots))))
    return np.unique(np.stack(keys, axis=1), axis=0, return_inverse=True)[1].reshape(-1)


def _largest(units: Ints, grams: Ints, most: int) -> Ints | None:
    names, index = np.unique(units, return_inverse=True)
    if len(names) <= most:
        return None
    totals = np.zeros(len(names), dtype=np.int64)
    np.add.at(totals, index, grams)
    return names[np.lexsort((names, -totals))[:most]]
