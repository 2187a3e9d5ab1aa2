"""Judge the rows of a file by each other: turned, far off, double, sharing a position."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from statistics import median_low

from app.kernel.geo import Position, distance_m
from app.models import PlacePrecision
from app.places.faults import Draft, PlaceFault, fault
from app.places.names import local_key

# A province is less than 500 km from its middle; a country's towns spread evenly.
FAR_AT_LEAST_M = 500_000
FAR_FACTOR = 5
# With fewer rows the middle says nothing about the rest.
FEWEST_TO_JUDGE = 5
SAME_SPOT_M = 2_000


def judge(drafts: Sequence[Draft], faults: list[PlaceFault]) -> None:
    """Mark what the rows of a file say about each other, and note every fault."""
    _distrust_the_far(drafts, faults)
    _drop_doubles(drafts, faults)
    _roughen_the_shared(drafts, faults)


def _distrust_the_far(drafts: Sequence[Draft], faults: list[PlaceFault]) -> None:
    located = [draft for draft in drafts if draft.position is not None]
    if len(located) < FEWEST_TO_JUDGE:
        return
    points = [draft.position for draft in located if draft.position is not None]
    # A middle made of medians stands still while less than half of the rows are wrong.
    middle = Position(median_low(p.lat for p in points), median_low(p.lon for p in points))
    away = [distance_m(middle, point) for point in points]
    limit_m = max(FAR_AT_LEAST_M, FAR_FACTOR * median_low(away))
    for draft, point, distance in zip(located, points, away, strict=True):
        if distance <= limit_m:
            continue
        turned = _turned(point)
        if turned is not None and distance_m(middle, turned) <= limit_m:
            draft.position = turned
            faults.append(fault(draft.row, "lat", "swapped"))
        else:
            draft.position = None
            faults.append(fault(draft.row, "lat", "far", km=round(distance / 1000)))


def _turned(point: Position) -> Position | None:
    return Position(point.lon, point.lat) if abs(point.lon) <= 90 else None


def _drop_doubles(drafts: Sequence[Draft], faults: list[PlaceFault]) -> None:
    namesakes: dict[tuple[str, str], list[Draft]] = defaultdict(list)
    for draft in drafts:
        own = local_key(draft.local_name or draft.name)
        earlier = namesakes[own, local_key(draft.admin or "")]
        double = next((other for other in earlier if _same_spot(other, draft)), None)
        if double is not None:
            # The row that knows where the place is teaches the one that does not.
            double.position = double.position or draft.position
            draft.dropped = True
            faults.append(fault(draft.row, "name", "double", other=double.row))
            continue
        if earlier:
            faults.append(fault(draft.row, "name", "namesake", other=earlier[0].row))
        earlier.append(draft)


def _same_spot(a: Draft, b: Draft) -> bool:
    if a.position is None or b.position is None:
        return True
    return distance_m(a.position, b.position) <= SAME_SPOT_M


def _roughen_the_shared(drafts: Sequence[Draft], faults: list[PlaceFault]) -> None:
    at: dict[Position, Draft] = {}
    for draft in drafts:
        if draft.dropped or draft.position is None:
            continue
        first = at.setdefault(draft.position, draft)
        if first is not draft:
            # Usually the middle of a district, written for every village in it.
            first.precision = draft.precision = PlacePrecision.DISTRICT
            faults.append(fault(draft.row, "lat", "shared", other=first.row))
