"""Measure the matching engine: proof, prices, ties, indivisible orders, the database.

``python -m benchmarks.matching`` prints a line per figure, then the table of the goals,
and ends with one line of JSON; ``--quick`` does so in a minute, on smaller markets.
``--lots L.csv --orders O.csv --freight F.csv`` measures given data instead.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from app.matching.engine import Clearing, prove, solve_market
from app.matching.fewer_lots import divided
from app.matching.indivisible import Round
from app.matching.problem import Problem
from app.matching.reasons import LOT_CODES
from app.matching.tables import Ints
from benchmarks import matching_database, matching_highs, matching_rivals
from benchmarks.matching_files import BadFile, from_files
from benchmarks.matching_markets import assumptions, drawn, repeated_prices
from benchmarks.matching_report import goals, shown
from benchmarks.measure import forget_peak, peak_mb

Row = TypeVar("Row", "EngineRow", "WholeRow", "TieRow", matching_database.DatabaseRow)
AT_PRICE = [LOT_CODES.index(code) for code in ("lot_shared", "lot_last_needed", "lot_not_needed")]


@dataclass(frozen=True)
class EngineRow:
    """One market, cleared with certificate; losses of simpler ways in per cent.

    HiGHS and the engine are compared in processor time, which others on the machine
    disturb least.
    """

    market: str
    lots: int
    orders: int
    arcs: int
    seconds: float
    cpu_s: float
    peak_mb: int
    trades: int
    value: int
    bound: int
    gap: int
    greedy_loses: float | None
    first_come_loses: float | None
    highs_simplex_cpu_s: float | None
    highs_simplex_times: float | None


@dataclass(frozen=True)
class WholeRow:
    """Indivisible orders: what rejection loses to the relaxed bound and to the exact one."""

    market: str
    orders: int
    whole: int
    rejected: int
    seconds: float
    to_relaxed_percent: float
    milp: str | None
    milp_s: float | None
    to_milp_percent: float | None
    to_milp_bound_percent: float | None
    paradoxical_acceptances: int


@dataclass(frozen=True)
class TieRow:
    """Lots that asked exactly the price: how evenly they sold, without and with sharing."""

    market: str
    tied_lots: int
    at_zero_before: int
    at_zero_after: int
    gini_before: float
    gini_after: float
    same_value: bool


def main() -> None:
    """Measure, print, and end with one line of JSON."""
    options = _options()
    print(assumptions() if options.lots is None else "Given data, as it is.")
    rows: dict[str, list[Any]] = {"engine": [], "whole": [], "ties": [], "database": []}
    if options.lots is not None:
        try:
            problem = from_files(options.lots, options.orders, options.freight)
        except BadFile as bad:
            raise SystemExit(str(bad)) from bad
        rows["engine"].append(_shown(_engine(options.lots.name, problem, options)))
    else:
        for size in options.sizes:
            rows["engine"].append(_shown(_engine(_name(size), drawn(size), options)))
        rows["whole"] += [_shown(row) for row in _whole_rows(options)]
        rows["ties"] += [_shown(_ties(size)) for size in options.sizes if size <= 100_000]
        rows["database"] += [
            _shown(row) for row in matching_database.rows(options.database, options.url)
        ]
    results = {name: [asdict(row) for row in part] for name, part in rows.items()}
    table = goals(results)
    print(f"\n{shown(table)}\n")
    print(json.dumps(results | {"goals": [asdict(goal) for goal in table]}))


def _engine(name: str, problem: Problem, options: argparse.Namespace) -> EngineRow:
    forget_peak()
    begun, cpu = time.perf_counter(), time.process_time()
    solution = solve_market(problem)
    clearing = prove(problem, solution)
    seconds, cpu_s = time.perf_counter() - begun, time.process_time() - cpu
    peak, value, size = peak_mb(0), clearing.verdict.value, len(problem.orders)
    simplex = None
    if size <= options.highs:
        simplex = matching_highs.ask(solution.relaxed, "simplex", options.highs_limit)
        print(f"  HiGHS simplex: {simplex.status}, {simplex.value:.6g} against {value:.6g}")
    return EngineRow(
        market=name,
        lots=len(problem.lots),
        orders=size,
        arcs=len(solution.final.network.tails),
        seconds=round(seconds, 3),
        cpu_s=round(cpu_s, 3),
        peak_mb=peak,
        trades=len(clearing.allocations),
        value=value,
        bound=clearing.verdict.bound,
        gap=clearing.verdict.bound - value,
        greedy_loses=_loss(value, matching_rivals.greedy, problem, 100_000),
        first_come_loses=_loss(value, matching_rivals.first_come, problem, 10_000),
        highs_simplex_cpu_s=None if simplex is None else round(simplex.cpu_s, 2),
        highs_simplex_times=None if simplex is None else round(simplex.cpu_s / cpu_s, 1),
    )


def _whole_rows(options: argparse.Namespace) -> list[WholeRow]:
    rows = [
        _whole(f"{_name(size)}, 30 % whole", drawn(size, whole=0.3), options, milp=False)
        for size in options.sizes
        if size <= 100_000
    ]
    rows += [
        _whole(
            f"{_name(size)}, big buyers",
            drawn(size, orders=size // 10, whole=0.7, big=10),
            options,
            milp=False,
        )
        for size in options.sizes
        if 10_000 <= size <= 100_000
    ]
    rows += [
        _whole(
            f"thin, seed {seed}",
            drawn(1000, orders=96, seed=seed, whole=0.7, big=10),
            options,
            milp=True,
        )
        for seed in range(1, options.thin + 1)
    ]
    return rows


def _whole(name: str, problem: Problem, options: argparse.Namespace, *, milp: bool) -> WholeRow:
    begun = time.perf_counter()
    solution = solve_market(problem)
    clearing = prove(problem, solution)
    seconds = time.perf_counter() - begun
    value, relaxed = clearing.verdict.value, clearing.verdict.relaxed_bound
    exact = None
    if milp:
        exact = matching_highs.ask(solution.relaxed, "milp", options.milp_limit)
    return WholeRow(
        market=name,
        orders=len(problem.orders),
        whole=int((problem.orders.all_or_nothing != 0).sum()),
        rejected=len(clearing.evidence.dropped),
        seconds=round(seconds, 3),
        to_relaxed_percent=_percent(relaxed - value, relaxed),
        milp=None if exact is None else exact.status,
        milp_s=None if exact is None else round(exact.seconds, 1),
        to_milp_percent=None if exact is None else _percent(exact.value - value, exact.value),
        to_milp_bound_percent=None if exact is None else _percent(exact.bound - value, exact.bound),
        paradoxical_acceptances=_over_limit(clearing),
    )


def _over_limit(clearing: Clearing) -> int:
    """Count trades in which an order pays more than its limit."""
    orders, given = clearing.problem.orders, clearing.allocations
    limit = orders.limits()[np.searchsorted(orders.id, given.order_id), given.grade]
    return int((given.buyer_minor > limit).sum())


def _ties(size: int) -> TieRow:
    """Compare the solver's own choice among tied lots with the shared one."""
    problem = repeated_prices(drawn(size), 25)
    solution = solve_market(problem)
    clearing = prove(problem, solution)
    tied = np.isin(clearing.lots.code, AT_PRICE)
    before = _sold(problem, solution.raw)
    after = clearing.lots.given_g
    quantity = problem.lots.quantity_g[tied]
    return TieRow(
        market=f"{_name(size)}, prices in steps of 25",
        tied_lots=int(tied.sum()),
        at_zero_before=int((before[tied] == 0).sum()),
        at_zero_after=int((after[tied] == 0).sum()),
        gini_before=_gini(before[tied] / quantity),
        gini_after=_gini(after[tied] / quantity),
        same_value=solution.raw.value() == solution.final.value(),
    )


def _sold(problem: Problem, raw: Round) -> Ints:
    contracts = divided(problem, raw)
    sold = np.zeros(len(problem.lots), dtype=np.int64)
    np.add.at(sold, contracts.lot, contracts.quantity_g)
    return sold


def _gini(shares: np.ndarray) -> float:
    if len(shares) == 0 or shares.sum() == 0:
        return 0.0
    rising = np.sort(shares)
    rank = np.arange(1, len(rising) + 1)
    gini = 2 * (rank * rising).sum() / (len(rising) * rising.sum()) - (len(rising) + 1) / len(
        rising
    )
    return round(float(gini), 3)


def _loss(value: int, rival: Callable[[Problem], int], problem: Problem, most: int) -> float | None:
    if len(problem.orders) > most:
        return None
    return _percent(value - rival(problem), value)


def _percent(part: float, whole: float) -> float:
    return round(100 * part / whole, 7) if whole else 0.0


def _name(size: int) -> str:
    return f"{size:,} x {size:,}"


def _shown(row: Row) -> Row:
    figures = asdict(row)
    print(f"{type(row).__name__}: " + ", ".join(f"{k} {v}" for k, v in figures.items()), flush=True)
    return row


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the matching engine.")
    parser.add_argument("--lots", type=Path, help="CSV of lots; see docs/matching.md")
    parser.add_argument("--orders", type=Path, help="CSV of orders")
    parser.add_argument("--freight", type=Path, help="CSV of the tariff")
    parser.add_argument("--quick", action="store_true", help="small markets, about a minute")
    parser.add_argument("--sizes", type=_sizes, default=(1_000, 10_000, 100_000, 1_000_000))
    parser.add_argument("--highs", type=int, default=100_000, help="largest market for HiGHS")
    parser.add_argument("--highs-limit", type=float, default=900, help="its seconds")
    parser.add_argument("--thin", type=int, default=5, help="thin markets against a MILP")
    parser.add_argument("--milp-limit", type=float, default=60, help="its seconds")
    parser.add_argument("--database", type=_sizes, default=(10_000, 100_000, 1_000_000))
    parser.add_argument(
        "--url",
        default=os.environ.get("FARMGATE_TEST_DATABASE_URL"),
        help="a PostgreSQL server; without it, SQLite alone at the first size",
    )
    options = parser.parse_args()
    if options.quick:
        options.sizes, options.thin, options.database = (1_000, 10_000), 1, (10_000,)
    given = [options.lots, options.orders, options.freight]
    if any(given) and not all(given):
        parser.error("--lots, --orders and --freight go together")
    return options


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(",") if part)


if __name__ == "__main__":
    main()
