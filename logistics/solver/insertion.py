"""Where a stop fits best: every position of every vehicle, timed in full."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from logistics.solver.prepared import Prepared
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


@dataclass(frozen=True)
class Standing:
    """A vehicle's route as it stands: its trips, figures and the bounds of each event."""

    trips: list[Sequence[int]]
    cost_minor: int
    duration_s: int
    distance_m: int
    limits: list[tuple[int, int, int]]


def standing(day: Prepared, vehicle: int, trips: Trips) -> Standing:
    """Return what looking for a position needs to know of a route, once for many stops."""
    kept = [trip for trip in trips if trip]
    if not kept:
        return Standing([], 0, 0, 0, [])
    now = time_route(day, vehicle, kept)
    cost_minor = route_cost_minor(day, vehicle, now.distance_m, now.duration_s)
    limits = bounds(day, vehicle, kept)
    return Standing(kept, cost_minor, now.duration_s, now.distance_m, limits)


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
    known: dict[int, Standing] | None = None,
) -> list[Place]:
    """Return the cheapest feasible positions, at most one per vehicle and trip.

    ``fixed`` says how many tasks at the start of a vehicle's first trip must stay
    where they are; a vehicle fixed whole is left out by ``vehicles``. ``known`` keeps
    what was worked out of each route; forget a vehicle there when its route changes.
    """
    found: list[Place] = []
    chosen = range(len(day.vehicles)) if vehicles is None else vehicles
    empty_tried: set[int] = set()
    for vehicle in chosen:
        if not all(day.may_serve(vehicle, day.tasks[index]) for index in chain):
            continue
        if not any(sequences.get(vehicle, ())):
            # Of equal empty vehicles one answers for all.
            model = day.model_of[vehicle]
            if model in empty_tried:
                continue
            empty_tried.add(model)
        known = {} if known is None else known
        if vehicle not in known:
            known[vehicle] = standing(day, vehicle, sequences.get(vehicle, []))
        # Where only the best is wanted, what is dearer than the best so far is passed over.
        dearest = min(p.added_cost_minor for p in found) if count == 1 and found else None
        begun = (fixed or {}).get(vehicle, 0)
        found += _in_vehicle(day, vehicle, known[vehicle], chain, begun, dearest)
    found.sort(key=lambda p: (p.added_cost_minor, p.added_s, p.vehicle, p.trip, p.position))
    return found[:count]


def _in_vehicle(
    day: Prepared,
    vehicle: int,
    now: Standing,
    chain: tuple[int, ...],
    fixed: int,
    dearest: int | None,
) -> list[Place]:
    """Return the best feasible position in each trip of a vehicle, and in a new one."""
    best: dict[int, Place] = {}
    for least, trip, position in sorted(_positions(day, vehicle, now, chain, fixed)):
        limit = best[trip].added_cost_minor if trip in best else dearest
        if limit is not None and least > limit:
            continue
        spot = Place(vehicle, trip, position, 0, 0, 0)
        timing = time_route(day, vehicle, placed(now.trips, chain, spot))
        if timing.broken:
            continue
        total = route_cost_minor(day, vehicle, timing.distance_m, timing.duration_s)
        spot = Place(
            vehicle,
            trip,
            position,
            total - now.cost_minor,
            timing.duration_s - now.duration_s,
            timing.distance_m - now.distance_m,
        )
        if trip not in best or spot.added_cost_minor < best[trip].added_cost_minor:
            best[trip] = spot
    return list(best.values())


def _positions(
    day: Prepared, vehicle: int, now: Standing, chain: tuple[int, ...], fixed: int
) -> Iterator[tuple[int, int, int]]:
    """Yield what positions cost at least, with trip and position, unless ruled out at a glance.

    A stop put in between makes no route shorter in time, so its kilometres are the least.
    """
    trips, limits = now.trips, now.limits
    per_km = day.vehicles[vehicle].cost_per_km_minor
    start, end = day.tasks[chain[0]].place, day.tasks[chain[-1]].place
    first = 0
    for trip, old in enumerate(trips):
        if _room(day, vehicle, trips, trip, chain):
            for position in range(fixed if trip == 0 else 0, len(old) + 1):
                before, after = limits[first + position], limits[first + position + 1]
                if _inside_chain(day, old, position):
                    continue
                if len(chain) == 1 and not _between(day, before, after, chain[0]):
                    continue
                more_m = day.leg_m(before[0], start) + day.leg_m(end, after[0])
                more_m -= day.leg_m(before[0], after[0])
                # One unit less, as both costs are rounded.
                yield per_km * more_m // 1_000 - 1, trip, position
        first += len(old) + 1
    if len(trips) <= day.vehicles[vehicle].max_reloads or not trips:
        yield 0, len(trips), 0


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
