"""Cost and check what a person changed by hand, fast; show, do not forbid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from logistics.solver.build import assemble, build_route
from logistics.solver.checker import check
from logistics.solver.insertion import best_places
from logistics.solver.layout import lay_out
from logistics.solver.plan import Plan, Reason, Route, Unplanned
from logistics.solver.prepared import Prepared, prepare
from logistics.solver.problem import Problem
from logistics.solver.refusals import SameNameTwice, UnknownName
from logistics.solver.violation import Violation
from logistics.solver.warm import sequences_of

Given = Plan | Mapping[str, Sequence[Sequence[str]]]


@dataclass(frozen=True)
class Recosted:
    """The plan with its new figures and the limits that it breaks."""

    plan: Plan
    violations: tuple[Violation, ...]


@dataclass(frozen=True)
class Insertion:
    """A position for a stop: after ``position`` stops of a trip, and what it adds."""

    vehicle_id: str
    trip: int
    position: int
    added_cost_minor: int
    added_s: int
    added_m: int


def recost(problem: Problem, sequences: Given) -> Recosted:
    """Return cost, times and violations of stop ids per vehicle id and trip.

    Stops that no vehicle has are set aside by hand, and are no violation.

    :raises UnknownName: for a vehicle or stop that is not in the problem.
    :raises SameNameTwice: for a stop given more often than it has parts.
    """
    return recost_prepared(prepare(problem), sequences)


def recost_prepared(
    day: Prepared, sequences: Given, known: dict[Hashable, Route] | None = None
) -> Recosted:
    """Return the same for a day prepared before, as a screen with many changes does.

    :param known: routes of this day that were timed before; only others are timed, and
        added to it.
    """
    _refuse_strangers(day, sequences)
    found = sequences_of(day, sequences)
    served = {index for trips in found.values() for trip in trips for index in trip}
    unplanned = [
        Unplanned(
            stop_id=task.stop.id,
            reason=Reason.SET_ASIDE,
            load_g=task.loads[0],
            crates=task.loads[1],
            cold_crates=task.loads[2],
            part=task.part,
            parts=task.parts,
        )
        for task in day.tasks
        if task.index not in served
    ]
    unplanned += [
        Unplanned(s.id, Reason.PLACE_UNKNOWN, s.load_g, s.crates, s.cold_crates) for s in day.lost
    ]
    timed = {} if known is None else known
    routes: list[Route] = []
    for vehicle, trips in sorted(found.items()):
        if any(trips):
            key = (vehicle, tuple(tuple(trip) for trip in trips))
            if key not in timed:
                timed[key] = build_route(day, vehicle, trips)
            routes.append(timed[key])
    plan = assemble(day, tuple(routes), tuple(unplanned))
    return Recosted(plan, tuple(check(day.problem, plan, matrix=day.matrix)))


def _refuse_strangers(day: Prepared, sequences: Given) -> None:
    """Refuse what a warm start may pass over: here a person's change would be lost."""
    by_id = sequences.sequences() if isinstance(sequences, Plan) else sequences
    given = Counter(name for trips in by_id.values() for trip in trips for name in trip)
    lost = {stop.id for stop in day.lost}
    for vehicle_id in by_id:
        if vehicle_id not in day.vehicle_of:
            raise UnknownName(name=vehicle_id)
    for name, times in given.items():
        if name not in day.tasks_of and name not in lost:
            raise UnknownName(name=name)
        if times > max(1, len(day.tasks_of.get(name, ()))):
            raise SameNameTwice(name=name)


def best_insertions(
    problem: Problem, sequences: Given, stop_id: str, *, count: int = 3
) -> list[Insertion]:
    """Return the cheapest feasible positions for a stop, one per vehicle and trip.

    A split stop is looked up by its first part that has no place yet.
    """
    day = prepare(problem)
    layout = lay_out(day)
    found = sequences_of(day, sequences)
    served = {index for trips in found.values() for trip in trips for index in trip}
    waiting = [i for i in day.tasks_of.get(stop_id, ()) if i not in served]
    if not waiting:
        return []
    number = layout.chain_number.get(waiting[0])
    chain = (waiting[0],) if number is None else layout.chains[number].tasks
    places = best_places(day, found, chain, count=count, fixed=layout.fixed(), vehicles=layout.free)
    return [
        Insertion(
            day.vehicles[p.vehicle].id,
            p.trip,
            p.position,
            p.added_cost_minor,
            p.added_s,
            p.added_m,
        )
        for p in places
    ]
