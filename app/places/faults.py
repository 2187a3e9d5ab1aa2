"""What can be wrong with a row of places, each kind with its sentence."""

from __future__ import annotations

from dataclasses import dataclass

from app.kernel.errors import N_
from app.kernel.geo import Position
from app.models import PlacePrecision


@dataclass(frozen=True)
class PlaceFault:
    """What is wrong with one row, and what was made of it.

    :param row: as a spreadsheet numbers it: the heading is row 1.
    :param message: an English message id; ``figures`` fills its places.
    """

    row: int
    column: str
    code: str
    message: str
    figures: dict[str, int | str]


@dataclass
class Draft:
    """A row between reading and judging; ``position`` is cleared when it is not believed."""

    row: int
    name: str
    local_name: str | None
    admin: str | None
    position: Position | None
    precision: PlacePrecision = PlacePrecision.TOWN
    dropped: bool = False


FAULTS = {
    "nameless": N_("There is no name. The row is left out."),
    "shifted": N_("There are more cells than headings. The row is left out."),
    "missing": N_("The position is missing. The place waits for a pin."),
    "not_a_number": N_("%(value)s is not a number of degrees. The place waits for a pin."),
    "impossible": N_("%(value)s is not on the map. The place waits for a pin."),
    "zero": N_("Both figures are zero. The place waits for a pin."),
    "swapped": N_("Latitude and longitude were the wrong way round. They are turned."),
    "far": N_("This is %(km)s km from the middle of the others. The place waits for a pin."),
    "double": N_("This is the same place as in row %(other)s. The row is left out."),
    "namesake": N_("Row %(other)s has the same name elsewhere. Both are kept."),
    "shared": N_("Row %(other)s has the same position. Both are kept as rough."),
}


def fault(row: int, column: str, code: str, **figures: int | str) -> PlaceFault:
    """Return a fault of a known kind."""
    return PlaceFault(row, column, code, FAULTS[code], figures)
