"""Solving a large network without the freight that is too dear to matter.

Most arcs of a large network are freight, and goods only go to the few pickup points that
pay most after it. So prices are guessed, from a part of the villages or from a round
before, and freight that looks too dear is set aside. Nothing rests on the guess: the
prices found are held against all that was set aside, and what they contradict comes back.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.matching.duals import FAR, Duals, prices
from app.matching.flows import cheapest_circulation
from app.matching.network import CLASS, MARKET, POINT, VILLAGE, WINDOW, Network
from app.matching.tables import Bools, Ints

# Smaller networks are solved as they are: a guess would cost more than it saves.
FEWEST_ARCS = 50_000
# One village in so many is guessed from, with as much of the demand.
_SAMPLED = 10
# One freight arc in so many is kept at first; fewer would often have to come back.
_KEPT = 5
_MOST_ROUNDS = 3


@dataclass(frozen=True)
class Solved:
    """An optimal flow; ``hint`` are the prices of the arcs that were not set aside."""

    flow: Ints
    hint: Duals | None = None


def solve_network(network: Network, hint: Duals | None = None) -> Solved:
    """Return an optimal flow of the whole network.

    :param hint: prices of the same nodes in a similar round.
    """
    arcs = (network.tails, network.heads, network.capacities, network.costs)
    if len(network.tails) < FEWEST_ARCS:
        return Solved(cheapest_circulation(*arcs))
    aside = _too_dear(network, _sampled_prices(network) if hint is None else _known(hint))
    for _ in range(_MOST_ROUNDS):
        kept = np.ones(len(network.tails), dtype=bool)
        kept[aside] = False
        tails, heads, capacities, costs = (column[kept] for column in arcs)
        part = (tails, heads, capacities, costs)
        found = cheapest_circulation(*part)
        duals = prices(*part, found, len(network.layers))
        rise = duals.low[network.heads[aside]] - duals.low[network.tails[aside]]
        needed = rise > network.costs[aside]
        if not needed.any():
            flow = np.zeros(len(kept), dtype=np.int64)
            flow[kept] = found
            return Solved(flow, duals)
        aside = aside[~needed]
    return Solved(cheapest_circulation(*arcs))


def _sampled_prices(network: Network) -> Ints:
    """Return prices by node, those of pickup points at least, from a part of the market."""
    tails, heads, layers = network.tails, network.heads, network.layers
    chosen = layers >= POINT
    chosen[MARKET] = True
    villages = network.village_nodes[::_SAMPLED]
    chosen[villages[villages >= 0]] = True
    windows = np.flatnonzero((layers[tails] == WINDOW) & (layers[heads] == VILLAGE))
    chosen[tails[windows]] = chosen[heads[windows]]
    inside = chosen[tails] & chosen[heads]
    # Order arcs stand by place, window and limit, so that every few are like all.
    wanted = np.flatnonzero(heads == MARKET)
    inside[wanted] = False
    inside[wanted[::_SAMPLED]] = True
    capacities = network.capacities[inside]
    offers, wants = tails == MARKET, heads == MARKET
    supply = _part_of(network.capacities, offers & inside, offers)
    demand = _part_of(network.capacities, wants & inside, wants)
    wants = wants[inside]
    capacities[wants] = (capacities[wants] * (supply / max(demand, 1e-9))).astype(np.int64)
    # Numbered anew, since the solver's time grows with the largest number.
    number = np.cumsum(chosen) - 1
    arcs = number[tails[inside]], number[heads[inside]], capacities, network.costs[inside]
    guess = np.zeros(len(layers), dtype=np.int64)
    guess[chosen] = _known(prices(*arcs, cheapest_circulation(*arcs), int(chosen.sum())))
    return guess


def _part_of(figures: Ints, part: Bools, whole: Bools) -> float:
    return float(figures[part].sum()) / max(float(figures[whole].sum()), 1.0)


def _known(duals: Duals) -> Ints:
    """Return the middle price where both sides bound it, or else that of the one that does."""
    high = np.where(duals.high < FAR // 2, duals.high, 0)
    low = np.where(duals.low > -FAR // 2, duals.low, high)
    return np.where(duals.bounded(), duals.middle, low)


def _too_dear(network: Network, guess: Ints) -> Ints:
    """Return the freight arcs that lose most at prices guessed for the pickup points."""
    into = network.layers[network.heads]
    at_point = (into >= POINT) & (into < CLASS)
    freight = np.flatnonzero(at_point & (network.layers[network.tails] == VILLAGE))
    if len(freight) == 0:
        return freight
    tails, heads = network.tails[freight], network.heads[freight]
    margin = guess[heads] - network.costs[freight]
    best = np.full(len(network.layers), -FAR, dtype=np.int64)
    np.maximum.at(best, tails, margin)
    loss = best[tails] - margin
    # The nearest village of a point stays, whatever it loses, so that both have a price.
    least = np.full(len(network.layers), FAR, dtype=np.int64)
    np.minimum.at(least, heads, loss)
    bearable = np.partition(loss, len(loss) // _KEPT)[len(loss) // _KEPT]
    aside: Ints = freight[(loss > bearable) & (loss > least[heads])]
    return aside
