"""Where a stop fits best: every position of every vehicle, timed in full."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from logistics.solver.prepared import Prepared
from logistics.solver.schedule import Trips, route_cost_minor, time_route


@dataclass(frozen=True)
class Place:
    """A feasible position: after ``position`` tasks of a trip, with what it adds.

    A ``trip`` past the last one is a new trip after a reload.
    """

    vehicle: int
    trip: int
    position: int
    added_cost_minor: int
    added_s: int
    added_m: int


def placed(trips: Trips, chain: tuple[int, ...], place: Place) -> list[list[int]]:
    """Return the trips with the chain's tasks put in."""
    result = [list(trip) for trip in trips] or [[]]
    while len(result) <= place.trip:
        result.append([])
    result[place.trip][place.position : place.position] = chain
    return result


def best_places(
    day: Prepared,
    sequences: Mapping[int, Trips],
    chain: tuple[int, ...],
    *,
    count: int = 3,
    fixed: Mapping[int, int] | None = None,
    vehicles: Iterable[int] | None = None,
) -> list[Place]:
    """Return the cheapest feasible positions, at most one per vehicle and trip.

    ``fixed`` says how many tasks at the start of a vehicle's first trip must stay
    where they are; a vehicle fixed whole is left out by ``vehicles``.
    """
    found: list[Place] = []
    chosen = range(len(day.vehicles)) if vehicles is None else vehicles
    for vehicle in chosen:
        if not all(day.may_serve(vehicle, day.tasks[index]) for index in chain):
            continue
        trips = sequences.get(vehicle, [])
        found += _in_vehicle(day, vehicle, trips, chain, (fixed or {}).get(vehicle, 0))
    found.sort(key=lambda p: (p.added_cost_minor, p.added_s, p.vehicle, p.trip, p.position))
    return found[:count]


def _in_vehicle(
    day: Prepared, vehicle: int, trips: Trips, chain: tuple[int, ...], fixed: int
) -> list[Place]:
    truck = day.vehicles[vehicle]
    cost_minor, spent_s, spent_m = 0, 0, 0
    if any(trips):
        now = time_route(day, vehicle, trips)
        cost_minor = route_cost_minor(day, vehicle, now.distance_m, now.duration_s)
        spent_s, spent_m = now.duration_s, now.distance_m
    found: list[Place] = []
    open_trips = max(1, min(len(trips) + 1, truck.max_reloads + 1))
    for trip in range(max(open_trips, len(trips))):
        old = list(trips[trip]) if trip < len(trips) else []
        if trip < len(trips) and not _room(day, vehicle, trips, trip, chain):
            continue
        best: Place | None = None
        for position in range(fixed if trip == 0 else 0, len(old) + 1):
            if _inside_chain(day, old, position):
                continue
            spot = Place(vehicle, trip, position, 0, 0, 0)
            timing = time_route(day, vehicle, placed(trips, chain, spot))
            if timing.broken:
                continue
            total = route_cost_minor(day, vehicle, timing.distance_m, timing.duration_s)
            spot = Place(
                vehicle,
                trip,
                position,
                total - cost_minor,
                timing.duration_s - spent_s,
                timing.distance_m - spent_m,
            )
            if best is None or spot.added_cost_minor < best.added_cost_minor:
                best = spot
        if best is not None:
            found.append(best)
    return found


def _room(day: Prepared, vehicle: int, trips: Trips, trip: int, chain: tuple[int, ...]) -> bool:
    """Return quickly whether the trip could carry the chain; the timing decides."""
    truck = day.vehicles[vehicle]
    for dimension, room in enumerate(truck.capacities):
        in_trip = [day.tasks[i] for i in (*trips[trip], *chain)]
        for delivery in (True, False):
            load = sum(t.loads[dimension] for t in in_trip if t.is_delivery is delivery)
            if load > room:
                return False
    return True


def _inside_chain(day: Prepared, trip: list[int], position: int) -> bool:
    """Return whether a position would tear a locked sequence apart."""
    if not 0 < position < len(trip):
        return False
    before = day.sequence_of.get(trip[position - 1])
    return before is not None and before == day.sequence_of.get(trip[position])
