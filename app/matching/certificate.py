"""Checking a clearing against the input, in whole numbers, knowing nothing of the solver.

The optimum is proved by linear-programming duality on pairs of lots and orders, not
on the engine's network: prices under which no pair could gain by trading otherwise
bound the value of every outcome, and the outcome reaches that bound.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from app.matching.evidence import Evidence
from app.matching.outcome_checks import outcome_faults
from app.matching.record import Json, from_record
from app.matching.standing import Pairs, Standing, final_standing, relaxed_standing
from app.matching.support_checks import Promise, promise
from app.matching.tables import GRADES


@dataclass(frozen=True)
class Verdict:
    """What a check found; ``faults`` names every rule that is broken.

    :param value: gained by the outcome, in minor units per kg times grams.
    :param bound: more than this no outcome can gain among the orders that stood;
        ``relaxed_bound``: not even if every order could be divided.
    """

    faults: tuple[str, ...]
    value: int
    bound: int
    relaxed_bound: int

    @property
    def valid(self) -> bool:
        """Whether the clearing is proved."""
        return not self.faults


def check(record: Mapping[str, Json]) -> Verdict:
    """Check a stored record on its own.

    :raises RecordDamaged: if the record cannot be read.
    """
    return check_evidence(from_record(record))


def check_evidence(evidence: Evidence) -> Verdict:
    """Check feasibility, money, prices, complementary slackness and both bounds."""
    faults = _unknown_faults(evidence)
    if faults:
        return Verdict(tuple(faults), 0, 0, 0)
    final = final_standing(evidence)
    trades = final.trades(evidence.allocations)
    faults = outcome_faults(evidence, trades)
    promised = promise(final, evidence.support)
    faults += promised.faults
    faults += _slack_faults(evidence, final, trades, promised)
    pinned = evidence.allocations.pinned == 1
    gained = trades.gain * evidence.allocations.quantity_g
    value, bound = int(gained.sum()), _bound(final, promised) + int(gained[pinned].sum())
    if not value == bound == evidence.value == evidence.bound:
        faults.append("value and bound differ")
    relaxed_bound = bound
    if evidence.relaxed is not evidence.support or not _is_as_it_came(evidence):
        relaxed_bound, relaxed_faults = _relaxed(evidence)
        faults += relaxed_faults
    if value > relaxed_bound or relaxed_bound != evidence.relaxed_bound:
        faults.append("value and relaxed bound disagree")
    return Verdict(tuple(faults), value, bound, relaxed_bound)


def _is_as_it_came(evidence: Evidence) -> bool:
    """Whether every order stood to the end on its own terms, so that both bounds are one."""
    gone = len(evidence.dropped) + len(evidence.terms) + len(evidence.narrowed)
    return gone == 0 and not evidence.problem.fallbacks


def _relaxed(evidence: Evidence) -> tuple[int, list[str]]:
    """Return the bound of the market in which every order may be divided."""
    standing = relaxed_standing(evidence)
    promised = promise(standing, evidence.relaxed)
    pinned = evidence.allocations.take(evidence.allocations.pinned == 1)
    by_hand = int((standing.trades(pinned).gain * pinned.quantity_g).sum())
    return _bound(standing, promised) + by_hand, [f"relaxed: {f}" for f in promised.faults]


def _unknown_faults(evidence: Evidence) -> list[str]:
    """Check that everything named exists, so that the other checks can look it up."""
    lots, orders = evidence.problem.lots.id, evidence.problem.orders.id
    named = [(evidence.allocations.lot_id, lots), (evidence.narrowed.lot_id, lots)]
    named += [
        (column, orders)
        for column in (
            evidence.allocations.order_id,
            evidence.narrowed.order_id,
            evidence.terms.order_id,
            evidence.dropped,
        )
    ]
    for support in (evidence.support, evidence.relaxed):
        named += [(support.lots.id, lots), (support.orders.id, orders)]
        for prices in (support.villages, support.points):
            if ((prices.grade < 0) | (prices.grade >= GRADES)).any():
                return ["a price is for an unknown grade"]
    if not all(np.isin(ids, known).all() for ids, known in named):
        return ["an unknown lot or order is named"]
    return []


def _bound(standing: Standing, promised: Promise) -> int:
    """Return what the prices promise all sides together, the dual value."""
    total = 0
    for gain, grams in (
        (promised.lot_gain, standing.lot_g),
        (promised.order_gain, standing.order_g),
    ):
        rows = np.flatnonzero((gain > 0) & (grams > 0))
        # Rows of a sound market fit in 63 bits; a forged one must not wrap around.
        if float((gain[rows].astype(float) * grams[rows]).sum()) > 2.0**62:
            return -1
        total += int((gain[rows] * grams[rows]).sum())
    return total


def _slack_faults(
    evidence: Evidence, standing: Standing, trades: Pairs, promised: Promise
) -> list[str]:
    """Check that whoever would gain more is served in full, and that every trade gains all."""
    faults = []
    problem, allocations = evidence.problem, evidence.allocations
    free = allocations.pinned == 0
    grams = np.where(free, allocations.quantity_g, 0)
    sold, filled = np.zeros(len(problem.lots), np.int64), np.zeros(len(problem.orders), np.int64)
    np.add.at(sold, trades.lots, grams)
    np.add.at(filled, trades.orders, grams)
    lot_gain, order_gain = promised.lot_gain, promised.order_gain
    if (free & (trades.gain != lot_gain[trades.lots] + order_gain[trades.orders])).any():
        faults.append("a trade is not supported by the prices")
    if ((lot_gain > 0) & (sold < standing.lot_g)).any():
        faults.append("a lot below its price is left unsold")
    if ((order_gain > 0) & (filled < standing.order_g)).any():
        faults.append("an order above its price is left unfilled")
    price = problem.lots.ask_minor
    if problem.rules.pricing == "uniform":
        price = price + lot_gain
    if (free & (allocations.farmer_minor != price[trades.lots])).any():
        faults.append("a farmer's price is not the one the rules give")
    return faults
