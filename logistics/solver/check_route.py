"""Prove one route: its legs, times, loads and figures."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from logistics.solver.check_loads import check_goods_at_hub, check_loads
from logistics.solver.matrix import UNREACHABLE, Matrix
from logistics.solver.plan import Rest, Route, Visit
from logistics.solver.problem import Hub, Problem, Stop, Vehicle
from logistics.solver.violation import Violation


@dataclass(frozen=True)
class _Point:
    """A place on the way with the times the plan states for it."""

    name: str
    place: int
    arrive_s: int
    depart_s: int
    visit: Visit | None = None
    rest: Rest | None = None
    """The rest taken just before driving here."""


def check_route(
    problem: Problem, matrix: Matrix, vehicle: Vehicle, route: Route
) -> list[Violation]:
    """Return what is wrong with one route."""
    stops = {stop.id: stop for stop in problem.stops}
    hubs = {hub.id: hub for hub in problem.hubs}
    for visit in route.visits:
        stop = stops.get(visit.stop_id)
        if stop is None:
            return [Violation("stop_unknown", vehicle.id, visit.stop_id)]
        if stop.place is None:
            return [Violation("place_unknown", vehicle.id, visit.stop_id)]
    befores = [reload.before for reload in route.reloads]
    if befores != sorted(set(befores)) or any(not 0 < at < len(route.visits) for at in befores):
        return [Violation("figures_wrong", vehicle.id, "reloads")]
    hub = hubs[vehicle.end_hub]
    found = _check_legs(matrix, vehicle, route, _points(vehicle, hub, route, stops))
    found += _check_visits(vehicle, route, stops)
    found += _check_hub(hub, vehicle, route)
    found += _check_shift(vehicle, route)
    found += _check_rest(vehicle, route)
    found += _check_cost(vehicle, route)
    found += check_loads(vehicle, route, stops)
    found += check_goods_at_hub(hubs, vehicle, route, stops)
    return found


def _points(vehicle: Vehicle, hub: Hub, route: Route, stops: dict[str, Stop]) -> list[_Point]:
    reloads = {reload.before: reload for reload in route.reloads}
    rest = route.rest
    points = [_Point("start", vehicle.start_place, route.start_s, route.start_s)]
    for at, visit in enumerate(route.visits):
        here = rest if rest is not None and rest.before == at else None
        reload = reloads.get(at)
        if reload is not None:
            early = here if here is not None and not here.after_reload else None
            here = None if early is not None else here
            points.append(_Point("reload", hub.place, reload.arrive_s, reload.depart_s, rest=early))
        place = stops[visit.stop_id].place or 0
        points.append(
            _Point(visit.stop_id, place, visit.arrive_s, visit.depart_s, visit, rest=here)
        )
    last = rest if rest is not None and rest.before == len(route.visits) else None
    points.append(_Point("end", hub.place, route.end_s, route.end_s, rest=last))
    return points


def _check_legs(
    matrix: Matrix, vehicle: Vehicle, route: Route, points: list[_Point]
) -> list[Violation]:
    """Drive the route again: every leg exists and takes its time."""
    found: list[Violation] = []
    metres, trip = 0, 0
    for origin, target in pairwise(points):
        leg_m = int(matrix.distance_m[origin.place, target.place])
        leg_s = int(matrix.duration_s[origin.place, target.place])
        if leg_m >= UNREACHABLE or leg_s >= UNREACHABLE:
            found.append(Violation("unreachable", vehicle.id, target.name))
        leave_s = origin.depart_s
        if target.rest is not None:
            if target.rest.start_s < leave_s:
                found.append(Violation("time_runs_backwards", vehicle.id, target.name))
            leave_s = max(leave_s, target.rest.end_s)
        missing_s = leave_s + leg_s - target.arrive_s
        # The end may be later than the arrival: the truck waits for the hub to open.
        if missing_s > 0 or (missing_s < 0 and target.name != "end"):
            found.append(Violation("time_runs_backwards", vehicle.id, target.name, missing_s))
        metres += leg_m
        trip += target.name == "reload"
        visit = target.visit
        if visit is not None and (visit.leg_m, visit.leg_s, visit.trip) != (leg_m, leg_s, trip):
            found.append(Violation("figures_wrong", vehicle.id, visit.stop_id))
    if metres != route.distance_m:
        found.append(Violation("figures_wrong", vehicle.id, "distance"))
    return found


def _check_visits(vehicle: Vehicle, route: Route, stops: dict[str, Stop]) -> list[Violation]:
    """Windows are kept, service has its time, perishables reach the cold in time."""
    found: list[Violation] = []
    for visit in route.visits:
        stop = stops[visit.stop_id]
        service_s = -(-stop.service_s // visit.parts)
        if visit.start_s < visit.arrive_s or visit.depart_s < visit.start_s + service_s:
            found.append(Violation("time_runs_backwards", vehicle.id, stop.id))
        inside = any(w.opens_s <= visit.start_s <= w.closes_s for w in stop.windows)
        if stop.windows and not inside:
            last_s = max(w.closes_s for w in stop.windows)
            found.append(Violation("window", vehicle.id, stop.id, max(0, visit.start_s - last_s)))
        if stop.kind == "pickup" and visit.start_s < stop.release_s:
            found.append(Violation("release", vehicle.id, stop.id, stop.release_s - visit.start_s))
        if stop.kind == "pickup" and stop.max_to_cold_s is not None:
            cold_at_s = route.end_s
            for reload in reversed(route.reloads):
                if reload.before > route.visits.index(visit):
                    cold_at_s = reload.arrive_s
            excess_s = cold_at_s - visit.depart_s - stop.max_to_cold_s
            if excess_s > 0:
                found.append(Violation("to_cold", vehicle.id, stop.id, excess_s))
    return found


def _check_hub(hub: Hub, vehicle: Vehicle, route: Route) -> list[Violation]:
    found: list[Violation] = []
    if len(route.reloads) > vehicle.max_reloads:
        excess = len(route.reloads) - vehicle.max_reloads
        found.append(Violation("reloads", vehicle.id, "", excess))
    for reload in route.reloads:
        begin_s = max(reload.arrive_s, hub.opens_s)
        if reload.depart_s < begin_s + hub.turnaround_s:
            found.append(Violation("time_runs_backwards", vehicle.id, "reload"))
        if reload.arrive_s > hub.closes_s:
            late_s = reload.arrive_s - hub.closes_s
            found.append(Violation("hub_hours", vehicle.id, "reload", late_s))
    if not hub.opens_s <= route.end_s <= hub.closes_s:
        late_s = max(0, route.end_s - hub.closes_s)
        found.append(Violation("hub_hours", vehicle.id, "end", late_s))
    return found


def _check_shift(vehicle: Vehicle, route: Route) -> list[Violation]:
    limits = (
        ("shift_start", vehicle.shift_start_s - route.start_s),
        ("shift_end", route.end_s - vehicle.shift_end_s),
        ("duration", route.end_s - route.start_s - vehicle.max_duration_s),
        ("distance", route.distance_m - vehicle.max_distance_m),
    )
    return [Violation(name, vehicle.id, "", excess) for name, excess in limits if excess > 0]


def _check_rest(vehicle: Vehicle, route: Route) -> list[Violation]:
    """A driver out before and after the latest start of the rest has had it."""
    due = vehicle.rest
    if due is None or not route.start_s < due.latest_s < route.end_s:
        return []
    rest = route.rest
    if rest is None:
        return [Violation("rest", vehicle.id, "", due.duration_s)]
    short_s = due.duration_s - (rest.end_s - rest.start_s)
    late_s = max(rest.start_s - due.latest_s, due.earliest_s - rest.start_s)
    if short_s > 0 or late_s > 0:
        return [Violation("rest", vehicle.id, "", max(short_s, late_s))]
    return []


def _check_cost(vehicle: Vehicle, route: Route) -> list[Violation]:
    """Kilometres and hours at their price, rounded half up at the route."""
    duration_s = route.end_s - route.start_s
    # Twice the cost in parts of 3,600,000 (1,000 metres times 3,600 seconds).
    twice = 2 * 3_600 * vehicle.cost_per_km_minor * route.distance_m
    twice += 2 * 1_000 * vehicle.cost_per_hour_minor * duration_s
    cost_minor = vehicle.fixed_cost_minor + (twice + 3_600_000) // 7_200_000
    if cost_minor != route.cost_minor:
        return [Violation("figures_wrong", vehicle.id, "cost", route.cost_minor - cost_minor)]
    return []
