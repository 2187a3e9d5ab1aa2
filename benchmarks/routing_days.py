"""A cooperative's own days: how soon a plan stands, how steady it stays, how it grows."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, replace

from benchmarks.measure import forget_peak, peak_mb
from benchmarks.villages import village_day
from logistics.solver.plan import Plan
from logistics.solver.prepared import prepare
from logistics.solver.problem import Problem
from logistics.solver.recost import recost_prepared
from logistics.solver.solve import Progress, solve

KEEP_M = 1_500
"""What a farmer's new hour must save, with some 5 km of road between stops."""


@dataclass(frozen=True)
class DayFigures:
    """Seconds and shares of a day of 60 villages and 6 trucks, and of the next day."""

    seed: int
    first_plan_s: float
    within_1_percent_s: float
    long_plan_s: float
    changed_percent: float
    next_day_cost_percent: float
    recost_300_ms: float

    def text(self) -> str:
        """Return the figures in words."""
        return (
            f"village day: first plan {self.first_plan_s:.2f} s (goal 0.2), within 1 % of the"
            f" {self.long_plan_s:.0f} s plan after {self.within_1_percent_s:.2f} s (goal 3);"
            f" next day in 1 s: {self.changed_percent:.1f} % of old stops change predecessor"
            f" (goal 20),"
            f" cost {self.next_day_cost_percent:+.2f} % of 10 s from nothing;"
            f" 300 stops costed and checked in {self.recost_300_ms:.0f} ms"
        )


@dataclass(frozen=True)
class GrowthRow:
    """One size of a generated day."""

    stops: int
    limit_s: float
    wall_s: float
    first_s: float
    cost: int
    unplanned: int
    peak_mb: int

    def text(self) -> str:
        """Return the figures in words."""
        return (
            f"{self.stops} stops: first plan {self.first_s:.2f} s, all {self.wall_s:.1f} s,"
            f" cost {self.cost}, {self.unplanned} unplanned, peak {self.peak_mb} MB"
        )


def village_figures(*, seconds: float, seed: int) -> DayFigures:
    """Measure a day of 60 villages, the next day of 300, and a change by hand."""
    problem = village_day(seed, villages=60, trucks=6)
    began = time.perf_counter()
    solve(problem, seed=seed, seconds=0.1)
    first_plan_s = time.perf_counter() - began
    seen: list[Progress] = []
    plan = solve(problem, seed=seed, seconds=seconds, progress=seen.append)
    near = [
        p.elapsed_s
        for p in seen
        if p.planned == seen[-1].planned and p.cost_minor <= plan.cost_minor * 1.01
    ]
    changed, cost = _next_day(seed)
    return DayFigures(
        seed=seed,
        first_plan_s=round(first_plan_s, 3),
        within_1_percent_s=round(near[0], 3),
        long_plan_s=seconds,
        changed_percent=changed,
        next_day_cost_percent=cost,
        recost_300_ms=_recost_ms(seed),
    )


def _large(seed: int, villages: int) -> Problem:
    return village_day(seed, villages=villages, trucks=-(-villages // 9), windows=0.2)


def _next_day(seed: int) -> tuple[float, float]:
    """Return the share of old stops with a new predecessor, and the cost against cold."""
    both = _large(seed, 400)
    rng = random.Random(seed)
    new = set(rng.sample([stop.id for stop in both.stops], 20))
    old = replace(both, stops=tuple(stop for stop in both.stops if stop.id not in new))
    yesterday = solve(old, seed=seed, seconds=10)
    today = solve(both, seed=seed, seconds=1, warm=yesterday, keep_m=KEEP_M)
    cold = solve(both, seed=seed, seconds=10)
    before, after = _predecessors(yesterday), _predecessors(today)
    changed = sum(after.get(stop) != before[stop] for stop in before)
    return (
        round(100 * changed / len(before), 1),
        round(100 * (today.cost_minor / cold.cost_minor - 1), 2),
    )


def _predecessors(plan: Plan) -> dict[str, str]:
    """Return the stop before each stop; the first of a route comes after nothing."""
    found: dict[str, str] = {}
    for route in plan.routes:
        names = [visit.stop_id for visit in route.visits]
        found.update(zip(names, ["", *names], strict=False))
    return found


def _recost_ms(seed: int) -> float:
    problem = _large(seed, 300)
    day = prepare(problem)
    plan = solve(problem, seed=seed, seconds=2)
    began = time.perf_counter()
    recost_prepared(day, plan)
    return round(1_000 * (time.perf_counter() - began), 1)


def growth(size: int, *, seconds: float, processes: int) -> GrowthRow:
    """Plan a generated day of so many stops and measure."""
    problem = _large(7, size)
    seen: list[Progress] = []
    forget_peak()
    began = time.perf_counter()
    plan = solve(
        problem, seed=1, seconds=seconds, processes=processes, progress=seen.append, mends=0
    )
    wall_s = time.perf_counter() - began
    return GrowthRow(
        stops=size,
        limit_s=seconds,
        wall_s=round(wall_s, 2),
        first_s=round(seen[0].elapsed_s if seen else wall_s, 2),
        cost=plan.cost_minor,
        unplanned=len(plan.unplanned),
        peak_mb=peak_mb(processes if processes > 1 else 0),
    )
