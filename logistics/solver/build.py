"""Write a plan down: sequences of tasks become routes with times, loads and costs."""

from __future__ import annotations

from collections.abc import Mapping

from logistics.solver.plan import Plan, Reload, Rest, Route, Unplanned, Visit
from logistics.solver.prepared import Prepared
from logistics.solver.schedule import Timing, Trips, route_cost_minor, time_route


def build_plan(
    day: Prepared,
    sequences: Mapping[int, Trips],
    unplanned: tuple[Unplanned, ...],
    *,
    seed: int = 0,
    iterations: int = 0,
) -> Plan:
    """Return the plan of these task sequences by vehicle index, limits broken or not."""
    routes = tuple(
        build_route(day, vehicle, trips)
        for vehicle, trips in sorted(sequences.items())
        if any(trips)
    )
    return assemble(day, routes, unplanned, seed=seed, iterations=iterations)


def assemble(
    day: Prepared,
    routes: tuple[Route, ...],
    unplanned: tuple[Unplanned, ...],
    *,
    seed: int = 0,
    iterations: int = 0,
) -> Plan:
    """Return the plan of routes that are written down already, with its totals."""
    return Plan(
        routes=routes,
        unplanned=unplanned,
        cost_minor=sum(route.cost_minor for route in routes),
        distance_m=sum(route.distance_m for route in routes),
        duration_s=sum(route.duration_s for route in routes),
        estimated=day.matrix.estimated,
        source=day.matrix.source,
        seed=seed,
        iterations=iterations,
    )


def build_route(day: Prepared, vehicle: int, trips: Trips) -> Route:
    """Return one vehicle's route with times, loads and cost."""
    trips = [trip for trip in trips if trip]
    timing = time_route(day, vehicle, trips)
    return Route(
        vehicle_id=day.vehicles[vehicle].id,
        visits=_visits(day, vehicle, trips, timing),
        start_s=timing.start_s,
        end_s=timing.end_s,
        distance_m=timing.distance_m,
        cost_minor=route_cost_minor(day, vehicle, timing.distance_m, timing.duration_s),
        reloads=_reloads(timing),
        rest=_rest(timing),
    )


def _visits(day: Prepared, vehicle: int, trips: Trips, timing: Timing) -> tuple[Visit, ...]:
    visits: list[Visit] = []
    at = 0
    aboard = day.vehicles[vehicle].aboard
    for number, trip in enumerate(trips):
        at += 1
        if number:
            aboard = (0, 0, 0)
        for index in trip:
            task = day.tasks[index]
            if task.is_delivery:
                aboard = _plus(aboard, task.loads)
        for index in trip:
            task = day.tasks[index]
            aboard = _plus(aboard, task.loads, -1 if task.is_delivery else 1)
            origin = timing.events[at - 1].place
            visits.append(
                Visit(
                    stop_id=task.stop.id,
                    arrive_s=timing.arrive_s[at],
                    start_s=timing.begin_s[at],
                    depart_s=timing.depart_s[at],
                    load_g=aboard[0],
                    crates=aboard[1],
                    cold_crates=aboard[2],
                    takes_g=task.loads[0],
                    takes_crates=task.loads[1],
                    takes_cold_crates=task.loads[2],
                    leg_m=day.leg_m(origin, task.place),
                    leg_s=day.leg_s(origin, task.place),
                    trip=number,
                    part=task.part,
                    parts=task.parts,
                )
            )
            at += 1
    return tuple(visits)


def _plus(
    first: tuple[int, int, int], second: tuple[int, int, int], sign: int = 1
) -> tuple[int, int, int]:
    return (
        first[0] + sign * second[0],
        first[1] + sign * second[1],
        first[2] + sign * second[2],
    )


def _reloads(timing: Timing) -> tuple[Reload, ...]:
    found: list[Reload] = []
    served = 0
    for at, event in enumerate(timing.events):
        if event.task is not None:
            served += 1
        elif 0 < at < len(timing.events) - 1:
            found.append(Reload(served, timing.arrive_s[at], timing.depart_s[at]))
    return tuple(found)


def _rest(timing: Timing) -> Rest | None:
    at = timing.rest_before
    if at is None:
        return None
    served = sum(event.task is not None for event in timing.events[:at])
    after_reload = at > 1 and timing.events[at - 1].task is None
    return Rest(served, timing.rest_from_s, timing.rest_until_s, after_reload)
