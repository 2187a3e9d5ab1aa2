"""Plan a day: a problem in, a checked plan out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from logistics.solver.build import build_plan
from logistics.solver.checker import check
from logistics.solver.explain import explain
from logistics.solver.layout import Layout, lay_out
from logistics.solver.limit import Limit
from logistics.solver.plan import Plan
from logistics.solver.prepared import Prepared, prepare
from logistics.solver.problem import Problem
from logistics.solver.reasons import alone
from logistics.solver.repair import repair
from logistics.solver.routing import find_routes
from logistics.solver.warm import sequences_of

Warm = Plan | Mapping[str, list[list[str]]]
"""A plan, or stop ids per vehicle id and trip, to start from."""


@dataclass(frozen=True)
class Progress:
    """How far a search is: a feasible plan of this cost and size is at hand."""

    elapsed_s: float
    cost_minor: int
    planned: int
    total: int
    iterations: int


def solve(
    problem: Problem,
    *,
    seed: int,
    seconds: float | None = None,
    iterations: int | None = None,
    warm: Warm | None = None,
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] | None = None,
    processes: int = 1,
    mends: int = 50,
    keep_m: int = 0,
) -> Plan:
    """Return the best plan found within the limit; the checker has proved it.

    The same problem, seed and number of iterations give the same plan. ``stop`` is
    asked often, and True ends the search with the best plan so far. ``mends`` is for
    how many unplanned stops the cheapest mend is looked for. ``keep_m`` keeps the plan
    near a warm one: a stop gets another predecessor where that saves so many metres.

    :raises BadInput: if the locks, or the size for this machine, make planning impossible.
    :raises ValueError: if neither seconds nor iterations are given.
    :raises Unproved: if the plan does not pass the checker, which is a bug.
    """
    limit = Limit.of(seconds=seconds, iterations=iterations, stop=stop)
    began = time.perf_counter()
    day = prepare(problem)
    layout = lay_out(day)
    ready = time.perf_counter()
    hopeless = _hopeless(day, layout)

    def report(cost_minor: int, planned: int) -> None:
        if progress is not None:
            spent_s = time.perf_counter() - began
            progress(Progress(spent_s, cost_minor, planned, len(layout.chains), limit.used))

    limit.shorten(_work_after(layout, began, ready))
    start = {} if warm is None else layout.chained(sequences_of(day, warm))
    chained = find_routes(
        day,
        layout,
        skip=hopeless,
        seed=seed,
        limit=limit,
        start=start,
        report=report,
        processes=processes,
        keep_m=keep_m,
    )
    sequences, left = repair(day, layout, layout.tasks(chained), skip=hopeless)
    unplanned = explain(day, layout, sequences, left, mends=mends)
    plan = build_plan(day, sequences, unplanned, seed=seed, iterations=limit.used)
    return _proved(day, plan)


def _work_after(layout: Layout, began: float, ready: float) -> float:
    """Return the seconds to keep for what comes after the search.

    Timing, checking and writing down takes about as long again as making ready; finding
    out what each optional stop would cost takes some twenty times as long as timing it
    alone, which was done since ``ready``.
    """
    now = time.perf_counter()
    optional = sum(chain.value_minor is not None for chain in layout.chains)
    return now - began + 20 * (now - ready) * optional / max(1, len(layout.chains))


class Unproved(RuntimeError):
    """The solver made a plan that the checker does not accept."""


def _proved(day: Prepared, plan: Plan) -> Plan:
    found = check(day.problem, plan, matrix=day.matrix)
    if found:
        raise Unproved(f"{len(found)} violations, first: {found[0]}")
    return plan


def _hopeless(day: Prepared, layout: Layout) -> frozenset[int]:
    """Return the chains that no vehicle could serve even with the day to itself."""
    return frozenset(
        number
        for number, chain in enumerate(layout.chains)
        if any(alone(day, day.tasks[index]) is not None for index in chain.tasks)
        # A locked sequence may wait for goods until its windows have closed.
        or chain.windows[-1].closes_s < chain.release_s
    )
