"""What a change would do to one lot, one request and the whole market: before and after."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from app.kernel.money import line_amount_minor
from app.matching.engine import Clearing, clear
from app.matching.evidence import AllocationTable
from app.matching.problem import Problem
from app.matching.rows import Lot, Order
from app.matching.tables import NO_LIMIT, LotTable, OrderTable, Table
from app.matching.whatif import checked

T = TypeVar("T", LotTable, OrderTable)


@dataclass(frozen=True)
class Share:
    """What one lot or request gets: grams, the money for it, and the reason of it.

    :param amount_minor: what the farmer earns net, or the buyer pays, in minor units.
    :param code: empty where it was not part of the market.
    """

    quantity_g: int = 0
    amount_minor: int = 0
    code: str = ""
    figures: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Comparison:
    """One lot or request before and after a change, and what the whole market gains.

    :param value_now_minor: what all trades are worth beyond their costs, in minor units;
        None for ``then`` where the change leads to another day.
    """

    now: Share
    then: Share
    value_now_minor: int
    value_then_minor: int | None


def lot_share(clearing: Clearing, lot_id: int) -> Share:
    """Return what a lot gets in a clearing."""
    row = _row(clearing.lots, lot_id)
    if row is None:
        return Share()
    own = clearing.allocations.take(clearing.allocations.lot_id == lot_id)
    code, figures = clearing.lots.reason(row)
    return Share(int(own.quantity_g.sum()), _earned(own), code, tuple(sorted(figures.items())))


def order_share(clearing: Clearing, order_id: int) -> Share:
    """Return what a request gets in a clearing."""
    row = _row(clearing.orders, order_id)
    if row is None:
        return Share()
    own = clearing.allocations.take(clearing.allocations.order_id == order_id)
    code, figures = clearing.orders.reason(row)
    paid = sum(
        line_amount_minor(grams, price)
        for grams, price in zip(own.quantity_g.tolist(), own.buyer_minor.tolist(), strict=True)
    )
    return Share(int(own.quantity_g.sum()), paid, code, tuple(sorted(figures.items())))


def value_minor(clearing: Clearing) -> int:
    """Return what all trades of a clearing are worth beyond their costs, in minor units."""
    return clearing.verdict.value // 1000


def compare_lot(now: Problem, then: Problem, lot_id: int, *, is_same_market: bool) -> Comparison:
    """Return what a lot gets in one problem and in another."""
    before, after = clear(now), clear(then)
    return Comparison(
        lot_share(before, lot_id),
        lot_share(after, lot_id),
        value_minor(before),
        value_minor(after) if is_same_market else None,
    )


def compare_order(
    now: Problem, then: Problem, order_id: int, *, is_same_market: bool
) -> Comparison:
    """Return what a request gets in one problem and in another."""
    before, after = clear(now), clear(then)
    return Comparison(
        order_share(before, order_id),
        order_share(after, order_id),
        value_minor(before),
        value_minor(after) if is_same_market else None,
    )


def with_lot_added(problem: Problem, lot: Lot) -> Problem:
    """Return the problem with a lot from another day in it.

    :raises BadInput: if the lot cannot be offered.
    """
    return checked(replace(problem, lots=_added(problem.lots, lot)))


def with_order_added(problem: Problem, order: Order) -> Problem:
    """Return the problem with an order from another day in it.

    :raises BadInput: if the order cannot be placed.
    """
    return checked(replace(problem, orders=_added(problem.orders, order)))


def _earned(own: AllocationTable) -> int:
    return sum(
        line_amount_minor(grams, price)
        for grams, price in zip(own.quantity_g.tolist(), own.farmer_minor.tolist(), strict=True)
    )


def _row(table: Table, row_id: int) -> int | None:
    ids = table.columns()["id"]
    found = np.flatnonzero(ids == row_id)
    return int(found[0]) if len(found) else None


def _added(table: T, row: Lot | Order) -> T:
    columns = {}
    for name, column in table.columns().items():
        columns[name] = np.append(column, np.int64(_figure(row, name)))
    return type(table)(**columns)


def _figure(row: Lot | Order, name: str) -> int:
    if isinstance(row, Order) and name.startswith("substitute_"):
        return dict(row.substitutes).get(int(name.split("_")[1]), NO_LIMIT)
    return int(getattr(row, name))
