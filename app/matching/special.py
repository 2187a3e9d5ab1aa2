"""Lots and orders that the common pool cannot carry: chosen farmers, forbidden pairs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from app.matching.layout import Layout
from app.matching.tables import Bools, Ints


@dataclass(frozen=True)
class Specials:
    """What gets nodes of its own.

    :param isolated: lots of a forbidden pair: they bypass the pool, because goods in
        the pool are anonymous. :param exclusive: orders of a forbidden pair.
    :param restricted: orders that take only certain lots, by direct arcs.
    :param own: lots with a node of their own, the isolated ones among them.
    :param pair_lot: rows of lots that may flow directly to ``pair_order``;
        ``pair_row`` is their row of the tariff.
    """

    isolated: Bools
    exclusive: Bools
    restricted: Bools
    own: Bools
    pair_lot: Ints
    pair_order: Ints
    pair_row: Ints


def find_specials(layout: Layout, limits: Ints, narrowed: Mapping[int, Ints]) -> Specials:
    """Return the lots and orders that need direct arcs, and the pairs that may trade so."""
    lots, orders = layout.problem.lots, layout.problem.orders
    barred_lots, barred_orders = _barred(layout)
    isolated, exclusive = np.zeros(len(lots), bool), np.zeros(len(orders), bool)
    isolated[barred_lots] = True
    exclusive[barred_orders] = True
    restricted = orders.only_farmer_id != 0
    pair_lot, pair_order = _pairs_by_farmer(layout, np.flatnonzero(restricted), narrowed)
    for order, chosen in narrowed.items():
        restricted[order] = True
        pair_lot = np.concatenate([pair_lot, chosen])
        pair_order = np.concatenate([pair_order, np.full(len(chosen), order)])
    exclusive &= ~restricted
    crossed_lot, crossed_order = _cross(np.flatnonzero(isolated), np.flatnonzero(exclusive))
    pair_lot = np.concatenate([pair_lot, crossed_lot])
    pair_order = np.concatenate([pair_order, crossed_order])
    barred = np.isin(pair_lot * len(orders) + pair_order, barred_lots * len(orders) + barred_orders)
    rows = layout.tariff_rows(layout.lot_village[pair_lot], layout.order_point[pair_order])
    meet = layout.first_days(pair_lot, pair_order, rows) >= 0
    # A limit of -1 means that the order does not take the lot's grade.
    kept = ~barred & meet & (limits[pair_order, lots.grade[pair_lot]] >= 0)
    own = isolated.copy()
    own[pair_lot[kept]] = True
    return Specials(
        isolated=isolated,
        exclusive=exclusive,
        restricted=restricted,
        own=own,
        pair_lot=pair_lot[kept],
        pair_order=pair_order[kept],
        pair_row=rows[kept],
    )


def _barred(layout: Layout) -> tuple[Ints, Ints]:
    forbidden = layout.problem.forbidden
    lot_ids = np.array([pair.lot_id for pair in forbidden], dtype=np.int64)
    order_ids = np.array([pair.order_id for pair in forbidden], dtype=np.int64)
    return (
        np.searchsorted(layout.problem.lots.id, lot_ids),
        np.searchsorted(layout.problem.orders.id, order_ids),
    )


def _pairs_by_farmer(
    layout: Layout, restricted: Ints, narrowed: Mapping[int, Ints]
) -> tuple[Ints, Ints]:
    farmer_id = layout.problem.lots.farmer_id
    if len(restricted) == 0:
        return restricted, restricted
    chosen = restricted[~np.isin(restricted, np.array(list(narrowed), dtype=np.int64))]
    by_farmer = np.argsort(farmer_id, kind="stable")
    wanted = layout.problem.orders.only_farmer_id[chosen]
    first = np.searchsorted(farmer_id[by_farmer], wanted)
    counts = np.searchsorted(farmer_id[by_farmer], wanted, side="right") - first
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return by_farmer[np.repeat(first, counts) + within], np.repeat(chosen, counts)


def _cross(lots: Ints, orders: Ints) -> tuple[Ints, Ints]:
    return np.repeat(lots, len(orders)), np.tile(orders, len(lots))
