"""Prices per place, grade and day, as they are published and stored."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from app.matching.duals import FAR, Duals
from app.matching.evidence import AllocationTable
from app.matching.indivisible import Round
from app.matching.layout import Layout
from app.matching.tables import Ints, LotTable, Table, no_rows

NONE = -1


@dataclass(frozen=True)
class Quotes(Table):
    """Prices per kg; -1 where nothing bounds one.

    :param price_minor: what is paid where anything is traded.
    :param low_minor: what one more kg would earn there; ``high_minor``: would cost.
    :param traded_g: grams that pass the place in this grade on this day.
    """

    place_id: Ints = field(default_factory=no_rows)
    grade: Ints = field(default_factory=no_rows)
    day: Ints = field(default_factory=no_rows)
    price_minor: Ints = field(default_factory=no_rows)
    low_minor: Ints = field(default_factory=no_rows)
    high_minor: Ints = field(default_factory=no_rows)
    traded_g: Ints = field(default_factory=no_rows)


def village_quotes(layout: Layout, final: Round, duals: Duals) -> Quotes:
    """Return what farmers earn, by village, grade and collection day."""
    return _quotes(layout.villages, final.network.village_nodes, layout.days, final, duals)


def point_quotes(layout: Layout, final: Round, duals: Duals) -> Quotes:
    """Return what buyers pay, by pickup point, grade and day of arrival."""
    return _quotes(layout.points, final.network.point_nodes, layout.arrivals, final, duals)


def paid_quotes(lots: LotTable, allocations: AllocationTable) -> Quotes:
    """Return what farmers were really paid, the mean by weight where each has an own price.

    Where everybody is paid the own ask there is no market price, and the prices that
    prove the optimum were paid to nobody.
    """
    village = lots.village_id[np.searchsorted(lots.id, allocations.lot_id)]
    keys = np.stack([village, allocations.grade, allocations.day], axis=1)
    places, group = np.unique(keys, axis=0, return_inverse=True)
    grams, money = np.zeros(len(places), np.int64), np.zeros(len(places), np.int64)
    np.add.at(grams, group.ravel(), allocations.quantity_g)
    np.add.at(money, group.ravel(), allocations.quantity_g * allocations.farmer_minor)
    # Half up, as every line is rounded.
    mean = (2 * money + grams) // np.maximum(2 * grams, 1)
    return Quotes(
        place_id=places[:, 0],
        grade=places[:, 1],
        day=places[:, 2],
        price_minor=mean,
        low_minor=mean,
        high_minor=mean,
        traded_g=grams,
    )


def _quotes(places: Ints, nodes: Ints, days: Ints, final: Round, duals: Duals) -> Quotes:
    place, grade, day = np.nonzero(nodes >= 0)
    node = nodes[place, grade, day]
    through = np.zeros(len(final.network.layers), dtype=np.int64)
    np.add.at(through, final.network.heads, final.flow)
    low, high = duals.low[node], duals.high[node]
    return Quotes(
        place_id=places[place],
        grade=grade,
        day=days[day],
        price_minor=np.where(duals.bounded()[node], duals.middle[node], NONE),
        low_minor=np.where(low <= -FAR // 2, NONE, np.maximum(low, 0)),
        high_minor=np.where(high >= FAR // 2, NONE, high),
        traded_g=through[node],
    )
