"""Where a stop fits best: every position of every vehicle, timed in full."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from logistics.solver.prepared import Prepared
from logistics.solver.problem import Vehicle
from logistics.solver.schedule import Trips, bounds, route_cost_minor, time_route


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
    empty_tried: set[Vehicle] = set()
    for vehicle in chosen:
        if not all(day.may_serve(vehicle, day.tasks[index]) for index in chain):
            continue
        if not any(sequences.get(vehicle, ())):
            # Of equal empty vehicles one answers for all.
            model = replace(day.vehicles[vehicle], id="")
            if model in empty_tried:
                continue
            empty_tried.add(model)
        trips = sequences.get(vehicle, [])
        found += _in_vehicle(day, vehicle, trips, chain, (fixed or {}).get(vehicle, 0))
    found.sort(key=lambda p: (p.added_cost_minor, p.added_s, p.vehicle, p.trip, p.position))
    return found[:count]


def _in_vehicle(
    day: Prepared, vehicle: int, trips: Trips, chain: tuple[int, ...], fixed: int
) -> list[Place]:
    """Return the best feasible position in each trip of a vehicle, and in a new one."""
    trips = [trip for trip in trips if trip]
    cost_minor, spent_s, spent_m = 0, 0, 0
    if trips:
        now = time_route(day, vehicle, trips)
        cost_minor = route_cost_minor(day, vehicle, now.distance_m, now.duration_s)
        spent_s, spent_m = now.duration_s, now.distance_m
    found: list[Place] = []
    for trip, position in _positions(day, vehicle, trips, chain, fixed):
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
        if not found or found[-1].trip != trip:
            found.append(spot)
        elif spot.added_cost_minor < found[-1].added_cost_minor:
            found[-1] = spot
    return found


def _positions(
    day: Prepared, vehicle: int, trips: Trips, chain: tuple[int, ...], fixed: int
) -> Iterator[tuple[int, int]]:
    """Yield trips and positions that are not ruled out at a glance."""
    limits = bounds(day, vehicle, trips) if trips else []
    first = 0
    for trip, old in enumerate(trips):
        if _room(day, vehicle, trips, trip, chain):
            for position in range(fixed if trip == 0 else 0, len(old) + 1):
                at = first + position
                if not _inside_chain(day, old, position) and (
                    len(chain) > 1 or _between(day, limits[at], limits[at + 1], chain[0])
                ):
                    yield trip, position
        first += len(old) + 1
    if len(trips) <= day.vehicles[vehicle].max_reloads or not trips:
        yield len(trips), 0


def _between(
    day: Prepared, before: tuple[int, int, int], after: tuple[int, int, int], index: int
) -> bool:
    """Return whether a task fits between two events by their earliest and latest times."""
    task = day.tasks[index]
    arrive_s = before[1] + day.leg_s(before[0], task.place)
    if arrive_s > task.windows[-1].closes_s:
        return False
    leave_s = max(arrive_s, task.windows[0].opens_s) + task.service_s
    return leave_s + day.leg_s(task.place, after[0]) <= after[2]


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


def _inside_chain(day: Prepared, trip: Sequence[int], position: int) -> bool:
    """Return whether a position would tear a locked sequence apart."""
    if not 0 < position < len(trip):
        return False
    before = day.sequence_of.get(trip[position - 1])
    return before is not None and before == day.sequence_of.get(trip[position])
