"""Read places from a CSV file of any region, naming what is wrong with every row.

Gazetteers are dirty: rows come twice, coordinates are missing, impossible, the wrong
way round, shared by several villages or hundreds of kilometres off. A row keeps what
can be believed: a name without a believable position is a place that waits for a pin.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.kernel.errors import N_, BadInput
from app.kernel.geo import Position
from app.places.faults import Draft, PlaceFault, fault
from app.places.place import Place, is_null_island
from app.places.suspects import judge

MOST_ROWS = 100_000
MOST_BYTES = 32_000_000
_OTHER_HEADINGS = {"latitude": "lat", "longitude": "lon", "lng": "lon", "long": "lon"}
_FIGURE = re.compile(r"([NSEW]?)\s*([+-]?\d+(?:[.,]\d+)?)\s*°?\s*([NSEW]?)", re.IGNORECASE)


class UnreadablePlaces(BadInput):
    """The file as a whole cannot be read as a list of places."""

    code = "unreadable_places"
    message = N_("This file is not a list of places. It needs the columns name, lat and lon.")


@dataclass(frozen=True)
class PlacesRead:
    """The places of a file, in its order, and every fault."""

    places: tuple[Place, ...]
    faults: tuple[PlaceFault, ...]


def read_file(path: Path, *, source: str) -> PlacesRead:
    """Read the places of a CSV file; see :func:`read_text`.

    :raises UnreadablePlaces: if the file is too long, not text, or lacks a column.
    :raises OSError: if the file cannot be opened.
    """
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise UnreadablePlaces
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return read_text(data.decode(encoding), source=source)
        except UnicodeDecodeError:
            continue
    raise UnreadablePlaces


def read_text(text: str, *, source: str) -> PlacesRead:
    """Read places from CSV text with the columns name, lat and lon, and perhaps more.

    ``local_name`` and ``admin`` are used where they are; other columns are ignored.

    :param source: kept with every place, to say later where its position came from.
    :raises UnreadablePlaces: if a needed column is missing or the text is no CSV.
    """
    faults: list[PlaceFault] = []
    try:
        drafts = list(_drafts(text, faults))
    except csv.Error:
        raise UnreadablePlaces from None
    judge(drafts, faults)
    faults.sort(key=lambda fault: fault.row)
    return PlacesRead(
        tuple(_place(draft, source) for draft in drafts if not draft.dropped), tuple(faults)
    )


def _drafts(text: str, faults: list[PlaceFault]) -> Iterator[Draft]:
    lines = csv.reader(io.StringIO(text, newline=""))
    headings = [_heading(cell) for cell in next(lines, [])]
    if not {"name", "lat", "lon"} <= set(headings):
        raise UnreadablePlaces
    for row, cells in enumerate(lines, start=2):
        if row > MOST_ROWS:
            raise UnreadablePlaces
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(headings) and any(cell.strip() for cell in cells[len(headings) :]):
            faults.append(fault(row, "", "shifted"))
            continue
        values = {key: cell.strip() for key, cell in zip(headings, cells, strict=False)}
        name = values.get("name") or values.get("local_name", "")
        if not name:
            faults.append(fault(row, "name", "nameless"))
            continue
        position = _position(row, values.get("lat", ""), values.get("lon", ""), faults)
        yield Draft(
            row,
            name[:120],
            values.get("local_name", "")[:120] or None,
            values.get("admin", "")[:200] or None,
            position,
        )


def _heading(cell: str) -> str:
    plain = cell.strip().casefold().replace(" ", "_")
    return _OTHER_HEADINGS.get(plain, plain)


def _position(row: int, lat: str, lon: str, faults: list[PlaceFault]) -> Position | None:
    if not lat or not lon:
        faults.append(fault(row, "lon" if lat else "lat", "missing"))
        return None
    degrees = [_degrees(lat), _degrees(lon)]
    for column, value, figure in zip(("lat", "lon"), (lat, lon), degrees, strict=True):
        if figure is None:
            faults.append(fault(row, column, "not_a_number", value=value[:40]))
            return None
    return _believed(row, float(degrees[0] or 0), float(degrees[1] or 0), faults)


def _believed(row: int, lat: float, lon: float, faults: list[PlaceFault]) -> Position | None:
    if 90 < abs(lat) <= 180 and abs(lon) <= 90:
        # Only one reading is possible, so it is taken and said.
        faults.append(fault(row, "lat", "swapped"))
        lat, lon = lon, lat
    if abs(lat) > 90 or abs(lon) > 180:
        column, value = ("lat", lat) if abs(lat) > 90 else ("lon", lon)
        faults.append(fault(row, column, "impossible", value=f"{value:g}"))
        return None
    position = Position(lat, lon)
    if is_null_island(position):
        faults.append(fault(row, "lat", "zero"))
        return None
    return position


def _degrees(cell: str) -> float | None:
    match = _FIGURE.fullmatch(unicodedata.normalize("NFKC", cell))
    if match is None:
        return None
    before, figure, after = match.groups()
    sign = -1 if (before + after).upper() in ("S", "W") else 1
    return sign * float(figure.replace(",", "."))


def _place(draft: Draft, source: str) -> Place:
    if draft.position is None:
        return Place(draft.name, draft.local_name, draft.admin)
    return Place(draft.name, draft.local_name, draft.admin, draft.position, source, draft.precision)
