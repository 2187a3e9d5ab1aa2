"""Splitting what an arc carries among the rows that are alike on it.

Everyone gets a floor first (counted per farmer, so that splitting a lot gains
nothing), then the same share of the rest; what largest remainders leave open goes to
whoever has waited longest.
"""

from __future__ import annotations

import numpy as np

from app.matching.tables import Ints


def split(arc: Ints, carried: Ints, quantity_g: Ints, floors: Ints, waiting: Ints) -> Ints:
    """Return the grams of each row.

    :param arc: each row's arc, -1 for none; :param carried: grams by arc.
    :param floors: grams of each row that come before equal shares.
    :param waiting: since when each row waits; the earlier wins a leftover gram.
    """
    given, sizes = np.zeros(len(arc), dtype=np.int64), np.zeros(len(carried), dtype=np.int64)
    rows = np.flatnonzero(arc >= 0)
    np.add.at(sizes, arc[rows], quantity_g[rows])
    full = rows[(carried >= sizes)[arc[rows]]]
    given[full] = quantity_g[full]
    rows = rows[((carried > 0) & (carried < sizes))[arc[rows]]]
    rows = rows[np.argsort(arc[rows], kind="stable")]
    starts = np.flatnonzero(np.diff(arc[rows], prepend=-1))
    for part in np.split(rows, starts[1:]) if len(rows) else []:
        flow = int(carried[arc[part[0]]])
        given[part] = _fair(flow, quantity_g[part], floors[part], waiting[part])
    return given


def floor_parts(owner: Ints, quantity_g: Ints, settled_g: Ints, tied: Ints, floor_g: int) -> Ints:
    """Return the floor of each row: what its owner lacks to ``floor_g``, over the tied rows.

    :param settled_g: grams of each row that are certain whatever the ties give.
    :param tied: the rows that share.
    """
    floors = np.zeros(len(owner), dtype=np.int64)
    if len(tied) == 0 or floor_g == 0:
        return floors
    # Only the owners of tied rows matter, a few among very many.
    mine = np.flatnonzero(np.isin(owner, owner[tied]))
    tied_here = np.searchsorted(mine, tied)
    owners, index = np.unique(owner[mine], return_inverse=True)
    settled, wanted = np.zeros(len(owners), np.int64), np.zeros(len(owners), np.int64)
    np.add.at(settled, index, settled_g[mine])
    np.add.at(wanted, index[tied_here], quantity_g[tied])
    lacking = np.minimum(np.maximum(floor_g - settled, 0), wanted)[index[tied_here]]
    # The floor is at most a tonne, so the product fits.
    floors[tied] = lacking * quantity_g[tied] // wanted[index[tied_here]]
    return floors


def _fair(total_g: int, quantity_g: Ints, floors: Ints, waiting: Ints) -> Ints:
    if total_g <= int(floors.sum()):
        return prorated(total_g, floors, waiting)
    return floors + prorated(total_g - int(floors.sum()), quantity_g - floors, waiting)


def prorated(total: int, weights: Ints, waiting: Ints) -> Ints:
    """Split a total in proportion to weights whose sum is no smaller (largest remainder)."""
    weight_sum = int(weights.sum())
    if weight_sum == 0:
        return np.zeros(len(weights), dtype=np.int64)
    # Python's own whole numbers take over where 63 bits might not be enough.
    fits = total * int(weights.max()) < 2**62
    exact = weights if fits else weights.astype(object)
    parts = (exact * total // weight_sum).astype(np.int64)
    remainders = (exact * total % weight_sum).astype(np.int64)
    left = total - int(parts.sum())
    parts[np.lexsort((np.arange(len(weights)), waiting, -remainders))[:left]] += 1
    return parts
