"""Measure the route solver: gaps to best known costs, village days, growth.

``python -m benchmarks.routing FILE.vrp ... --seconds 60 --processes 2 --round round``
measures the given VRPLIB files; without files, the instances beside the project where
there are any, and generated village days. The last line is one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.measure import forget_peak, peak_mb
from benchmarks.routing_days import DayFigures, GrowthRow, growth, village_figures
from benchmarks.vrplib import read_problem
from logistics.solver.solve import Progress, solve

INSTANCES = Path(__file__).parents[2] / "shared" / "data" / "instances"
GOALS = {
    "CVRP_X-n401-k29": {30: 0.6},
    "CVRP_Leuven1": {60: 0.8},
    "MDVRPTW_PR11A": {30: 1.4},
    "MTVRPTWR_R2_2_05R0.5": {30: 3.5},
    "HFVRP_X200-HD": {30: 0.5},
    "PCVRPTW_R1_10_5": {10: 0.8, 30: 0.4},
}
"""The gap in percent to reach within so many seconds."""
SIZES = (100, 300, 1_000, 3_000, 6_000)


@dataclass(frozen=True)
class Row:
    """One instance, solved once."""

    instance: str
    stops: int
    round: str
    seed: int
    limit_s: float
    processes: int
    wall_s: float
    first_s: float | None
    cost: int
    best_known: int | None
    gap_percent: float | None
    goal_percent: float | None
    processor_s: float
    unplanned: int
    iterations: int
    peak_mb: int


@dataclass(frozen=True)
class Known:
    """What bks.json beside an instance says of it."""

    cost: int | None = None
    round: str | None = None


def main() -> None:
    """Measure, print a line per figure, and end with one line of JSON."""
    options = _options()
    files = options.files or sorted(INSTANCES.glob("*.vrp"))
    if not files:
        print(f"no instances given, and none in {INSTANCES}: village days only")
    rows: list[Row] = []
    for path in files:
        for seed in options.seed:
            for seconds in _seconds(options.seconds, path):
                rows.append(_measure(path, options, seconds, seed))
                print(_line(rows[-1]), flush=True)
    days: list[DayFigures] = []
    sizes: list[GrowthRow] = []
    if not options.files or options.villages:
        days = [village_figures(seconds=options.day_seconds, seed=options.seed[0])]
        print(days[0].text(), flush=True)
    if not options.files or options.growth:
        for size in SIZES:
            sizes.append(growth(size, seconds=10.0, processes=options.processes or 2))
            print(sizes[-1].text(), flush=True)
    result = {
        "instances": [asdict(row) for row in rows],
        "village_day": [asdict(day) for day in days],
        "growth": [asdict(size) for size in sizes],
    }
    print(json.dumps(result, separators=(",", ":")))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.routing", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE.vrp")
    parser.add_argument("--seconds", type=float, help="per instance; by default by its size")
    parser.add_argument("--processes", type=int, help="by default 2 from 1,500 stops on, else 1")
    parser.add_argument("--round", choices=["round", "exact", "dimacs", "trunc", "none"])
    parser.add_argument("--seed", type=int, nargs="+", default=[1])
    parser.add_argument("--villages", action="store_true", help="the village day too")
    parser.add_argument("--growth", action="store_true", help="the growth over stops too")
    parser.add_argument("--day-seconds", type=float, default=60.0, help="for the village day")
    return parser.parse_args()


def _seconds(given: float | None, path: Path) -> tuple[float, ...]:
    """Return the time limits to measure: longer for large files, two for optional stops."""
    if given is not None:
        return (given,)
    head = path.read_text(encoding="utf-8")
    if "PRIZE_SECTION" in head:
        return (10.0, 30.0)
    return (60.0,) if head.count("\n") > 3 * 1_500 else (30.0,)


def _known(path: Path) -> Known:
    listed = path.parent / "bks.json"
    if not listed.exists():
        return Known()
    for row in json.loads(listed.read_text(encoding="utf-8")):
        if row["file"] == path.name:
            return Known(int(row["bks"]), str(row["round_func"]))
    return Known()


def _measure(path: Path, options: argparse.Namespace, seconds: float, seed: int) -> Row:
    known = _known(path)
    rounding = options.round or known.round or "round"
    problem = read_problem(path, rounding)
    processes = options.processes or (2 if len(problem.stops) >= 1_500 else 1)
    seen: list[Progress] = []
    forget_peak()
    began, spent = time.perf_counter(), _processor_s()
    plan = solve(
        problem, seed=seed, seconds=seconds, processes=processes, progress=seen.append, mends=0
    )
    wall_s = time.perf_counter() - began
    value = {stop.id: stop.value_minor or 0 for stop in problem.stops}
    cost = plan.cost_minor + sum(value[left.stop_id] for left in plan.unplanned)
    gap = None if known.cost is None else round(100 * (cost / known.cost - 1), 3)
    return Row(
        instance=path.stem,
        stops=len(problem.stops),
        round=rounding,
        seed=seed,
        limit_s=seconds,
        processes=processes,
        wall_s=round(wall_s, 2),
        first_s=round(seen[0].elapsed_s, 2) if seen else None,
        cost=cost,
        best_known=known.cost,
        gap_percent=gap,
        goal_percent=GOALS.get(path.stem, {}).get(int(seconds)),
        processor_s=round(_processor_s() - spent, 1),
        unplanned=len(plan.unplanned),
        iterations=plan.iterations,
        peak_mb=peak_mb(processes if processes > 1 else 0),
    )


def _processor_s() -> float:
    """Return the processor's seconds of this process and of children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _line(row: Row) -> str:
    gap = "no best known" if row.gap_percent is None else f"gap {row.gap_percent:.3f} %"
    if row.goal_percent is not None and row.gap_percent is not None:
        met = "met" if row.gap_percent <= row.goal_percent else "missed"
        gap += f" (goal {row.goal_percent} {met})"
    first = "-" if row.first_s is None else f"{row.first_s:.2f} s"
    return (
        f"{row.instance}: {row.stops} stops, {gap}, cost {row.cost}, {row.wall_s:.1f} s"
        f" (processor {row.processor_s:.1f} s, first plan {first}), seed {row.seed},"
        f" {row.processes} process(es), {row.unplanned} unplanned, peak {row.peak_mb} MB"
    )


if __name__ == "__main__":
    main()
