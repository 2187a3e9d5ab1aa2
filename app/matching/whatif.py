"""Looking ahead: what a price, a limit or a day would do.

An outlook reads one village's or pickup point's prices and costs nothing, so a page can
ask for it while someone types; it takes the market as given, which holds for all but
the largest lots. A changed problem cleared again gives the exact answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from app.matching.engine import Clearing
from app.matching.problem import Problem
from app.matching.quotes import Quotes
from app.matching.rows import Lot, Order
from app.matching.tables import Ints

Chance = Literal["all", "part", "none", "unknown"]


@dataclass(frozen=True)
class Outlook:
    """What a lot or an order could expect at the prices of a clearing.

    :param chance: ``part`` stands for asking or offering exactly the price.
    :param price_minor: what it would earn or pay per kg, None where nothing is known.
    :param day: the day that brings it this price.
    """

    chance: Chance
    price_minor: int | None = None
    day: int | None = None


def lot_outlook(clearing: Clearing, lot: Lot) -> Outlook:
    """Return what a lot could expect; it need not have been part of the clearing."""
    quotes = _window(clearing.villages, lot.village_id, lot.grade, lot.first_day, lot.last_day)
    quotes = quotes.take(quotes.low_minor >= 0)
    if len(quotes) == 0:
        return Outlook("unknown")
    best = int(np.argmax(quotes.low_minor))
    price, day = int(quotes.low_minor[best]), int(quotes.day[best])
    if lot.ask_minor == price:
        return Outlook("part", price, day)
    return Outlook("all" if lot.ask_minor < price else "none", price, day)


def order_outlook(clearing: Clearing, order: Order) -> Outlook:
    """Return what an order could expect; it need not have been part of the clearing."""
    quotes = _window(
        clearing.points, order.pickup_point_id, order.least_grade, order.first_day, order.last_day
    )
    quotes = quotes.take(quotes.high_minor >= 0)
    if len(quotes) == 0:
        return Outlook("unknown")
    best = int(np.argmin(quotes.high_minor))
    price, day = int(quotes.high_minor[best]), int(quotes.day[best])
    if order.limit_minor == price:
        return Outlook("part", price, day)
    return Outlook("all" if order.limit_minor > price else "none", price, day)


def with_lot(problem: Problem, lot_id: int, **figures: int) -> Problem:
    """Return the problem with some figures of a lot changed, by column name.

    :raises BadRow: if the changed lot cannot be offered.
    """
    row = np.searchsorted(problem.lots.id, lot_id)
    lots = replace(problem.lots, **_changed(problem.lots.columns(), int(row), figures))
    return checked(replace(problem, lots=lots))


def with_order(problem: Problem, order_id: int, **figures: int) -> Problem:
    """Return the problem with some figures of an order changed, by column name.

    :raises BadRow: if the changed order cannot be placed.
    """
    row = np.searchsorted(problem.orders.id, order_id)
    orders = replace(problem.orders, **_changed(problem.orders.columns(), int(row), figures))
    return checked(replace(problem, orders=orders))


def _window(quotes: Quotes, place_id: int, grade: int, first: int, last: int) -> Quotes:
    here = (quotes.place_id == place_id) & (quotes.grade == grade)
    return quotes.take(here & (first <= quotes.day) & (quotes.day <= last))


def _changed(columns: dict[str, Ints], row: int, figures: Mapping[str, int]) -> dict[str, Ints]:
    changed = {name: columns[name].copy() for name in figures}
    for name, figure in figures.items():
        changed[name][row] = figure
    return changed


def checked(problem: Problem) -> Problem:
    """Return a changed problem in its order and proved usable.

    :raises BadInput: if it is not.
    """
    return Problem.from_tables(
        problem.lots,
        problem.orders,
        problem.freight,
        pins=problem.pins,
        forbidden=problem.forbidden,
        fallbacks=problem.fallbacks,
        rules=problem.rules,
    )
