"""The manager's decisions about pairs, as inputs of a problem.

What a decision speaks of may be gone by now, as a lot that was withdrawn: then it does
nothing. One about a farmer and a buyer stands for every lot and request of theirs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.matching.problem import Problem
from app.matching.rows import Forbidden, Pin
from app.matching.tables import Ints
from app.models import OverrideKind, PairOverride


def standing(session: Session, *, market_day_id: int, crop_id: int) -> Sequence[PairOverride]:
    """Return the decisions that hold for a crop of a day, oldest first."""
    return session.scalars(
        select(PairOverride)
        .where(
            PairOverride.market_day_id == market_day_id,
            PairOverride.crop_id == crop_id,
            PairOverride.removed_at.is_(None),
        )
        .order_by(PairOverride.id)
    ).all()


def overridden(problem: Problem, decisions: Sequence[PairOverride]) -> Problem:
    """Return the problem with these decisions as its pins and forbidden pairs.

    A ban is stronger than a pin. A pin of a farmer and a buyer is filled from their
    pairs in the order of ids, as far as each pair can trade at all.
    """
    if not decisions:
        return problem
    banned = {
        (lot, order)
        for decision in decisions
        if decision.kind is OverrideKind.FORBID
        for lot, order in _pairs(problem, decision)
    }
    pins = _Pins(problem)
    for decision in decisions:
        if decision.kind is OverrideKind.PIN:
            pairs = [pair for pair in _pairs(problem, decision) if pair not in banned]
            pins.add(pairs, decision.quantity_g or 0, is_exact=decision.lot_id is not None)
    return Problem.from_tables(
        problem.lots,
        problem.orders,
        problem.freight,
        pins=pins.found(),
        forbidden=[_forbidden(problem, lot, order) for lot, order in sorted(banned)],
        fallbacks=problem.fallbacks,
        rules=problem.rules,
    )


def _pairs(problem: Problem, decision: PairOverride) -> list[tuple[int, int]]:
    """Return the rows of lots and orders that a decision speaks of."""
    lots, orders = problem.lots, problem.orders
    if decision.lot_id is not None:
        lot_rows = np.flatnonzero(lots.id == decision.lot_id)
        order_rows = np.flatnonzero(orders.id == decision.order_line_id)
    else:
        lot_rows = np.flatnonzero(lots.farmer_id == decision.farmer_id)
        order_rows = np.flatnonzero(orders.buyer_id == decision.buyer_id)
    return [(lot, order) for lot in lot_rows.tolist() for order in order_rows.tolist()]


def _forbidden(problem: Problem, lot: int, order: int) -> Forbidden:
    return Forbidden(int(problem.lots.id[lot]), int(problem.orders.id[order]))


class _Pins:
    """Grams by pair, never more than a lot has or an order wants."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._lot_g: Ints = problem.lots.quantity_g.copy()
        self._order_g: Ints = problem.orders.quantity_g.copy()
        self._grams: dict[tuple[int, int], int] = {}
        self._limits = problem.orders.limits()

    def add(self, pairs: Sequence[tuple[int, int]], quantity_g: int, *, is_exact: bool) -> None:
        """Fill a pin from pairs; an exact one is kept though it cannot trade, to be told."""
        left_g = quantity_g
        for lot, order in pairs:
            grams = min(left_g, int(self._lot_g[lot]), int(self._order_g[order]))
            if grams <= 0 or not (is_exact or self._can_trade(lot, order)):
                continue
            self._grams[lot, order] = self._grams.get((lot, order), 0) + grams
            self._lot_g[lot] -= grams
            self._order_g[order] -= grams
            left_g -= grams

    def found(self) -> list[Pin]:
        """Return the pins by the market's ids."""
        lots, orders = self._problem.lots.id, self._problem.orders.id
        return [
            Pin(int(lots[lot]), int(orders[order]), grams)
            for (lot, order), grams in sorted(self._grams.items())
        ]

    def _can_trade(self, lot: int, order: int) -> bool:
        lots, orders, freight = self._problem.lots, self._problem.orders, self._problem.freight
        way = np.flatnonzero(
            (freight.village_id == lots.village_id[lot])
            & (freight.pickup_point_id == orders.pickup_point_id[order])
        )
        only = int(orders.only_farmer_id[order])
        if len(way) == 0 or only not in (0, int(lots.farmer_id[lot])):
            return False
        arrival = int(lots.first_day[lot] + freight.lag_days[way[0]])
        if not orders.first_day[order] <= arrival <= orders.last_day[order]:
            return False
        cost = lots.ask_minor[lot] + freight.freight_minor[way[0]] + freight.fee_minor[way[0]]
        return bool(cost <= self._limits[order, lots.grade[lot]])
