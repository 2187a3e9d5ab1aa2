"""The checker rejects every plan that was bent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from benchmarks.villages import village_day
from logistics.solver.checker import check
from logistics.solver.plan import Plan, Route, Visit
from logistics.solver.problem import Break, Lock, Problem, Scope, Window
from logistics.solver.solve import solve

PROBLEM = village_day(2, villages=30, trucks=4, reloads=1, cold=0.2, rest=True, windows=1.0)
PLAN = solve(PROBLEM, seed=1, iterations=150)


def with_route(plan: Plan, route: Route) -> Plan:
    return replace(plan, routes=(route, *plan.routes[1:]))


def with_visit(plan: Plan, at: int, change: Callable[[Visit], Visit]) -> Plan:
    route = plan.routes[0]
    visits = tuple(change(v) if n == at else v for n, v in enumerate(route.visits))
    return with_route(plan, replace(route, visits=visits))


MUTATIONS: dict[str, Callable[[Plan], Plan]] = {
    "a route dropped": lambda p: replace(p, routes=p.routes[1:]),
    "a route twice": lambda p: replace(p, routes=(*p.routes, p.routes[0])),
    "a stop dropped": lambda p: with_route(p, replace(p.routes[0], visits=p.routes[0].visits[1:])),
    "a stop twice": lambda p: with_route(
        p, replace(p.routes[0], visits=(*p.routes[0].visits, p.routes[0].visits[0]))
    ),
    "stops swapped": lambda p: with_route(p, replace(p.routes[0], visits=p.routes[0].visits[::-1])),
    "a gram less": lambda p: with_visit(p, 0, lambda v: replace(v, takes_g=v.takes_g - 1)),
    "a wrong load": lambda p: with_visit(p, 1, lambda v: replace(v, load_g=v.load_g + 1)),
    "too early": lambda p: with_visit(p, 1, lambda v: replace(v, arrive_s=v.arrive_s - 1)),
    "service too short": lambda p: with_visit(p, 1, lambda v: replace(v, depart_s=v.start_s)),
    "a wrong leg": lambda p: with_visit(p, 1, lambda v: replace(v, leg_m=v.leg_m + 1)),
    "an unknown stop": lambda p: with_visit(p, 1, lambda v: replace(v, stop_id="nobody")),
    "an unknown truck": lambda p: with_route(p, replace(p.routes[0], vehicle_id="nobody")),
    "a cheaper route": lambda p: with_route(
        p, replace(p.routes[0], cost_minor=p.routes[0].cost_minor - 1)
    ),
    "a shorter route": lambda p: with_route(
        p, replace(p.routes[0], distance_m=p.routes[0].distance_m - 1)
    ),
    "home too soon": lambda p: with_route(p, replace(p.routes[0], end_s=p.routes[0].end_s - 1)),
    "no rest": lambda p: replace(p, routes=tuple(replace(r, rest=None) for r in p.routes)),
    "a cheaper total": lambda p: replace(p, cost_minor=p.cost_minor - 1),
    "said to be on roads": lambda p: replace(p, estimated=not p.estimated),
}


def test_the_plan_itself_is_proved() -> None:
    assert check(PROBLEM, PLAN) == []
    assert len(PLAN.routes[0].visits) > 2


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_bent_plan_is_rejected(name: str) -> None:
    assert check(PROBLEM, MUTATIONS[name](PLAN)) != []


TIGHTER: dict[str, Callable[[Problem], Problem]] = {
    "load_g": lambda p: each_vehicle(p, capacity_g=1),
    "crates": lambda p: each_vehicle(p, crates=0),
    "cold_crates": lambda p: each_vehicle(p, cold_crates=0),
    "shift_start": lambda p: each_vehicle(p, shift_start_s=11 * 3600),
    "shift_end": lambda p: each_vehicle(p, shift_end_s=5 * 3600 + 1),
    "duration": lambda p: each_vehicle(p, max_duration_s=60),
    "distance": lambda p: each_vehicle(p, max_distance_m=100),
    "rest": lambda p: each_vehicle(p, rest=Break(90 * 60, 9 * 3600, 10 * 3600)),
    "window": lambda p: replace(
        p, stops=tuple(replace(s, windows=(Window(0, 60),)) for s in p.stops)
    ),
    "to_cold": lambda p: replace(p, stops=tuple(replace(s, max_to_cold_s=1) for s in p.stops)),
    "release": lambda p: replace(p, stops=tuple(replace(s, release_s=10**6) for s in p.stops)),
    "hub_hours": lambda p: replace(p, hubs=(replace(p.hubs[0], closes_s=3600),)),
    "lock": lambda p: replace(
        p,
        locks=(
            Lock(
                PLAN.routes[1].vehicle_id,
                (PLAN.routes[0].visits[0].stop_id,),
                Scope.VEHICLE,
            ),
        ),
    ),
}


def each_vehicle(problem: Problem, **changes: object) -> Problem:
    vehicles = tuple(replace(vehicle, **changes) for vehicle in problem.vehicles)  # type: ignore[arg-type]
    return replace(problem, vehicles=vehicles)


@pytest.mark.parametrize("limit", TIGHTER)
def test_each_limit_is_named_when_it_is_broken(limit: str) -> None:
    found = check(TIGHTER[limit](PROBLEM), PLAN)
    assert limit in {violation.limit for violation in found}
