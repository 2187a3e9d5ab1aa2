"""What proves a clearing: the input, the allocations and the prices that support them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.matching.problem import Problem
from app.matching.tables import Ints, Table, no_rows


@dataclass(frozen=True)
class AllocationTable(Table):
    """Allocations as columns: who gives how much to whom, on which day, at which prices.

    ``day`` is the collection day at the village; ``grade`` the lot's; ``pinned`` is 1
    where the manager's pin made the pair.
    """

    lot_id: Ints = field(default_factory=no_rows)
    order_id: Ints = field(default_factory=no_rows)
    quantity_g: Ints = field(default_factory=no_rows)
    buyer_minor: Ints = field(default_factory=no_rows)
    farmer_minor: Ints = field(default_factory=no_rows)
    freight_minor: Ints = field(default_factory=no_rows)
    fee_minor: Ints = field(default_factory=no_rows)
    day: Ints = field(default_factory=no_rows)
    grade: Ints = field(default_factory=no_rows)
    pinned: Ints = field(default_factory=no_rows)


@dataclass(frozen=True)
class PlacePrices(Table):
    """Price per kg of a grade at a place on a day."""

    place_id: Ints = field(default_factory=no_rows)
    grade: Ints = field(default_factory=no_rows)
    day: Ints = field(default_factory=no_rows)
    price_minor: Ints = field(default_factory=no_rows)


@dataclass(frozen=True)
class OwnFigures(Table):
    """One figure of a lot (its price per kg) or of an order (its gain per kg)."""

    id: Ints = field(default_factory=no_rows)
    figure_minor: Ints = field(default_factory=no_rows)


@dataclass(frozen=True)
class Support:
    """Prices that support an outcome: of the pool, and of lots and orders outside it."""

    villages: PlacePrices
    points: PlacePrices
    lots: OwnFigures
    orders: OwnFigures


@dataclass(frozen=True)
class Terms(Table):
    """Least fill and limit under which an order stood in the end."""

    order_id: Ints = field(default_factory=no_rows)
    least_fill_g: Ints = field(default_factory=no_rows)
    limit_minor: Ints = field(default_factory=no_rows)


@dataclass(frozen=True)
class Narrowed(Table):
    """Pairs that remain for orders that were held to a number of lots."""

    order_id: Ints = field(default_factory=no_rows)
    lot_id: Ints = field(default_factory=no_rows)


@dataclass(frozen=True)
class Evidence:
    """Everything a checker needs.

    :param dropped: orders left out because their least fill was not reached.
    :param support: prices of the final market; ``relaxed``: of the market in which
        every order could be divided, which bounds the value of any outcome.
    """

    problem: Problem
    allocations: AllocationTable
    dropped: Ints
    terms: Terms
    narrowed: Narrowed
    support: Support
    relaxed: Support
    value: int
    bound: int
    relaxed_bound: int
    versions: Mapping[str, str]
