"""The front door of the matching engine: a problem in, a proved clearing out.

Pure: no database, no clock, no randomness. The same input gives the same clearing to
the last gram, on any machine.
"""

from __future__ import annotations

import platform
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version

import numpy as np

from app.kernel.memory import give_back_freed
from app.matching.allocating import allocate, pinned_value, support
from app.matching.certificate import Verdict, check, check_evidence
from app.matching.contracts import Contracts
from app.matching.duals import Duals
from app.matching.evidence import AllocationTable, Evidence, Narrowed, Terms
from app.matching.explaining import lot_reasons, order_reasons
from app.matching.fewer_lots import divided, narrowed_further
from app.matching.indivisible import Rejection, Round, settle, solve
from app.matching.layout import Layout, lay_out
from app.matching.network import Book
from app.matching.pins import pinned_grams
from app.matching.problem import Problem
from app.matching.quotes import Quotes, point_quotes, village_quotes
from app.matching.readmitting import readmitted
from app.matching.reasons import LotReasons, OrderReasons
from app.matching.record import Json, input_hash, to_record
from app.matching.rows import Forbidden, Freight, Lot, Order, Pin, Rules
from app.matching.standing import relaxed_limits
from app.matching.ties import shared_evenly

__all__ = [
    "Clearing",
    "Forbidden",
    "Freight",
    "Lot",
    "NotProven",
    "Order",
    "Pin",
    "Problem",
    "Rules",
    "check",
    "clear",
    "input_hash",
]

ENGINE = "2"
_MANY_ROWS = 200_000


class NotProven(RuntimeError):
    """A clearing failed its own check; nothing of it may be used."""


@dataclass(frozen=True)
class Solution:
    """What the solver found, before it is put into the market's own words.

    :param relaxed: every order divisible; ``raw``: the settled market as solved,
        ``final``: the same with its ties shared.
    """

    layout: Layout
    relaxed: Round
    relaxed_duals: Duals
    raw: Round
    final: Round
    duals: Duals
    contracts: Contracts
    rejections: tuple[Rejection, ...]


@dataclass(frozen=True)
class Clearing:
    """A proved outcome.

    :param nothing: why there was nothing to match (``no_lots``, ``no_orders``,
        ``no_tariff``, ``no_trade``), or None.
    :param lots: why each lot got what it got, ``orders``: each order; both by id.
    :param villages: price of each grade and day at each village (``price_minor``) with
        the lowest and highest that would do; ``points``: what buyers pay at each point.
    """

    problem: Problem
    allocations: AllocationTable
    nothing: str | None
    lots: LotReasons
    orders: OrderReasons
    villages: Quotes
    points: Quotes
    evidence: Evidence
    verdict: Verdict

    def record(self) -> dict[str, Json]:
        """Return the certificate as JSON; ``check`` verifies it on its own."""
        return to_record(self.evidence)


def clear(problem: Problem) -> Clearing:
    """Match lots and orders at the greatest total gain, and prove it.

    :raises PinImpossible: if a pinned pair cannot trade within its limits.
    :raises NotProven: if the outcome fails its independent check, which is a bug.
    """
    return prove(problem, solve_market(problem))


def prove(problem: Problem, solution: Solution) -> Clearing:
    """Put a solution into the market's own words and check it.

    :raises NotProven: if it fails.
    """
    evidence = _evidence(problem, solution)
    allocations = evidence.allocations
    layout, final, duals = solution.layout, solution.final, solution.duals
    lots = lot_reasons(layout, final, duals, allocations)
    orders = order_reasons(layout, final, duals, allocations, solution.rejections)
    villages, points = village_quotes(layout, final, duals), point_quotes(layout, final, duals)
    # The network of a million lots is large, and the check needs nothing of it.
    del solution, layout, final, duals
    _give_back(problem)
    verdict = check_evidence(evidence)
    if not verdict.valid:
        raise NotProven("; ".join(verdict.faults))
    return Clearing(
        problem=problem,
        allocations=allocations,
        nothing=_nothing(problem, allocations),
        lots=lots,
        orders=orders,
        villages=villages,
        points=points,
        evidence=evidence,
        verdict=verdict,
    )


def solve_market(problem: Problem) -> Solution:
    """Find the optimal flow, its prices and its contracts.

    :raises PinImpossible: if a pinned pair cannot trade within its limits.
    """
    layout = lay_out(problem)
    pinned_lot_g, pinned_order_g = pinned_grams(layout)
    book = Book(
        lot_g=problem.lots.quantity_g - pinned_lot_g,
        order_g=problem.orders.quantity_g - pinned_order_g,
        limits=problem.orders.limits(),
        least_g=np.maximum(problem.orders.least_g() - pinned_order_g, 0),
        narrowed={},
    )
    best_terms = replace(book, limits=relaxed_limits(problem)) if problem.fallbacks else book
    relaxed = solve(layout, best_terms)
    relaxed_duals = relaxed.duals()
    _give_back(problem)
    steps = {
        int(np.searchsorted(problem.orders.id, order)): list(terms)
        for order, terms in problem.fallbacks.items()
    }
    now, rejections = solve(layout, book) if steps else relaxed, list[Rejection]()
    while True:
        now, rejected = settle(layout, now, steps)
        now, rejected = readmitted(layout, now, book.order_g, steps, rejected)
        rejections += rejected
        duals = relaxed_duals if now is relaxed else now.duals()
        shared = shared_evenly(problem, now, duals)
        contracts = divided(problem, shared)
        narrowed = narrowed_further(problem, now.book, contracts)
        if narrowed is None:
            break
        now = solve(layout, replace(now.book, narrowed=narrowed))
    _give_back(problem)
    return Solution(
        layout, relaxed, relaxed_duals, now, shared, duals, contracts, tuple(rejections)
    )


def _give_back(problem: Problem) -> None:
    """Return to the system what the steps so far needed, if that was much."""
    if len(problem.lots) + len(problem.orders) > _MANY_ROWS:
        give_back_freed()


def _evidence(problem: Problem, solution: Solution) -> Evidence:
    ids, book = problem.orders.id, solution.final.book
    dropped = sorted({rejection.order for rejection in solution.rejections})
    dropped = [row for row in dropped if book.order_g[row] == 0]
    moved = [
        row
        for row in np.searchsorted(ids, np.array(list(problem.fallbacks), dtype=np.int64)).tolist()
        if book.limits[row].max() != problem.orders.limit_minor[row]
        or book.least_g[row] != problem.orders.least_g()[row]
    ]
    terms = Terms(ids[moved], book.least_g[moved], book.limits[moved].max(axis=1, initial=-1))
    narrowed = Narrowed(
        np.repeat(ids[list(book.narrowed)], [len(lots) for lots in book.narrowed.values()]),
        problem.lots.id[np.concatenate([np.zeros(0, np.int64), *book.narrowed.values()])],
    )
    allocations = allocate(solution.layout, solution.final, solution.duals, solution.contracts)
    pinned = pinned_value(problem, allocations, book.limits)
    final_support = support(solution.layout, solution.final, solution.duals)
    relaxed_support = final_support
    if solution.relaxed_duals is not solution.duals:
        relaxed_support = support(solution.layout, solution.relaxed, solution.relaxed_duals)
    relaxed_pinned = pinned_value(problem, allocations, solution.relaxed.book.limits)
    return Evidence(
        problem=problem,
        allocations=allocations,
        dropped=ids[dropped],
        terms=terms,
        narrowed=narrowed,
        support=final_support,
        relaxed=relaxed_support,
        versions=_versions(),
        value=solution.final.value() + pinned,
        bound=solution.final.bound(solution.duals.middle) + pinned,
        relaxed_bound=solution.relaxed.bound(solution.relaxed_duals.middle) + relaxed_pinned,
    )


@cache
def _versions() -> dict[str, str]:
    return {
        "engine": ENGINE,
        "ortools": version("ortools"),
        "numpy": version("numpy"),
        "python": platform.python_version(),
    }


def _nothing(problem: Problem, allocations: AllocationTable) -> str | None:
    for name, rows in (
        ("no_lots", problem.lots),
        ("no_orders", problem.orders),
        ("no_tariff", problem.freight),
        ("no_trade", allocations),
    ):
        if len(rows) == 0:
            return name
    return None
