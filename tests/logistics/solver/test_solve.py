"""Properties of every plan: limits kept, goods whole, the same twice."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.villages import village_day
from logistics.solver.changes import apply_mend
from logistics.solver.checker import check
from logistics.solver.plan import MendKind, Plan, Reason
from logistics.solver.problem import Lock, Problem, Scope
from logistics.solver.recost import best_insertions, recost
from logistics.solver.refusals import LockedRouteBroken
from logistics.solver.solve import solve
from tests.logistics.solver.odd_days import odd_day

quick = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


def days() -> st.SearchStrategy[Problem]:
    return st.builds(
        village_day,
        st.integers(0, 10_000),
        villages=st.integers(0, 18),
        trucks=st.integers(0, 4),
        reloads=st.integers(0, 2),
        windows=st.sampled_from([0.0, 0.5, 1.0]),
        cold=st.sampled_from([0.0, 0.4]),
        optional=st.sampled_from([0.0, 0.3, 1.0]),
        rest=st.booleans(),
        load_g=st.sampled_from([100_000, 700_000, 5_000_000]),
    )


def planned_g(plan: Plan) -> int:
    return sum(visit.takes_g for route in plan.routes for visit in route.visits)


@quick
@given(days(), st.integers(0, 5))
def test_no_plan_breaks_a_limit_and_every_gram_is_on_one_route_or_unplanned(
    problem: Problem, seed: int
) -> None:
    plan = solve(problem, seed=seed, iterations=60)
    assert check(problem, plan) == []
    left_g = sum(unplanned.load_g for unplanned in plan.unplanned)
    assert planned_g(plan) + left_g == sum(stop.load_g for stop in problem.stops)


@quick
@given(days(), st.integers(0, 5))
def test_the_same_seed_and_iterations_give_the_same_plan(problem: Problem, seed: int) -> None:
    first = solve(problem, seed=seed, iterations=40)
    assert solve(problem, seed=seed, iterations=40) == first


@quick
@given(days())
def test_a_mend_gets_its_stop_onto_a_route(problem: Problem) -> None:
    plan = solve(problem, seed=1, iterations=40)
    for unplanned in plan.unplanned[:3]:
        mend = unplanned.mend
        # A pin needs a person; splitting anew changes the parts that are compared.
        if mend is None or mend.kind is MendKind.PIN_PLACE or unplanned.parts > 1:
            continue
        mended = apply_mend(problem, unplanned.stop_id, mend)
        offers = best_insertions(mended, plan, unplanned.stop_id)
        assert offers
        assert offers[0].added_cost_minor <= mend.added_cost_minor
        stop = next(stop for stop in mended.stops if stop.id == unplanned.stop_id)
        assert stop.value_minor is None or stop.value_minor >= offers[0].added_cost_minor
        if all(stop.value_minor is None for stop in problem.stops):
            again = solve(mended, seed=1, iterations=40, warm=plan)
            assert len(again.unplanned) < len(plan.unplanned)


@st.composite
def locked_days(draw: st.DrawFn) -> Problem:
    """Days with a few locks that may make sense or not."""
    names = draw(st.permutations([f"v{number}" for number in range(10)]))
    scopes = draw(st.lists(st.sampled_from(Scope), min_size=1, max_size=3))
    locks = []
    for number, scope in enumerate(scopes):
        ids = tuple(names[3 * number : 3 * number + draw(st.integers(1, 3))])
        locks.append(Lock(f"t{number}", ids, scope))
    return village_day(
        draw(st.integers(0, 1_000)),
        villages=14,
        trucks=4,
        reloads=draw(st.integers(0, 1)),
        windows=draw(st.sampled_from([0.0, 0.5])),
        cold=draw(st.sampled_from([0.0, 0.3])),
        rest=draw(st.booleans()),
        locks=tuple(locks),
    )


@quick
@given(locked_days())
def test_any_locks_are_kept_or_refused(problem: Problem) -> None:
    try:
        plan = solve(problem, seed=1, iterations=60)
    except LockedRouteBroken:
        return
    assert check(problem, plan) == []


@quick
@given(st.integers(0, 100_000))
def test_a_day_of_any_kind_is_proved_or_refused(seed: int) -> None:
    problem = odd_day(seed)
    try:
        plan = solve(problem, seed=1, iterations=30)
    except LockedRouteBroken:
        return
    assert check(problem, plan) == []
    assert recost(problem, plan).violations == ()
    left_g = sum(unplanned.load_g for unplanned in plan.unplanned)
    assert planned_g(plan) + left_g == sum(stop.load_g for stop in problem.stops)


@pytest.mark.parametrize("scope", list(Scope))
def test_locks_are_kept(scope: Scope) -> None:
    names = ("v3", "v9", "v1")
    problem = village_day(
        4, villages=14, trucks=4, rest=True, windows=0.0, locks=(Lock("t2", names, scope),)
    )
    plan = solve(problem, seed=1, iterations=150)
    assert check(problem, plan) == []
    served = [v.stop_id for r in plan.routes if r.vehicle_id == "t2" for v in r.visits]
    assert set(names) <= set(served)
    assert [name for name in served if name in names] == list(names) or scope is Scope.VEHICLE


def test_a_day_without_trucks_names_the_reason_for_every_stop() -> None:
    plan = solve(village_day(1, villages=5, trucks=0), seed=1, iterations=5)
    assert {unplanned.reason for unplanned in plan.unplanned} == {Reason.NO_VEHICLE}
    assert len(plan.unplanned) == 5


def test_a_village_without_a_place_is_named_and_the_rest_is_planned() -> None:
    problem = village_day(1, villages=8)
    stops = (replace(problem.stops[0], place=None), *problem.stops[1:])
    plan = solve(replace(problem, stops=stops), seed=1, iterations=50)
    assert [(u.stop_id, u.reason) for u in plan.unplanned] == [("v0", Reason.PLACE_UNKNOWN)]


def test_a_plan_costs_the_same_when_its_sequences_are_costed_again() -> None:
    problem = village_day(3, rest=True, cold=0.2)
    plan = solve(problem, seed=2, iterations=100)
    again = recost(problem, plan)
    assert again.violations == ()
    assert again.plan.routes == plan.routes


def test_insertions_come_cheapest_first_and_add_what_they_say() -> None:
    problem = village_day(5, villages=20)
    plan = solve(problem, seed=2, iterations=100)
    sequences = plan.sequences()
    name = plan.routes[0].visits[0].stop_id
    for trips in sequences.values():
        for trip in trips:
            if name in trip:
                trip.remove(name)
    before = recost(problem, sequences).plan
    offers = best_insertions(problem, sequences, name)
    assert offers == sorted(offers, key=lambda offer: offer.added_cost_minor)
    best = offers[0]
    sequences[best.vehicle_id][best.trip].insert(best.position, name)
    after = recost(problem, sequences)
    assert after.violations == ()
    assert after.plan.cost_minor - before.cost_minor == best.added_cost_minor


def test_a_lock_to_the_second_of_two_equal_trucks_costs_no_stop_its_place() -> None:
    day = village_day(1, villages=12, trucks=2)
    model = day.vehicles[0]
    day = replace(day, vehicles=(model, replace(model, id="its twin")))
    first = solve(day, seed=1, iterations=200)
    (moved,) = first.routes[0].visits[:1]
    locked = replace(day, locks=(Lock("its twin", (moved.stop_id,)),))
    plan = solve(locked, seed=1, iterations=200)
    assert check(locked, plan) == []
    assert len(plan.unplanned) == len(first.unplanned)
    # With only one stop bound, the twins may change names: the plan costs the same.
    assert plan.cost_minor == first.cost_minor
