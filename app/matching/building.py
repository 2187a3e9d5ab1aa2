"""Building the network of a market, layer by layer, without a loop over lots or orders."""

from __future__ import annotations

import numpy as np

from app.matching import network
from app.matching.layout import Layout, covered
from app.matching.network import MARKET, Arcs, Book, Network, Nodes
from app.matching.special import Specials, find_specials
from app.matching.tables import GRADES, Bools, Ints


def build(layout: Layout, book: Book) -> Network:
    """Return the network on which the given book flows."""
    specials = find_specials(layout, book.limits, book.narrowed)
    arcs, nodes = Arcs(), Nodes()
    village_nodes, point_nodes = _pool(layout, book, specials, arcs, nodes)
    lot_arc, lot_node = _lots(layout, book, specials, arcs, nodes, village_nodes)
    classes = _Classes(layout, book, specials, nodes)
    order_arc, order_node, own_order = _orders(
        layout, book, specials, arcs, nodes, point_nodes, classes
    )
    _direct_pairs(layout, book, specials, arcs, lot_node, order_node)
    _isolated_lots(layout, specials, arcs, lot_node, classes)
    tails, heads, capacities, costs = arcs.joined()
    # Inner arcs carry any amount; one gram more than all lots have is as good as infinite,
    # and never used up, which would let prices on both sides of an arc drift apart.
    capacities = np.where(capacities < 0, int(book.lot_g.sum()) + 1, capacities)
    return Network(
        tails=tails,
        heads=heads,
        capacities=capacities,
        costs=costs,
        layers=nodes.layers(),
        lot_arc=lot_arc,
        order_arc=order_arc,
        lot_node=lot_node,
        order_node=order_node,
        own_order=own_order,
        village_nodes=village_nodes,
        point_nodes=point_nodes,
        specials=specials,
    )


def _pool(
    layout: Layout, book: Book, specials: Specials, arcs: Arcs, nodes: Nodes
) -> tuple[Ints, Ints]:
    """Add the nodes of villages and pickup points by grade and day, and freight between."""
    lots = layout.problem.lots
    pooled = np.where(specials.isolated, -1, layout.lot_village)
    shape = (len(layout.villages), GRADES, len(layout.days))
    offered = covered(pooled, lots.grade, layout.lot_from, layout.lot_to, shape)
    open_point = np.where(specials.restricted, -1, layout.order_point)
    # The lowest grade an order takes; the better ones reach it by downgrading.
    lowest = GRADES - 1 - np.argmax(book.limits[:, ::-1] >= 0, axis=1)
    shape = (len(layout.points), GRADES, len(layout.arrivals))
    asked = covered(open_point, lowest, layout.order_from, layout.order_to, shape)
    asked = np.logical_or.accumulate(asked[:, ::-1, :], axis=1)[:, ::-1, :]
    village_nodes = nodes.masked(offered, network.VILLAGE)
    point_nodes = np.full(asked.shape, -1, dtype=np.int64)
    for grade in range(GRADES):
        point_nodes[:, grade, :] = nodes.masked(asked[:, grade, :], network.POINT + grade)
    lag = layout.problem.freight.lag_days
    for index, day in enumerate(layout.days):
        arrival = np.searchsorted(layout.arrivals, day + lag)
        tails = village_nodes[layout.pair_village, :, index]
        heads = point_nodes[layout.pair_point, :, arrival]
        costs = np.broadcast_to(layout.pair_cost[:, None], tails.shape)
        both = (tails >= 0) & (heads >= 0)
        arcs.add(tails[both], heads[both], _endless(int(both.sum())), costs[both])
    better, worse = point_nodes[:, :-1, :], point_nodes[:, 1:, :]
    both = (better >= 0) & (worse >= 0)
    size = int(both.sum())
    arcs.add(better[both], worse[both], _endless(size), np.zeros(size, np.int64))
    return village_nodes, point_nodes


def _lots(
    layout: Layout,
    book: Book,
    specials: Specials,
    arcs: Arcs,
    nodes: Nodes,
    village_nodes: Ints,
) -> tuple[Ints, Ints]:
    """Add lots: alike ones (village, grade, window, ask) share an arc."""
    lots = layout.problem.lots
    active = (layout.lot_village >= 0) & (layout.lot_from <= layout.lot_to)
    lot_arc, lot_node = np.full(len(lots), -1), np.full(len(lots), -1)
    pooled = np.flatnonzero(active & ~specials.isolated)
    first, last = layout.lot_from[pooled], layout.lot_to[pooled]
    keys = (layout.lot_village[pooled], lots.grade[pooled], first, last)
    window, seen = _grouped(keys)
    village, grade, first, last = (key[seen] for key in keys)
    # A window of one day needs no node beside that day's.
    windows = village_nodes[village, grade, first]
    several = first < last
    windows[several] = nodes.add(int(several.sum()), network.WINDOW)
    for day in range(len(layout.days)):
        open_on = several & (first <= day) & (day <= last)
        tails, heads = windows[open_on], village_nodes[village[open_on], grade[open_on], day]
        arcs.add(tails, heads, _endless(len(tails)), np.zeros(len(tails), np.int64))
    own = np.flatnonzero(active & specials.own)
    own_nodes = nodes.add(len(own), network.LOT)
    lot_node[pooled] = windows[window]
    feeding = own[~specials.isolated[own]]
    arcs.add(
        own_nodes[~specials.isolated[own]],
        lot_node[feeding],
        _endless(len(feeding)),
        np.zeros(len(feeding), np.int64),
    )
    lot_node[own] = own_nodes
    lot_arc[own] = arcs.add(_market(len(own)), own_nodes, book.lot_g[own], lots.ask_minor[own])
    alike = np.flatnonzero(active & ~specials.own)
    group, seen = _grouped((lot_node[alike], lots.ask_minor[alike]))
    lot_arc[alike] = arcs.add(
        _market(len(seen)),
        lot_node[alike][seen],
        sums(group, book.lot_g[alike], len(seen)),
        lots.ask_minor[alike][seen],
    )[group]
    return lot_arc, lot_node


class _Classes:
    """Order classes: pickup point, lowest grade at one limit, and window."""

    def __init__(self, layout: Layout, book: Book, specials: Specials, nodes: Nodes) -> None:
        limits = book.limits
        below = np.concatenate([limits[:, 1:], np.full((len(limits), 1), -1)], axis=1)
        active = (layout.order_point >= 0) & (layout.order_from <= layout.order_to)
        levels = (limits >= 0) & (limits != below) & active[:, None]
        pooled = ~specials.restricted & ~specials.exclusive
        self.single = pooled & (levels.sum(axis=1) == 1)
        self.active = active
        self.level_order, self.level_grade = np.nonzero(levels & ~specials.restricted[:, None])
        shared = pooled[self.level_order]
        self.shared_order, self.shared_grade = self.level_order[shared], self.level_grade[shared]
        keys = (
            layout.order_point[self.shared_order],
            self.shared_grade,
            layout.order_from[self.shared_order],
            layout.order_to[self.shared_order],
        )
        self.shared_class, seen = _grouped(keys)
        self.point, self.grade, self.first, self.last = (key[seen] for key in keys)
        self.nodes = nodes.add(len(seen), network.CLASS)


def _orders(
    layout: Layout,
    book: Book,
    specials: Specials,
    arcs: Arcs,
    nodes: Nodes,
    point_nodes: Ints,
    classes: _Classes,
) -> tuple[Ints, Ints, Bools]:
    """Add orders: alike divisible ones (class, limit) share an arc to the market."""
    size = len(layout.problem.orders)
    order_arc, order_node = np.full(size, -1), np.full(size, -1)
    for day in range(len(layout.arrivals)):
        on = (classes.first <= day) & (day <= classes.last)
        tails = point_nodes[classes.point[on], classes.grade[on], day]
        arcs.add(tails, classes.nodes[on], _endless(len(tails)), np.zeros(len(tails), np.int64))
    own = np.flatnonzero(classes.active & ~classes.single)
    order_node[own] = nodes.add(len(own), network.ORDER)
    _own_levels(layout, book, specials, arcs, point_nodes, classes, order_node)
    order_arc[own] = arcs.add(
        order_node[own], _market(len(own)), book.order_g[own], np.zeros(len(own), np.int64)
    )
    single = classes.single[classes.shared_order]
    plain, plain_class = classes.shared_order[single], classes.shared_class[single]
    order_node[plain] = classes.nodes[plain_class]
    limit = book.limits[plain, classes.shared_grade[single]]
    # A fill that may not be divided has to be seen on an arc of its own.
    alone = np.where(book.least_g[plain] > 0, plain + 1, 0)
    group, seen = _grouped((plain_class, limit, alone))
    order_arc[plain] = arcs.add(
        order_node[plain][seen],
        _market(len(seen)),
        sums(group, book.order_g[plain], len(seen)),
        -limit[seen],
    )[group]
    return order_arc, order_node, ~classes.single


def _own_levels(
    layout: Layout,
    book: Book,
    specials: Specials,
    arcs: Arcs,
    point_nodes: Ints,
    classes: _Classes,
    order_node: Ints,
) -> None:
    """Feed orders with substitutes from their classes, exclusive ones from the pool itself."""
    several = ~classes.single[classes.shared_order]
    order, grade = classes.shared_order[several], classes.shared_grade[several]
    arcs.add(
        classes.nodes[classes.shared_class[several]],
        order_node[order],
        _endless(len(order)),
        -book.limits[order, grade],
    )
    exclusive = specials.exclusive[classes.level_order]
    order, grade = classes.level_order[exclusive], classes.level_grade[exclusive]
    for day in range(len(layout.arrivals)):
        on = (layout.order_from[order] <= day) & (day <= layout.order_to[order])
        arcs.add(
            point_nodes[layout.order_point[order[on]], grade[on], day],
            order_node[order[on]],
            _endless(int(on.sum())),
            -book.limits[order[on], grade[on]],
        )


def _direct_pairs(
    layout: Layout,
    book: Book,
    specials: Specials,
    arcs: Arcs,
    lot_node: Ints,
    order_node: Ints,
) -> None:
    lot, order = specials.pair_lot, specials.pair_order
    grade = layout.problem.lots.grade[lot]
    arcs.add(
        lot_node[lot],
        order_node[order],
        _endless(len(lot)),
        layout.pair_cost[specials.pair_row] - book.limits[order, grade],
    )


def _isolated_lots(
    layout: Layout,
    specials: Specials,
    arcs: Arcs,
    lot_node: Ints,
    classes: _Classes,
) -> None:
    """Join lots of forbidden pairs to every class that their order is not part of."""
    lots, freight = layout.problem.lots, layout.problem.freight
    for lot in np.flatnonzero(specials.isolated & (lot_node >= 0)):
        village = np.full(len(classes.point), layout.lot_village[lot])
        rows = layout.tariff_rows(village, classes.point)
        meet = np.zeros(len(rows), dtype=bool)
        for day in layout.days[layout.lot_from[lot] : layout.lot_to[lot] + 1]:
            arrival = np.searchsorted(layout.arrivals, day + freight.lag_days[rows])
            meet |= (classes.first <= arrival) & (arrival <= classes.last)
        reached = np.flatnonzero(meet & (rows >= 0) & (classes.grade >= lots.grade[lot]))
        arcs.add(
            np.full(len(reached), lot_node[lot]),
            classes.nodes[reached],
            _endless(len(reached)),
            layout.pair_cost[rows[reached]],
        )


def sums(groups: Ints, values: Ints, size: int) -> Ints:
    """Return the exact sum of the values of each group."""
    # bincount would add in floating point.
    totals = np.zeros(size, dtype=np.int64)
    np.add.at(totals, groups, values)
    return totals


def _grouped(keys: tuple[Ints, ...]) -> tuple[Ints, Ints]:
    """Return each row's group of equal keys, and one row of every group."""
    packed, size = np.zeros(len(keys[0]), dtype=np.int64), 1
    for key in keys:
        least, most = int(key.min(initial=0)), int(key.max(initial=0))
        if size * (most - least + 1) >= 2**62:
            # Together too wide for 63 bits: those so far are numbered anew.
            packed, size = np.unique(packed, return_inverse=True)[1], len(packed)
        size *= most - least + 1
        packed = packed * (most - least + 1) + (key - least)
    order = np.argsort(packed)
    new = np.zeros(len(order), dtype=bool)
    new[:1] = True
    new[1:] = np.diff(packed[order]) > 0
    group = np.empty(len(order), dtype=np.int64)
    group[order] = np.cumsum(new) - 1
    return group, order[new]


def _endless(size: int) -> Ints:
    return np.full(size, -1, dtype=np.int64)


def _market(size: int) -> Ints:
    return np.full(size, MARKET, dtype=np.int64)
