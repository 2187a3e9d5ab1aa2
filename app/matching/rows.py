"""The rows that a market is made of, as they are handed to the engine.

Prices are minor units per kilogram, quantities grams, days date ordinals, instants
whole seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Pricing = Literal["uniform", "pay_as_ask"]


@dataclass(frozen=True, slots=True)
class Lot:
    """One farmer's offer; the ask is what the farmer wants net per kg at the gate."""

    id: int
    farmer_id: int
    village_id: int
    grade: int
    quantity_g: int
    ask_minor: int
    first_day: int
    last_day: int
    offered_at: int = 0


@dataclass(frozen=True, slots=True)
class Order:
    """One buyer's request; the limit is the most to pay per kg at the pickup point.

    :param least_fill_g: less than this is refused by the buyer; 0 takes any part.
    :param most_lots: the most lots to be served from; 0 means any number.
    :param only_farmer_id: only lots of this farmer; 0 means anyone's.
    :param substitutes: lower grades that are welcome at no higher limits, as
        ``(grade, limit_minor)``.
    :param fallbacks: further ``(least_fill_g, limit_minor)`` to try, one after the
        other, when the least fill is not reached (the tiers of a group buy).
    """

    id: int
    buyer_id: int
    pickup_point_id: int
    least_grade: int
    quantity_g: int
    limit_minor: int
    first_day: int
    last_day: int
    all_or_nothing: bool = False
    least_fill_g: int = 0
    most_lots: int = 0
    only_farmer_id: int = 0
    substitutes: tuple[tuple[int, int], ...] = ()
    fallbacks: tuple[tuple[int, int], ...] = ()
    ordered_at: int = 0


@dataclass(frozen=True, slots=True)
class Freight:
    """The published tariff per kg from a village to a pickup point, and the fee per kg.

    :param lag_days: days between collection at the village and the pickup point.
    """

    village_id: int
    pickup_point_id: int
    freight_minor: int
    fee_minor: int = 0
    lag_days: int = 0


@dataclass(frozen=True, slots=True)
class Pin:
    """The manager wants this much of a lot to go to an order, whatever it costs."""

    lot_id: int
    order_id: int
    quantity_g: int


@dataclass(frozen=True, slots=True)
class Forbidden:
    """The manager wants nothing of a lot to go to an order."""

    lot_id: int
    order_id: int


@dataclass(frozen=True, slots=True)
class Rules:
    """What the cooperative has chosen.

    :param floor_g: what every tied farmer is given first, before shares are equal.
    :param pool_below_g: lots under this size count as one lot per village, grade and
        window towards an order's ``most_lots``; 0 pools nothing.
    :param earliest_day: nothing is collected before this day.
    """

    pricing: Pricing = "uniform"
    floor_g: int = 25_000
    pool_below_g: int = 0
    earliest_day: int = 0
