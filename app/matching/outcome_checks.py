"""Whether an outcome keeps every promise made to a lot, an order and the cooperative."""

from __future__ import annotations

import numpy as np

from app.matching.evidence import AllocationTable, Evidence
from app.matching.problem import Problem
from app.matching.standing import Pairs
from app.matching.tables import Ints, picked


def outcome_faults(evidence: Evidence, trades: Pairs) -> list[str]:
    """Return what is wrong with the allocations, whether optimal or not."""
    given = evidence.allocations
    return [
        *_pair_faults(evidence.problem, given, trades),
        *_money_faults(evidence.problem, given, trades),
        *_quantity_faults(evidence, given, trades.lots, trades.orders),
        *_override_faults(evidence, given),
        *_exception_faults(evidence, given),
    ]


def _pair_faults(problem: Problem, given: AllocationTable, trades: Pairs) -> list[str]:
    faults = []
    if not trades.meets.all():
        faults.append("a pair cannot meet in place, time or grade")
    if ((given.day < trades.first_day) | (given.day > trades.last_day)).any():
        faults.append("a day is outside a window")
    if (given.grade != problem.lots.grade[trades.lots]).any():
        faults.append("a grade is not the lot's")
    only = problem.orders.only_farmer_id[trades.orders]
    if ((only != 0) & (only != problem.lots.farmer_id[trades.lots])).any():
        faults.append("an order got another farmer's goods")
    return faults


def _money_faults(problem: Problem, given: AllocationTable, trades: Pairs) -> list[str]:
    faults, freight = [], problem.freight
    charged = given.freight_minor != picked(freight.freight_minor, trades.tariff_rows, 0)
    if (charged | (given.fee_minor != picked(freight.fee_minor, trades.tariff_rows, 0))).any():
        faults.append("freight or fee is not the published one")
    if (given.farmer_minor < problem.lots.ask_minor[trades.lots]).any():
        faults.append("a lot is sold below its ask")
    if (given.buyer_minor > trades.limit).any():
        faults.append("an order pays above its limit")
    if (given.buyer_minor != given.farmer_minor + given.freight_minor + given.fee_minor).any():
        faults.append("buyers' money is not farmers' money, freight and fees")
    return faults


def _quantity_faults(
    evidence: Evidence, given: AllocationTable, lots: Ints, orders: Ints
) -> list[str]:
    problem, faults = evidence.problem, []
    if (given.quantity_g <= 0).any() or (given.quantity_g > problem.lots.quantity_g[lots]).any():
        faults.append("a quantity is out of range")
    sold, filled = np.zeros(len(problem.lots), np.int64), np.zeros(len(problem.orders), np.int64)
    np.add.at(sold, lots, given.quantity_g)
    np.add.at(filled, orders, given.quantity_g)
    if (sold > problem.lots.quantity_g).any():
        faults.append("a lot is oversold")
    if (filled > problem.orders.quantity_g).any():
        faults.append("an order is overfilled")
    least = problem.orders.least_g()
    rows = np.searchsorted(problem.orders.id, evidence.terms.order_id)
    least[rows] = evidence.terms.least_fill_g
    pinned = np.isin(problem.orders.id, [pin.order_id for pin in problem.pins])
    # A pin is the manager's own decision to deliver less than the buyer wanted at least.
    if ((filled > 0) & (filled < least) & ~pinned).any():
        faults.append("a least fill is not reached")
    most = problem.orders.most_lots
    if most.any():
        units = supply_units(evidence, lots)
        pairs = np.unique(np.stack([orders, units], axis=1), axis=0)
        counts = np.bincount(pairs[:, 0], minlength=len(most))
        if ((most > 0) & (counts > most) & ~pinned).any():
            faults.append("an order is served from too many lots")
    return faults


def supply_units(evidence: Evidence, lots: Ints) -> Ints:
    """Return a number for each row of a lot, the same for tiny lots that are pooled."""
    table, below = evidence.problem.lots.take(lots), evidence.problem.rules.pool_below_g
    tiny = table.quantity_g < below
    alone = np.where(tiny, -1, lots)
    columns = [table.village_id, table.grade, table.first_day, table.last_day]
    keys = np.stack([np.where(tiny, column, 0) for column in columns] + [alone], axis=1)
    unit: Ints = np.unique(keys, axis=0, return_inverse=True)[1].reshape(-1)
    return unit


def _override_faults(evidence: Evidence, given: AllocationTable) -> list[str]:
    problem, faults = evidence.problem, []
    by_pin = given.pinned == 1
    pinned = sorted(
        zip(
            given.lot_id[by_pin].tolist(),
            given.order_id[by_pin].tolist(),
            given.quantity_g[by_pin].tolist(),
            strict=True,
        )
    )
    if pinned != sorted((pin.lot_id, pin.order_id, pin.quantity_g) for pin in problem.pins):
        faults.append("pins are not kept")
    # Few lots are ever barred from anyone; only their trades are looked at one by one.
    barred = given.take(
        ~by_pin & np.isin(given.lot_id, [pair.lot_id for pair in problem.forbidden])
    )
    traded = set(zip(barred.lot_id.tolist(), barred.order_id.tolist(), strict=True))
    if any((pair.lot_id, pair.order_id) in traded for pair in problem.forbidden):
        faults.append("a forbidden pair trades")
    return faults


def _exception_faults(evidence: Evidence, given: AllocationTable) -> list[str]:
    """Check who was dropped, held to certain lots or moved to other terms, and why."""
    problem, faults = evidence.problem, []
    given = given.take(given.pinned == 0)
    orders = problem.orders
    divisible = (orders.least_g() == 0) & ~np.isin(orders.id, list(problem.fallbacks))
    if np.isin(evidence.dropped, orders.id[divisible]).any():
        faults.append("an order that can be divided was dropped")
    if np.isin(given.order_id, evidence.dropped).any():
        faults.append("a dropped order is served")
    held = evidence.narrowed.order_id
    if np.isin(held, orders.id[orders.most_lots == 0]).any():
        faults.append("an order is held to lots that it never limited")
    allowed = set(zip(held.tolist(), evidence.narrowed.lot_id.tolist(), strict=True))
    kept = given.take(np.isin(given.order_id, held))
    if not set(zip(kept.order_id.tolist(), kept.lot_id.tolist(), strict=True)) <= allowed:
        faults.append("an order is served from a lot it is not held to")
    for order, least_g, limit in zip(
        *(column.tolist() for column in evidence.terms.columns().values()), strict=True
    ):
        if (least_g, limit) not in problem.fallbacks.get(order, ()):
            faults.append("an order stands on terms it never had")
    return faults
