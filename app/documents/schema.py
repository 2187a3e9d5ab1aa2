"""Turn the rows of a spreadsheet into values, naming every fault before anything is saved."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from app.documents.tables import Table
from app.kernel.errors import N_, BadInput, Refusal

T = TypeVar("T")
Converter = Callable[[str], object]


class ColumnsMissing(BadInput):
    """The spreadsheet lacks a heading that is needed."""

    code = "columns_missing"
    message = N_("These columns are missing: %(columns)s.")


class ColumnDoubled(BadInput):
    """Two headings name the same column."""

    code = "column_doubled"
    message = N_("The column %(column)s is there twice. Remove one.")


class CellMissing(BadInput):
    """A needed cell is empty."""

    code = "cell_missing"
    message = N_("This cell must be filled in.")


class RowDoubled(BadInput):
    """Two rows say the same where each must be different."""

    code = "row_doubled"
    message = N_("Row %(other)s already has this.")


class RowShifted(BadInput):
    """There is something to the right of the last heading."""

    code = "row_shifted"
    message = N_("There are more cells than headings in this row.")


@dataclass(frozen=True)
class Column:
    """One column: how people head it, and how its text becomes a value.

    :param convert: gets text that is not empty; a refusal of any kind is the cell's fault.
    :param headings: other names in any language; case, spaces and marks are ignored.
    :param default: the value of an empty cell where it may be empty.
    """

    key: str
    convert: Converter
    headings: tuple[str, ...] = ()
    required: bool = True
    default: object = None


@dataclass(frozen=True)
class Schema:
    """The columns of one kind of spreadsheet.

    :param unique: groups of keys whose values together may come only once.
    """

    columns: tuple[Column, ...]
    unique: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class CellFault:
    """What is wrong with a cell; ``column`` is a key of the schema, or empty for the row."""

    row: int
    column: str
    code: str
    message: str
    figures: Mapping[str, int | str]


@dataclass(frozen=True)
class Row:
    """The values of a row without a fault, by the keys of the schema."""

    number: int
    values: Mapping[str, object]

    def get(self, key: str, kind: type[T]) -> T:
        """Return a value of a known type.

        :raises TypeError: if it is of another type, which is the schema's mistake.
        """
        value = self.values[key]
        if not isinstance(value, kind):
            raise TypeError(f"{key} is not {kind.__name__}")
        return value

    def maybe(self, key: str, kind: type[T]) -> T | None:
        """Return a value that may be empty; see :meth:`get`."""
        return None if self.values[key] is None else self.get(key, kind)


@dataclass(frozen=True)
class Preview:
    """What would be saved, and everything that stands against it.

    :param rows: the rows without a fault.
    :param ignored: headings that no column of the schema knows.
    """

    rows: tuple[Row, ...]
    faults: tuple[CellFault, ...]
    ignored: tuple[str, ...]


@dataclass
class _Seen:
    """Values met before, with their row, for one group of unique keys."""

    keys: tuple[str, ...]
    rows: dict[tuple[object, ...], int] = field(default_factory=dict)


def preview(table: Table, schema: Schema) -> Preview:
    """Convert every row and note every fault; one fault does not hide the next.

    :raises ColumnsMissing: if a needed heading is not there.
    :raises ColumnDoubled: if two headings mean one column.
    """
    places, ignored = _places(table, schema)
    seen = [_Seen(keys) for keys in schema.unique]
    rows: list[Row] = []
    faults: list[CellFault] = []
    for number, cells in table.rows:
        row_faults: list[CellFault] = []
        if len(cells) > len(table.headings):
            row_faults.append(_fault(number, "", RowShifted()))
        values: dict[str, object] = {}
        for column in schema.columns:
            text = _cell(cells, places.get(column.key))
            try:
                values[column.key] = _value(column, text)
            except Refusal as refusal:
                row_faults.append(_fault(number, column.key, refusal))
        row_faults += _doubles(number, values, seen)
        faults += row_faults
        if not row_faults:
            rows.append(Row(number, values))
    return Preview(tuple(rows), tuple(faults), ignored)


def _places(table: Table, schema: Schema) -> tuple[dict[str, int], tuple[str, ...]]:
    known = {
        _plain(name): column.key
        for column in schema.columns
        for name in (column.key, *column.headings)
    }
    places: dict[str, int] = {}
    ignored: list[str] = []
    for place, heading in enumerate(table.headings):
        key = known.get(_plain(heading))
        if key is None:
            if heading:
                ignored.append(heading)
        elif key in places:
            raise ColumnDoubled(field="file", column=heading)
        else:
            places[key] = place
    missing = [c.key for c in schema.columns if c.required and c.key not in places]
    if missing:
        raise ColumnsMissing(field="file", columns=", ".join(missing))
    return places, tuple(ignored)


def _plain(heading: str) -> str:
    spread = unicodedata.normalize("NFKC", heading).casefold()
    return "".join(sign for sign in spread if unicodedata.category(sign)[0] in "LMN")


def _cell(cells: tuple[str, ...], place: int | None) -> str:
    return cells[place] if place is not None and place < len(cells) else ""


def _value(column: Column, text: str) -> object:
    if text:
        return column.convert(text)
    if column.required:
        raise CellMissing
    return column.default


def _doubles(number: int, values: dict[str, object], seen: list[_Seen]) -> list[CellFault]:
    faults = []
    for group in seen:
        mark = tuple(values.get(key) for key in group.keys)
        if any(part is None for part in mark):
            continue
        first = group.rows.setdefault(mark, number)
        if first != number:
            faults.append(_fault(number, group.keys[0], RowDoubled(other=first)))
    return faults


def _fault(row: int, column: str, refusal: Refusal) -> CellFault:
    return CellFault(row, column, refusal.code, refusal.message, dict(refusal.figures))
