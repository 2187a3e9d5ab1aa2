"""A market from three CSV files, with a message that names what is wrong with them.

The headers are in docs/matching.md. Days may be ISO dates; everything else is a whole number.
"""

from __future__ import annotations

import csv
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import TypeVar

import numpy as np

from app.kernel.errors import Refusal
from app.matching.problem import Problem
from app.matching.tables import FreightTable, Ints, LotTable, OrderTable, Table

# Columns that may be missing, with what then stands there.
OPTIONAL = {
    "offered_at": 0,
    "all_or_nothing": 0,
    "least_fill_g": 0,
    "most_lots": 0,
    "only_farmer_id": 0,
    "substitute_1_minor": -1,
    "substitute_2_minor": -1,
    "ordered_at": 0,
    "fee_minor": 0,
    "lag_days": 0,
}
T = TypeVar("T", bound=Table)


class BadFile(ValueError):
    """A file cannot be read as the market's lots, orders or tariff."""


def from_files(lots: Path, orders: Path, freight: Path) -> Problem:
    """Return the market in three CSV files.

    :raises BadFile: if one is missing or has a column or figure that cannot be used.
    """
    tables = _read(lots, LotTable), _read(orders, OrderTable), _read(freight, FreightTable)
    try:
        return Problem.from_tables(*tables)
    except Refusal as refused:
        raise BadFile(str(refused.message) % refused.figures) from refused


def _read(path: Path, table: type[T]) -> T:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            header, rows = list(reader.fieldnames or ()), list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as failed:
        raise BadFile(f"{path}: cannot be read: {failed}") from failed
    names = [f.name for f in fields(table)]
    missing = [name for name in names if name not in header and name not in OPTIONAL]
    if missing:
        raise BadFile(f"{path}: the header lacks {', '.join(missing)} (it has {', '.join(header)})")
    return table.read({name: _column(path, name, rows) for name in names})


def _column(path: Path, name: str, rows: list[dict[str, str]]) -> Ints:
    figures = []
    # The header is line 1.
    for number, row in enumerate(rows, 2):
        text = (row.get(name) or str(OPTIONAL.get(name, ""))).strip()
        try:
            figures.append(np.int64(_whole(text)))
        except (ValueError, OverflowError) as failed:
            raise BadFile(f"{path}, line {number}: {name} is {text!r}, no whole number") from failed
    return np.array(figures, dtype=np.int64)


def _whole(text: str) -> int:
    return date.fromisoformat(text).toordinal() if text.count("-") == 2 else int(text)
