"""Read a plan made before as sequences of today's tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from logistics.solver.plan import Plan
from logistics.solver.prepared import Prepared


def sequences_of(
    day: Prepared, given: Plan | Mapping[str, Sequence[Sequence[str]]]
) -> dict[int, list[list[int]]]:
    """Return task indices per vehicle and trip; what today does not know is left out.

    A stop that is split takes its parts in the order they are met.
    """
    by_id = given.sequences() if isinstance(given, Plan) else given
    parts = {stop_id: list(tasks) for stop_id, tasks in day.tasks_of.items()}
    found: dict[int, list[list[int]]] = {}
    for vehicle_id, trips in by_id.items():
        vehicle = day.vehicle_of.get(vehicle_id)
        if vehicle is None:
            continue
        found[vehicle] = [
            [parts[stop_id].pop(0) for stop_id in trip if parts.get(stop_id)] for trip in trips
        ]
    return found
