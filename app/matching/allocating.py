"""Contracts and prices in the market's own ids."""

from __future__ import annotations

import numpy as np

from app.matching.contracts import Contracts
from app.matching.duals import Duals
from app.matching.evidence import AllocationTable, OwnFigures, PlacePrices, Support
from app.matching.indivisible import Round
from app.matching.layout import Layout
from app.matching.pins import pin_rows
from app.matching.problem import Problem
from app.matching.tables import Ints


def allocate(layout: Layout, final: Round, duals: Duals, contracts: Contracts) -> AllocationTable:
    """Return the allocations with their prices, pins first, in the order of ids."""
    pin_lot, pin_order, pin_g = pin_rows(layout)
    lots = np.concatenate([pin_lot, contracts.lot])
    orders = np.concatenate([pin_order, contracts.order])
    grams = np.concatenate([pin_g, contracts.quantity_g])
    pinned = np.zeros(len(lots), dtype=np.int64)
    pinned[: len(pin_lot)] = 1
    problem = layout.problem
    rows = layout.tariff_rows(layout.lot_village[lots], layout.order_point[orders])
    cost = layout.pair_cost[rows]
    ask = problem.lots.ask_minor[lots]
    if problem.rules.pricing == "uniform":
        node = final.network.lot_node[lots]
        # A lot that is pinned whole may stand where nothing bounds a price.
        price = np.where(duals.bounded()[node], duals.middle[node], ask)
        room = final.book.limits[orders, problem.lots.grade[lots]] - cost
        # Between pinned pairs no market price need fit; the nearest that both accept does.
        farmer = np.where(pinned == 1, np.clip(price, ask, room), price)
    else:
        farmer = ask
    # Pins and contracts stand in the order of ids already.
    return AllocationTable(
        lot_id=problem.lots.id[lots],
        order_id=problem.orders.id[orders],
        quantity_g=grams,
        buyer_minor=farmer + cost,
        farmer_minor=farmer,
        freight_minor=problem.freight.freight_minor[rows],
        fee_minor=problem.freight.fee_minor[rows],
        day=layout.first_days(lots, orders, rows),
        grade=problem.lots.grade[lots],
        pinned=pinned,
    )


def pinned_value(problem: Problem, allocations: AllocationTable, limits: Ints) -> int:
    """Return the value of the pinned pairs in minor units per kg times grams."""
    pinned = allocations.take(allocations.pinned == 1)
    lots = np.searchsorted(problem.lots.id, pinned.lot_id)
    orders = np.searchsorted(problem.orders.id, pinned.order_id)
    cost = problem.lots.ask_minor[lots] + pinned.freight_minor + pinned.fee_minor
    gain = limits[orders, problem.lots.grade[lots]] - cost
    return int((gain * pinned.quantity_g).sum())


def support(layout: Layout, solved: Round, duals: Duals) -> Support:
    """Return the prices that prove a solved network optimal."""
    network, price = solved.network, duals.middle
    lots, orders = layout.problem.lots, layout.problem.orders
    own_lots = np.flatnonzero(network.specials.own & (network.lot_node >= 0))
    outside = network.specials.restricted | network.specials.exclusive
    if network.specials.isolated.any():
        # Lots beside the pool may lower the price of a class below that of its point.
        outside = np.ones(len(orders), dtype=bool)
    own_orders = np.flatnonzero(outside & (network.order_node >= 0))
    limit = solved.book.limits[own_orders].max(axis=1, initial=-1)
    gain = np.where(network.own_order[own_orders], 0, limit) - price[network.order_node[own_orders]]
    return Support(
        villages=_place_prices(layout.villages, network.village_nodes, layout.days, price),
        points=_place_prices(layout.points, network.point_nodes, layout.arrivals, price),
        lots=OwnFigures(lots.id[own_lots], price[network.lot_node[own_lots]]),
        orders=OwnFigures(orders.id[own_orders], gain),
    )


def _place_prices(places: Ints, nodes: Ints, days: Ints, price: Ints) -> PlacePrices:
    place, grade, day = np.nonzero(nodes >= 0)
    return PlacePrices(places[place], grade, days[day], price[nodes[place, grade, day]])
