"""Taking a flow apart into contracts: who gives how much to whom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.matching.network import MARKET, ORDER, Network
from app.matching.tables import Ints, picked


@dataclass(frozen=True)
class Contracts:
    """Grams from rows of lots to rows of orders, one entry per pair."""

    lot: Ints
    order: Ints
    quantity_g: Ints

    def __len__(self) -> int:
        return len(self.lot)


def take_apart(network: Network, flow: Ints, lot_g: Ints, order_g: Ints) -> Contracts:
    """Return contracts that sum to the flow, to ``lot_g`` and to ``order_g``.

    At each node what comes in and what goes out are laid along the same line, and
    every stretch between two marks goes from one to the other; layer by layer, for
    all nodes of a layer at once. So there are at most lots + arcs + orders pieces.
    """
    lots, orders = np.flatnonzero(lot_g), np.flatnonzero(order_g)
    inner = np.flatnonzero((flow > 0) & (network.tails != MARKET) & (network.heads != MARKET))
    tails = np.concatenate([network.tails[inner], _exits(network)[orders]])
    heads = np.concatenate([network.heads[inner], np.full(len(orders), MARKET)])
    amounts = np.concatenate([flow[inner], order_g[orders]])
    takers = np.concatenate([np.full(len(inner), -1), orders])
    node, lot, grams = _entries(network)[lots], lots, lot_g[lots]
    done_lot, done_order, done_g = [], [], []
    for layer in range(1, ORDER + 1):
        here, out = network.layers[node] == layer, network.layers[tails] == layer
        piece, arc, piece_g = _overlay(node[here], grams[here], tails[out], amounts[out])
        target, taker = heads[out][arc], takers[out][arc]
        done = taker >= 0
        done_lot.append(lot[here][piece][done])
        done_order.append(taker[done])
        done_g.append(piece_g[done])
        node = np.concatenate([node[~here], target[~done]])
        lot = np.concatenate([lot[~here], lot[here][piece][~done]])
        grams = np.concatenate([grams[~here], piece_g[~done]])
    return _merged(*(np.concatenate(parts) for parts in (done_lot, done_order, done_g)))


def _entries(network: Network) -> Ints:
    """Return the node at which each lot enters."""
    return picked(network.heads, network.lot_arc, -1)


def _exits(network: Network) -> Ints:
    return picked(network.tails, network.order_arc, -1)


def _overlay(node: Ints, grams: Ints, tails: Ints, amounts: Ints) -> tuple[Ints, Ints, Ints]:
    """Return index into, index out and grams of each stretch between two marks."""
    by_node, by_tail = np.argsort(node, kind="stable"), np.argsort(tails, kind="stable")
    # Each node receives what it passes on, so both lines have the nodes at the same place.
    incoming, outgoing = np.cumsum(grams[by_node]), np.cumsum(amounts[by_tail])
    # Both rise already, which this sort makes use of.
    marks = np.sort(np.concatenate([incoming, outgoing]), kind="stable")
    marks = marks[np.diff(marks, prepend=0) > 0]
    piece = by_node[np.searchsorted(incoming, marks)]
    arc = by_tail[np.searchsorted(outgoing, marks)]
    return piece, arc, np.diff(marks, prepend=0)


def _merged(lot: Ints, order: Ints, grams: Ints) -> Contracts:
    """Join the pieces that the same pair traded over several paths."""
    by_pair = np.lexsort((order, lot))
    lot, order, grams = lot[by_pair], order[by_pair], grams[by_pair]
    new = np.ones(len(lot), dtype=bool)
    new[1:] = (lot[1:] != lot[:-1]) | (order[1:] != order[:-1])
    starts = np.flatnonzero(new)
    if len(starts) == 0:
        return Contracts(lot, order, grams)
    return Contracts(lot[starts], order[starts], np.add.reduceat(grams, starts))
