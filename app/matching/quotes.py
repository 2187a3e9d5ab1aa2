"""Prices per place, grade and day, as they are published and stored."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from app.matching.duals import FAR, Duals
from app.matching.indivisible import Round
from app.matching.layout import Layout
from app.matching.tables import Ints, Table, no_rows

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
