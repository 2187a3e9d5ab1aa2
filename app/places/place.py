"""A place as a look-up answers it: a name, perhaps a position, and how that is known."""

from __future__ import annotations

import math
from dataclasses import dataclass

from app.kernel.errors import N_, BadInput
from app.kernel.geo import Position
from app.models import PlacePrecision


class NotAPosition(BadInput):
    """Two figures that cannot be a point where somebody stands."""

    code = "not_a_position"
    message = N_("This is not a position on the map. Set the pin again.")


@dataclass(frozen=True)
class Place:
    """A named place; without a position it waits for a pin on the map.

    :param source: who said so: ``geonames``, ``manager``, ``phone``, ``nominatim``, a
        file's name; ``none`` while nobody has.
    """

    name: str
    local_name: str | None = None
    admin: str | None = None
    position: Position | None = None
    source: str = "none"
    precision: PlacePrecision = PlacePrecision.UNKNOWN

    def __post_init__(self) -> None:
        if (self.position is None) != (self.precision is PlacePrecision.UNKNOWN):
            raise ValueError("a place has a position and its precision, or neither")


def unknown(name: str, *, local_name: str | None = None, admin: str | None = None) -> Place:
    """Return a place whose name is known and whose position is not."""
    return Place(name=name, local_name=local_name, admin=admin)


def pinned(name: str, position: Position, *, local_name: str | None = None) -> Place:
    """Return a place that the manager pinned on the map."""
    return Place(name, local_name, None, position, "manager", PlacePrecision.PIN)


def by_phone(name: str, position: Position) -> Place:
    """Return a place whose position a phone reported."""
    return Place(name, None, None, position, "phone", PlacePrecision.PHONE)


def position_from(lat: str | float, lon: str | float) -> Position:
    """Return the position that a map, a phone or a photo reports, in degrees.

    :raises NotAPosition: if a figure is missing, not a number, or out of range, or if
        both are zero, which is what a phone without a fix sends.
    """
    try:
        position = Position(float(lat), float(lon))
    except (TypeError, ValueError):
        raise NotAPosition(field="position") from None
    if is_null_island(position):
        raise NotAPosition(field="position")
    return position


def is_null_island(position: Position) -> bool:
    """Say whether a position is the zero point, where bad data gathers and nobody farms."""
    return math.hypot(position.lat, position.lon) < 1e-4
