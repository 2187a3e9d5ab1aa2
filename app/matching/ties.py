"""Sharing what the prices leave open: ties between places, grades and days.

Where an arc's reduced cost is zero under both extreme duals, optimal flows differ only
in who among equals is served. A second small flow on such arcs alone decides: first
as much volume as possible, then the lots with the lowest share sold and the orders with
the lowest share filled come first. Shares are cut into slices of rising cost, which
makes the second flow a convex, and so an even, division. Every cycle of this flow
passes the market once, between two lots or between two orders, so that serving lots
first and orders after them comes to the same as serving both at once.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from app.matching.duals import Duals
from app.matching.flows import cheapest_circulation
from app.matching.indivisible import Round
from app.matching.network import MARKET
from app.matching.problem import Problem
from app.matching.shares import floor_parts
from app.matching.tables import Bools, Ints, picked

# Two per cent of a share is finer than a farmer's scale; large ties get coarser slices.
_SLICES, _FEWEST_SLICES, _MOST_ARCS = 50, 8, 200_000


def shared_evenly(problem: Problem, now: Round, duals: Duals) -> Round:
    """Return the same optimum with its ties divided evenly."""
    free = _between_ends(now, _free(now, duals))
    tied_lots = np.flatnonzero(free & (now.network.tails == MARKET))
    tied_orders = np.flatnonzero(free & (now.network.heads == MARKET))
    if len(tied_lots) + len(tied_orders) < 2:
        return now
    floors = np.zeros(len(free), dtype=np.int64)
    np.add.at(floors, *_floors(problem, now, free))
    return _divided(now, free, np.concatenate([tied_lots, tied_orders]), floors)


def _free(now: Round, duals: Duals) -> Bools:
    """Mark the arcs on which every optimal flow may differ."""
    network = now.network
    bounded = duals.bounded()
    free = bounded[network.tails] & bounded[network.heads] & (network.capacities > 0)
    for price in (duals.low, duals.high):
        free &= price[network.heads] - price[network.tails] == network.costs
    # What an indivisible order got is settled; moving it might break its least fill.
    whole = network.order_arc[(now.book.least_g > 0) & (network.order_arc >= 0)]
    free[whole] = False
    return free


def _between_ends(now: Round, free: Bools) -> Bools:
    """Keep the free arcs that can lie between two ends that are tied.

    A node with a single free arc cannot pass anything on, so such nodes go until none
    is left; what is left is small, however large the market.
    """
    tails, heads = now.network.tails, now.network.heads
    size, free = len(now.network.layers), free.copy()
    while True:
        arcs = np.flatnonzero(free)
        degree = np.bincount(tails[arcs], minlength=size) + np.bincount(heads[arcs], minlength=size)
        idle = degree == 1
        idle[MARKET] = False
        useless = idle[tails[arcs]] | idle[heads[arcs]]
        if not useless.any():
            return free
        free[arcs[useless]] = False


def _floors(problem: Problem, now: Round, free: Bools) -> tuple[Ints, Ints]:
    """Return the arcs of tied lots and the floors that belong to each."""
    arc = now.network.lot_arc
    tied = np.flatnonzero(arc >= 0)
    tied = tied[free[arc[tied]]]
    settled = np.where(picked(free.astype(np.int64), arc, 0) == 1, 0, picked(now.flow, arc, 0))
    settled = np.where(settled > 0, now.book.lot_g, 0)
    floors = floor_parts(
        problem.lots.farmer_id, now.book.lot_g, settled, tied, problem.rules.floor_g
    )
    return arc[tied], floors[tied]


def _divided(now: Round, free: Bools, tied: Ints, floors: Ints) -> Round:
    network, flow = now.network, now.flow
    inner = free.copy()
    inner[tied] = False
    rest = np.flatnonzero(inner)
    count = max(_FEWEST_SLICES, min(_SLICES, _MOST_ARCS // len(tied)))
    capacities = network.capacities[tied]
    slices = _slices(capacities, np.minimum(floors[tied], capacities), count)
    # Slices of any height, of a lot and of an order, beat leaving volume unused.
    step = np.arange(count + 1) - (count + 1)
    tails = np.concatenate([network.tails[rest], np.repeat(network.tails[tied], count + 1)])
    heads = np.concatenate([network.heads[rest], np.repeat(network.heads[tied], count + 1)])
    room = np.concatenate([network.capacities[rest], slices.ravel()])
    costs = np.concatenate([np.zeros(len(rest), np.int64), np.tile(step, len(tied))])
    fixed = np.ones(len(flow), dtype=bool)
    fixed[rest] = False
    fixed[tied] = False
    supplies = np.zeros(len(network.layers), dtype=np.int64)
    np.add.at(supplies, network.heads[fixed], flow[fixed])
    np.add.at(supplies, network.tails[fixed], -flow[fixed])
    used = np.zeros(len(network.layers), dtype=bool)
    used[tails] = used[heads] = True
    number = np.cumsum(used) - 1
    found = cheapest_circulation(number[tails], number[heads], room, costs, supplies[used])
    flow = flow.copy()
    flow[rest] = found[: len(rest)]
    flow[tied] = found[len(rest) :].reshape(len(tied), count + 1).sum(axis=1)
    return replace(now, flow=flow)


def _slices(capacities: Ints, floors: Ints, count: int) -> Ints:
    """Return the floor and then equal slices of the rest, by arc; they sum to its capacity."""
    rest = capacities - floors
    marks = rest[:, None] * np.arange(count + 1) // count
    return np.concatenate([floors[:, None], np.diff(marks, axis=1)], axis=1)
