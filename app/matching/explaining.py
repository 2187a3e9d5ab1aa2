"""Finding the reason of each lot and each order from prices, flow and trades."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.matching.duals import FAR, Duals
from app.matching.evidence import AllocationTable
from app.matching.indivisible import Rejection, Round
from app.matching.layout import Layout
from app.matching.reasons import LOT_CODES, NONE, ORDER_CODES, LotReasons, OrderReasons
from app.matching.tables import Bools, Ints, picked, positions


def lot_reasons(
    layout: Layout, final: Round, duals: Duals, allocations: AllocationTable
) -> LotReasons:
    """Return the reason of every lot, in the order of ids."""
    problem, network = layout.problem, final.network
    lots, orders, banned = problem.lots, problem.orders, problem.forbidden
    row = np.searchsorted(lots.id, allocations.lot_id)
    given_g, main = _given(lots.id, allocations.lot_id, allocations.quantity_g)
    low, at_price = (
        _low(duals, network.lot_node),
        _at_price(duals, network.lot_node, lots.ask_minor),
    )
    tie = _Tie(final, network.lot_arc, final.book.lot_g)
    code = _first_that_holds(
        LOT_CODES,
        {
            "lot_sold": given_g == lots.quantity_g,
            "lot_expired": lots.last_day < problem.rules.earliest_day,
            "lot_no_route": layout.lot_village < 0,
            "lot_no_day": (network.lot_node < 0) & (len(orders) > 0),
            "lot_shared": at_price & (tie.needed_g > 0) & (tie.rows > 1),
            "lot_last_needed": given_g > 0,
            "lot_kept_apart": (low == NONE) & _banned(lots.id, [b.lot_id for b in banned]),
            "lot_no_buyer": low == NONE,
            # The price is the floor of a middle; what one more kg would earn is exact.
            "lot_not_needed": at_price & (low == lots.ask_minor),
        },
        "lot_ask_above_price",
    )
    place = positions(orders.id, allocations.order_id)
    return LotReasons(
        id=lots.id,
        code=code,
        quantity_g=lots.quantity_g,
        given_g=given_g,
        ask_minor=lots.ask_minor,
        price_minor=_mean_price(row, allocations.quantity_g, allocations.farmer_minor, low),
        pickup_point_id=picked(orders.pickup_point_id[place], main, NONE),
        buyer_minor=picked(allocations.buyer_minor, main, NONE),
        freight_minor=picked(allocations.freight_minor, main, NONE),
        fee_minor=picked(allocations.fee_minor, main, NONE),
        tied_rows=np.where(at_price, tie.rows, NONE),
        tied_g=np.where(at_price, tie.offered_g, NONE),
        needed_g=np.where(at_price, tie.needed_g, NONE),
    )


def order_reasons(
    layout: Layout,
    final: Round,
    duals: Duals,
    allocations: AllocationTable,
    rejections: tuple[Rejection, ...],
) -> OrderReasons:
    """Return the reason of every order, in the order of ids."""
    problem, network = layout.problem, final.network
    lots, orders, banned = problem.lots, problem.orders, problem.forbidden
    row = np.searchsorted(orders.id, allocations.order_id)
    given_g, main = _given(orders.id, allocations.order_id, allocations.quantity_g)
    limit = final.book.limits.max(axis=1, initial=NONE)
    rejected = _Rejected(rejections, given_g < np.maximum(final.book.least_g, 1))
    # An order with a node of its own gains what that node's price is below zero.
    base = np.where(network.own_order, limit, 0)
    high = _high(duals, network.order_node, base)
    at_price = _at_price(duals, network.order_node, limit - base)
    tie = _Tie(final, network.order_arc, final.book.order_g)
    held = np.isin(np.arange(len(orders)), list(final.book.narrowed))
    code = _first_that_holds(
        ORDER_CODES,
        {
            "order_filled": given_g == orders.quantity_g,
            "order_no_route": layout.order_point < 0,
            "order_no_day": (network.order_node < 0) & (len(lots) > 0),
            "order_displaced": rejected.rows & rejected.displaced,
            "order_all_or_nothing_missed": rejected.rows & (orders.all_or_nothing != 0),
            "order_least_fill_missed": rejected.rows,
            "order_lots_limited": held,
            "order_shared": at_price & (tie.needed_g > 0) & (tie.rows > 1),
            "order_last_served": given_g > 0,
            "order_kept_apart": (high == NONE) & _banned(orders.id, [b.order_id for b in banned]),
            "order_no_lot": (high == NONE) | (network.order_node < 0),
            "order_not_served": at_price & (high == limit),
        },
        "order_limit_below_price",
    )
    price = _mean_price(row, allocations.quantity_g, allocations.buyer_minor, high)
    place = positions(lots.id, allocations.lot_id)
    cheaper_day, saving_minor = _cheaper_days(layout, final, duals, price, given_g > 0)
    return OrderReasons(
        id=orders.id,
        code=code,
        quantity_g=orders.quantity_g,
        given_g=given_g,
        limit_minor=limit,
        price_minor=price,
        village_id=picked(lots.village_id[place], main, NONE),
        farmer_minor=picked(allocations.farmer_minor, main, NONE),
        freight_minor=picked(allocations.freight_minor, main, NONE),
        fee_minor=picked(allocations.fee_minor, main, NONE),
        tied_rows=np.where(at_price, tie.rows, NONE),
        tied_g=np.where(at_price, tie.offered_g, NONE),
        needed_g=np.where(at_price, tie.needed_g, NONE),
        found_g=np.where(rejected.rows, rejected.found_g, NONE),
        most_lots=np.where(held, orders.most_lots, NONE),
        cheaper_day=cheaper_day,
        saving_minor=saving_minor,
    )


@dataclass(frozen=True)
class _Tie:
    """How many rows share each row's arc, what they want together and what it carries."""

    rows: Ints
    offered_g: Ints
    needed_g: Ints

    def __init__(self, final: Round, arcs: Ints, quantity_g: Ints) -> None:
        size = len(final.flow)
        counts, offered = np.zeros(size, np.int64), np.zeros(size, np.int64)
        on_arc = arcs >= 0
        np.add.at(counts, arcs[on_arc], 1)
        np.add.at(offered, arcs[on_arc], quantity_g[on_arc])
        object.__setattr__(self, "rows", picked(counts, arcs, 0))
        object.__setattr__(self, "offered_g", picked(offered, arcs, 0))
        object.__setattr__(self, "needed_g", picked(final.flow, arcs, 0))


class _Rejected:
    """Which orders stayed without their least fill, what was found, and who made room."""

    def __init__(self, rejections: tuple[Rejection, ...], unfilled: Bools) -> None:
        self.found_g = np.full(len(unfilled), NONE, dtype=np.int64)
        self.displaced = np.zeros(len(unfilled), dtype=bool)
        for rejection in rejections:
            self.found_g[rejection.order] = rejection.found_g
            self.displaced[rejection.order] = rejection.displaced
        self.rows = (self.found_g != NONE) & unfilled


def _given(ids: Ints, traded: Ints, grams: Ints) -> tuple[Ints, Ints]:
    """Return what each id got in all, and the number of its largest trade, -1 for none."""
    rows = positions(ids, traded)
    given = np.zeros(len(ids), dtype=np.int64)
    np.add.at(given, rows, grams)
    main = np.full(len(ids), NONE, dtype=np.int64)
    largest = np.zeros(len(ids), dtype=np.int64)
    np.maximum.at(largest, rows, grams)
    leading = np.flatnonzero(grams == largest[rows])
    main[rows[leading]] = leading
    return given, main


def _banned(ids: Ints, banned: list[int]) -> Bools:
    found: Bools = np.isin(ids, banned)
    return found


def _mean_price(rows: Ints, grams: Ints, price: Ints, otherwise: Ints) -> Ints:
    """Return the mean price per kg of each row's trades, half up, or another where it has none.

    With one price for all it is that price; where each lot is paid its own ask, and
    where a pair was given by hand, the trades of an order may differ.
    """
    weight, money = np.zeros(len(otherwise), np.int64), np.zeros(len(otherwise), np.int64)
    np.add.at(weight, rows, grams)
    np.add.at(money, rows, grams * price)
    mean = (2 * money + weight) // np.maximum(2 * weight, 1)
    return np.where(weight > 0, mean, otherwise)


def _low(duals: Duals, node: Ints) -> Ints:
    """Return what one more kg would earn at each node, -1 where no buyer reaches."""
    low = picked(duals.low, node, -FAR)
    return np.where(low <= -FAR // 2, NONE, np.maximum(low, 0))


def _high(duals: Duals, node: Ints, base: Ints) -> Ints:
    """Return what one more kg would cost at each node, -1 where no lot reaches."""
    high = picked(duals.high, node, FAR)
    return np.where(high >= FAR // 2, NONE, high + base)


def _at_price(duals: Duals, node: Ints, figure: Ints) -> Bools:
    bounded = picked(duals.bounded().astype(np.int64), node, 0) == 1
    at_price: Bools = bounded & (picked(duals.middle, node, NONE) == figure)
    return at_price


def _first_that_holds(codes: tuple[str, ...], holds: dict[str, Bools], otherwise: str) -> Ints:
    chosen = [np.int64(codes.index(name)) for name in holds]
    code: Ints = np.select(list(holds.values()), chosen, np.int64(codes.index(otherwise)))
    return code


def _cheaper_days(
    layout: Layout, final: Round, duals: Duals, price: Ints, served: Bools
) -> tuple[Ints, Ints]:
    """Return the cheapest day outside each served order's window, and the saving per kg."""
    orders, nodes = layout.problem.orders, final.network.point_nodes
    day, saving = np.full(len(orders), NONE), np.full(len(orders), NONE)
    rows = np.flatnonzero(served & (layout.problem.rules.pricing == "uniform"))
    for index, arrival in enumerate(layout.arrivals.tolist()):
        node = nodes[layout.order_point[rows], orders.least_grade[rows], index]
        there = picked(duals.high, node, FAR)
        less = price[rows] - there
        outside = (arrival < orders.first_day[rows]) | (arrival > orders.last_day[rows])
        better = outside & (there < FAR // 2) & (less > 0) & (less > saving[rows])
        day[rows[better]], saving[rows[better]] = arrival, less[better]
    return day, saving
