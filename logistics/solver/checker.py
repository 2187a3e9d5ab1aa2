"""Prove a plan, in plain loops that share no code with the solver.

Every figure a plan states is computed again from the problem. What is wrong comes
back as a list; a plan with an empty list keeps every capacity, window, shift and
lock, and carries every gram exactly once or names it as unplanned.
"""

from __future__ import annotations

from dataclasses import dataclass

from logistics.solver.check_locks import check_locks
from logistics.solver.check_route import check_route
from logistics.solver.matrix import GreatCircle, Matrix
from logistics.solver.plan import Plan
from logistics.solver.problem import Problem, Stop
from logistics.solver.violation import Violation

__all__ = ["Violation", "check", "is_proved"]


def is_proved(problem: Problem, plan: Plan) -> bool:
    """Return whether a plan breaks nothing."""
    return not check(problem, plan)


def check(problem: Problem, plan: Plan, *, matrix: Matrix | None = None) -> list[Violation]:
    """Return everything that is wrong with a plan, route by route; empty means proved.

    ``matrix`` is the estimate already at hand for a problem that brings no matrix.
    """
    matrix = problem.matrix or matrix or GreatCircle().matrix(problem.places)
    vehicles = {vehicle.id: vehicle for vehicle in problem.vehicles}
    found: list[Violation] = []
    used: set[str] = set()
    for route in plan.routes:
        vehicle = vehicles.get(route.vehicle_id)
        if vehicle is None or route.vehicle_id in used:
            found.append(Violation("vehicle_unknown_or_used_twice", route.vehicle_id))
            continue
        used.add(route.vehicle_id)
        found += check_route(problem, matrix, vehicle, route)
    found += _check_goods(problem, plan)
    found += check_locks(problem, plan)
    found += _check_totals(plan, matrix.estimated)
    return found


@dataclass
class _Seen:
    """What of one stop was found on routes and among the unplanned."""

    grams: int = 0
    crates: int = 0
    cold_crates: int = 0
    parts: frozenset[int] = frozenset()
    of: int = 0


def _check_goods(problem: Problem, plan: Plan) -> list[Violation]:
    """Every gram and crate is on one route or named as unplanned, once."""
    found: list[Violation] = []
    seen: dict[str, _Seen] = {}
    pieces = [
        (v.stop_id, v.takes_g, v.takes_crates, v.takes_cold_crates, v.part, v.parts, r.vehicle_id)
        for r in plan.routes
        for v in r.visits
    ]
    pieces += [
        (u.stop_id, u.load_g, u.crates, u.cold_crates, u.part, u.parts, "") for u in plan.unplanned
    ]
    for stop_id, grams, crates, cold_crates, part, parts, vehicle_id in pieces:
        mark = seen.setdefault(stop_id, _Seen(of=parts))
        if part in mark.parts or parts != mark.of or not 0 <= part < parts:
            found.append(Violation("stop_served_twice", vehicle_id, stop_id))
        if min(grams, crates, cold_crates) < 0:
            found.append(Violation("load_not_whole", vehicle_id, stop_id))
        mark.parts |= {part}
        mark.grams += grams
        mark.crates += crates
        mark.cold_crates += cold_crates
    stops = {stop.id: stop for stop in problem.stops}
    for stop_id in seen:
        if stop_id not in stops:
            found.append(Violation("stop_unknown", "", stop_id))
    for stop in problem.stops:
        found += _compare_goods(stop, seen.get(stop.id))
    return found


def _compare_goods(stop: Stop, seen: _Seen | None) -> list[Violation]:
    if seen is None or len(seen.parts) < seen.of:
        return [Violation("stop_forgotten", "", stop.id)]
    if (seen.grams, seen.crates, seen.cold_crates) != (
        stop.load_g,
        stop.crates,
        stop.cold_crates,
    ):
        return [Violation("load_not_whole", "", stop.id, abs(seen.grams - stop.load_g))]
    return []


def _check_totals(plan: Plan, estimated: bool) -> list[Violation]:
    found: list[Violation] = []
    cost_minor, distance_m, duration_s = 0, 0, 0
    for route in plan.routes:
        cost_minor += route.cost_minor
        distance_m += route.distance_m
        duration_s += route.end_s - route.start_s
    if (cost_minor, distance_m, duration_s) != (plan.cost_minor, plan.distance_m, plan.duration_s):
        found.append(Violation("figures_wrong", "", "total"))
    if plan.estimated != estimated:
        found.append(Violation("figures_wrong", "", "estimated"))
    return found
