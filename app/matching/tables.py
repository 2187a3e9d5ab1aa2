"""The input of the engine as columns of 64-bit whole numbers, and as single rows.

Prices are minor units per kilogram, quantities grams, days date ordinals, instants
whole seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Self

import numpy as np
import numpy.typing as npt

from app.kernel.errors import N_, BadInput

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

GRADES = 3
NO_LIMIT = -1
# Up to so many numbers apart, a table of all of them is smaller than a search is slow.
_DENSE = 16


class BadRow(BadInput):
    """One row of the input has a figure that cannot be used."""

    code = "matching_bad_row"
    message = N_("Row %(row)s of the %(table)s cannot be used: check %(column)s.")


def no_rows() -> Ints:
    """Return an empty column."""
    return np.zeros(0, dtype=np.int64)


def picked(figures: Ints, rows: Ints, missing: int) -> Ints:
    """Return the figure of each row, ``missing`` where the row is -1."""
    if len(figures) == 0:
        return np.full(len(rows), missing, dtype=np.int64)
    return np.where(rows >= 0, figures[rows], missing)


def positions(known: Ints, wanted: Ints) -> Ints:
    """Return where each wanted number stands among rising known ones, -1 if it does not."""
    if len(known) == 0:
        return np.full(len(wanted), -1, dtype=np.int64)
    span = int(known[-1]) - int(known[0]) + 1
    if span > _DENSE * len(known) or max(-int(known[0]), int(known[-1])) > 2**62:
        rows = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
        return np.where(known[rows] == wanted, rows, -1)
    # Numbers that lie as close as ids of one market usually do are looked up at once.
    places = np.full(span + 1, -1, dtype=np.int64)
    places[known - known[0]] = np.arange(len(known))
    found: Ints = places[np.clip(wanted, known[0] - 1, known[-1] + 1) - known[0]]
    return found


@dataclass(frozen=True)
class Table:
    """Equally long columns of whole numbers, in the order of the fields."""

    def __len__(self) -> int:
        length: int = getattr(self, fields(self)[0].name).shape[0]
        return length

    def columns(self) -> dict[str, Ints]:
        """Return the columns by name."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def take(self, rows: Ints | Bools) -> Self:
        """Return the rows given by a mask or by their numbers."""
        return type(self)(**{name: column[rows] for name, column in self.columns().items()})

    def sorted_by(self, key: Ints) -> Self:
        """Return the table in rising order of a key, itself if it stands so already."""
        if (key[1:] >= key[:-1]).all():
            return self
        return self.take(np.argsort(key, kind="stable"))

    @classmethod
    def read(cls, columns: Mapping[str, object]) -> Self:
        """Return a table from anything numpy reads as whole numbers.

        :raises BadRow: if a column holds something else, or more than 64 bits.
        """
        read: dict[str, Ints] = {}
        for name in (f.name for f in fields(cls)):
            column = np.asarray(columns[name])
            if column.size == 0:
                column = no_rows()
            if column.dtype.kind not in "bi" or column.ndim != 1:
                raise BadRow(row=0, table=cls.__name__, column=name)
            read[name] = column.astype(np.int64)
        if len({len(column) for column in read.values()}) > 1:
            raise BadRow(row=0, table=cls.__name__, column="length")
        return cls(**read)


@dataclass(frozen=True)
class LotTable(Table):
    """Lots as columns; see :class:`Lot`."""

    id: Ints = field(default_factory=no_rows)
    farmer_id: Ints = field(default_factory=no_rows)
    village_id: Ints = field(default_factory=no_rows)
    grade: Ints = field(default_factory=no_rows)
    quantity_g: Ints = field(default_factory=no_rows)
    ask_minor: Ints = field(default_factory=no_rows)
    first_day: Ints = field(default_factory=no_rows)
    last_day: Ints = field(default_factory=no_rows)
    offered_at: Ints = field(default_factory=no_rows)


@dataclass(frozen=True)
class OrderTable(Table):
    """Orders as columns; see :class:`Order`.

    A substitute's limit stands in ``substitute_1_minor`` (grade I) or
    ``substitute_2_minor`` (grade II), -1 where there is none.
    """

    id: Ints = field(default_factory=no_rows)
    buyer_id: Ints = field(default_factory=no_rows)
    pickup_point_id: Ints = field(default_factory=no_rows)
    least_grade: Ints = field(default_factory=no_rows)
    quantity_g: Ints = field(default_factory=no_rows)
    limit_minor: Ints = field(default_factory=no_rows)
    first_day: Ints = field(default_factory=no_rows)
    last_day: Ints = field(default_factory=no_rows)
    all_or_nothing: Ints = field(default_factory=no_rows)
    least_fill_g: Ints = field(default_factory=no_rows)
    most_lots: Ints = field(default_factory=no_rows)
    only_farmer_id: Ints = field(default_factory=no_rows)
    substitute_1_minor: Ints = field(default_factory=no_rows)
    substitute_2_minor: Ints = field(default_factory=no_rows)
    ordered_at: Ints = field(default_factory=no_rows)

    def limits(self) -> Ints:
        """Return the limit for a lot of each grade, shape (orders, 3); -1 refuses it."""
        limits = np.full((len(self), GRADES), NO_LIMIT, dtype=np.int64)
        for grade, substitute in enumerate(
            (None, self.substitute_1_minor, self.substitute_2_minor)
        ):
            if substitute is not None:
                limits[:, grade] = substitute
            limits[:, grade] = np.where(
                self.least_grade >= grade, self.limit_minor, limits[:, grade]
            )
        # Whoever takes grade II at a price takes grade I at that price too.
        limits[:, 1] = np.maximum(limits[:, 1], limits[:, 2])
        return limits

    def least_g(self) -> Ints:
        """Return the least grams each order takes, its whole quantity if all or nothing."""
        return np.where(self.all_or_nothing != 0, self.quantity_g, self.least_fill_g)


@dataclass(frozen=True)
class FreightTable(Table):
    """The tariff as columns; see :class:`Freight`. Pairs not listed are unreachable."""

    village_id: Ints = field(default_factory=no_rows)
    pickup_point_id: Ints = field(default_factory=no_rows)
    freight_minor: Ints = field(default_factory=no_rows)
    fee_minor: Ints = field(default_factory=no_rows)
    lag_days: Ints = field(default_factory=no_rows)
