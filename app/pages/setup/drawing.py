"""Draw where something is among its neighbours, for where no map tiles can be had."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from app.kernel.geo import Position

WIDTH, HEIGHT, MARGIN = 420.0, 320.0, 44.0
_LETTER_PX, _LINE_PX = 7.2, 14.0
_METRES_PER_DEGREE = 111_195.0


@dataclass(frozen=True)
class Neighbour:
    """A place whose position is known; ``kind`` is village, hub or point."""

    name: str
    kind: str
    where: Position


@dataclass(frozen=True)
class Mark:
    """A neighbour on the drawing, with the side on which its name stands, if it finds room."""

    x: float
    y: float
    name: str
    kind: str
    label_x: float
    anchor: str
    is_named: bool


@dataclass(frozen=True)
class Drawing:
    """Places in true proportion; the last four figures turn a click into degrees."""

    marks: tuple[Mark, ...]
    here: tuple[float, float] | None
    bar_px: float
    bar_m: int
    west: float
    north: float
    lon_per_px: float
    lat_per_px: float


def draw(here: Position | None, neighbours: Sequence[Neighbour]) -> Drawing | None:
    """Return a drawing that holds the place and its neighbours, or None without any of them."""
    places = [neighbour.where for neighbour in neighbours] + ([here] if here else [])
    if not places:
        return None
    shrink = math.cos(math.radians(sum(place.lat for place in places) / len(places)))
    first = places[0].lon
    # Across the date line the short way round is meant.
    lons = [first + (place.lon - first + 180) % 360 - 180 for place in places]
    north, south = max(place.lat for place in places), min(place.lat for place in places)
    wide_m = max((max(lons) - min(lons)) * _METRES_PER_DEGREE * shrink, 2_000.0)
    high_m = max((north - south) * _METRES_PER_DEGREE, 2_000.0)
    px_per_m = min((WIDTH - 2 * MARGIN) / wide_m, (HEIGHT - 2 * MARGIN) / high_m)
    lat_per_px = 1 / (px_per_m * _METRES_PER_DEGREE)
    lon_per_px = lat_per_px / shrink
    west = (max(lons) + min(lons)) / 2 - WIDTH / 2 * lon_per_px
    top = (north + south) / 2 + HEIGHT / 2 * lat_per_px

    def spot(lat: float, lon: float) -> tuple[float, float]:
        return round((lon - west) / lon_per_px, 1), round((top - lat) / lat_per_px, 1)

    spots = [
        (neighbour, spot(neighbour.where.lat, lon))
        for neighbour, lon in zip(neighbours, lons, strict=False)
    ]
    bar_m = _round_figure(WIDTH / 4 / px_per_m)
    return Drawing(
        marks=_marks(spots),
        here=spot(here.lat, lons[-1]) if here else None,
        bar_px=round(bar_m * px_per_m, 1),
        bar_m=bar_m,
        west=west,
        north=top,
        lon_per_px=lon_per_px,
        lat_per_px=lat_per_px,
    )


def _marks(spots: Sequence[tuple[Neighbour, tuple[float, float]]]) -> tuple[Mark, ...]:
    """Name each mark where its name covers no other; the nearest ones come first."""
    marks: list[Mark] = []
    taken: list[tuple[float, float, float]] = []
    for neighbour, (x, y) in spots:
        # Chinese signs are about twice as wide as Latin letters.
        wide = sum(2 if ord(sign) > 0x2E80 else 1 for sign in neighbour.name) * _LETTER_PX
        is_left = x + 12 + wide > WIDTH
        start = x - 12 - wide if is_left else x + 12
        is_free = all(
            abs(y - other_y) >= _LINE_PX or start + wide <= left or right <= start
            for other_y, left, right in taken
        )
        if is_free:
            taken.append((y, start, start + wide))
        anchor = "end" if is_left else "start"
        marks.append(
            Mark(
                x, y, neighbour.name, neighbour.kind, x + (-12 if is_left else 12), anchor, is_free
            )
        )
    return tuple(marks)


def _round_figure(longest_m: float) -> int:
    power = 10 ** math.floor(math.log10(longest_m))
    return int(max(step * power for step in (1, 2, 5) if step * power <= longest_m))
