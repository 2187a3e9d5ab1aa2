"""The manager's pins: pairs that trade whatever else happens, within both limits."""

from __future__ import annotations

import numpy as np

from app.kernel.errors import N_, BadInput
from app.matching.layout import Layout
from app.matching.tables import Ints


class PinImpossible(BadInput):
    """A pinned pair cannot trade."""

    code = "matching_pin_impossible"
    message = N_("Lot %(lot)s cannot be given to order %(order)s by hand.")


class PinTooFar(PinImpossible):
    """No tariff joins the pair, or their days or grades do not meet."""

    code = "matching_pin_too_far"
    message = N_("Lot %(lot)s cannot be given to order %(order)s: place, day or grade do not fit.")


class PinTooDear(PinImpossible):
    """The pair would trade below the ask or above the limit."""

    code = "matching_pin_too_dear"
    message = N_(
        "Lot %(lot)s cannot be given to order %(order)s: with transport it costs"
        " %(cost_minor)s per kg, and the limit is %(limit_minor)s."
    )


class PinTooMuch(PinImpossible):
    """More is pinned than the lot has or the order wants."""

    code = "matching_pin_too_much"
    message = N_("More of lot %(lot)s or order %(order)s is given by hand than there is.")


def pin_rows(layout: Layout) -> tuple[Ints, Ints, Ints]:
    """Return the rows of lots and orders that are pinned, and the grams."""
    problem = layout.problem
    columns = np.array(
        [(pin.lot_id, pin.order_id, pin.quantity_g) for pin in problem.pins], dtype=np.int64
    ).reshape(-1, 3)
    lots = np.searchsorted(problem.lots.id, columns[:, 0])
    return lots, np.searchsorted(problem.orders.id, columns[:, 1]), columns[:, 2]


def pinned_grams(layout: Layout) -> tuple[Ints, Ints]:
    """Return the grams pinned of each lot and of each order.

    :raises PinImpossible: if a pin breaks a limit, a window, a grade or a quantity.
    """
    problem = layout.problem
    lots, orders, grams = pin_rows(layout)
    rows = layout.tariff_rows(layout.lot_village[lots], layout.order_point[orders])
    meet = layout.first_days(lots, orders, rows) >= 0
    limit = problem.orders.limits()[orders, problem.lots.grade[lots]]
    of_lot, of_order = (
        np.zeros(len(problem.lots), np.int64),
        np.zeros(len(problem.orders), np.int64),
    )
    np.add.at(of_lot, lots, grams)
    np.add.at(of_order, orders, grams)
    for index, pin in enumerate(problem.pins):
        only = int(problem.orders.only_farmer_id[orders[index]])
        if not meet[index] or limit[index] < 0:
            raise PinTooFar(lot=pin.lot_id, order=pin.order_id)
        if only not in (0, int(problem.lots.farmer_id[lots[index]])):
            raise PinTooFar(lot=pin.lot_id, order=pin.order_id)
        cost = int(problem.lots.ask_minor[lots[index]] + layout.pair_cost[rows[index]])
        if cost > limit[index]:
            raise PinTooDear(
                lot=pin.lot_id,
                order=pin.order_id,
                cost_minor=cost,
                limit_minor=int(limit[index]),
            )
    over_lot, over_order = of_lot > problem.lots.quantity_g, of_order > problem.orders.quantity_g
    for pin, lot, order in zip(problem.pins, lots.tolist(), orders.tolist(), strict=True):
        if over_lot[lot] or over_order[order]:
            raise PinTooMuch(lot=pin.lot_id, order=pin.order_id)
    return of_lot, of_order
