"""The table of goals that the matching benchmark ends with, filled from its rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Goal:
    """One promise: what was measured, the goal, and whether it is met (None: not measured)."""

    what: str
    goal: str
    measured: str
    met: bool | None


def goals(results: Mapping[str, Rows]) -> list[Goal]:
    """Return every goal with what the rows say of it."""
    engine, whole = results["engine"], results["whole"]
    return [
        *_against_simplex(engine),
        *_large(results["database"]),
        *_whole(whole),
        *_ties(results["ties"]),
        *_small_databases(results["database"]),
    ]


def shown(table: Sequence[Goal]) -> str:
    """Return the table as text, a row a line, in columns."""
    words = {True: "met", False: "NOT MET", None: "not measured"}
    rows = [("what", "goal", "measured", "")]
    rows += [(row.what, row.goal, row.measured, words[row.met]) for row in table]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]])
        for row in rows
    )


def _against_simplex(engine: Rows) -> Iterable[Goal]:
    rows = [row for row in engine if row["highs_simplex_times"] is not None]
    if not rows:
        yield Goal("engine, all steps with certificate", "1/100 of HiGHS simplex, gap 0", "-", None)
        return
    row = max(rows, key=lambda row: row["orders"])
    large = row["orders"] >= 100_000
    times, gap = row["highs_simplex_times"], row["gap"]
    yield Goal(
        f"{row['market']}, all steps with certificate",
        "1/100 of HiGHS simplex, gap 0",
        f"1/{times:g} ({row['cpu_s']:g} s against {row['highs_simplex_cpu_s']:g} s), gap {gap},"
        f" {row['peak_mb']} MB",
        times >= 100 and gap == 0 if large else None,
    )


def _large(database: Rows) -> Iterable[Goal]:
    rows = [row for row in database if row["database"] == "postgresql"]
    exponents = [row["exponent"] for row in rows if row["exponent"] is not None]
    yield Goal(
        "PostgreSQL, database to stored result, growth",
        "exponent at most 1.25",
        ", ".join(f"{exponent:g}" for exponent in exponents) or "-",
        max(exponents) <= 1.25 if exponents else None,
    )
    largest = max(rows, key=lambda row: row["size"], default=None)
    is_large = largest is not None and largest["size"] >= 1_000_000
    yield Goal(
        "PostgreSQL, a million by a million, peak of the worker",
        "under 1,000 MB",
        "-"
        if largest is None
        else f"{largest['peak_mb']:,} MB at {largest['size']:,}, {largest['total_s']:g} s",
        largest["peak_mb"] < 1_000 if largest is not None and is_large else None,
    )


def _whole(whole: Rows) -> Iterable[Goal]:
    proved = [row for row in whole if row["milp"] == "Optimal"]
    worst = max((row["to_milp_percent"] for row in proved), default=None)
    yield Goal(
        "all or nothing, to the proved optimum without paradox",
        "at most 0.2 %",
        "-" if worst is None else f"{worst:g} % ({len(proved)} markets proved)",
        None if worst is None else worst <= 0.2,
    )
    ratio = min((row["milp_s"] / row["seconds"] for row in proved), default=None)
    yield Goal(
        "all or nothing, time against the exact program",
        "1/100",
        "-" if ratio is None else f"1/{ratio:.0f} at worst",
        None if ratio is None else ratio >= 100,
    )
    paradoxical = sum(row["paradoxical_acceptances"] for row in whole)
    yield Goal(
        "orders accepted above their limit",
        "0",
        str(paradoxical) if whole else "-",
        paradoxical == 0 if whole else None,
    )


def _ties(ties: Rows) -> Iterable[Goal]:
    row = max(ties, key=lambda row: row["tied_lots"], default=None)
    yield Goal(
        "tied lots at 0 kg, and Gini of their shares",
        "0, value identical",
        "-"
        if row is None
        else f"{row['at_zero_before']} -> {row['at_zero_after']},"
        f" {row['gini_before']:g} -> {row['gini_after']:g}",
        None if row is None else row["at_zero_after"] == 0 and row["same_value"],
    )


def _small_databases(database: Rows) -> Iterable[Goal]:
    for name in ("sqlite", "postgresql"):
        row = next((r for r in database if r["database"] == name and r["size"] == 10_000), None)
        yield Goal(
            f"{name}, database to stored allocations, 10,000 x 10,000",
            "at most 10 x the engine's time",
            "-"
            if row is None
            else f"{row['times_engine']:g} x ({row['total_s']:g} s, engine {row['engine_s']:g} s)",
            None if row is None else row["times_engine"] <= 10,
        )
