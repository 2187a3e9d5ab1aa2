"""Find the cheapest change that gets a left out stop onto a route.

A mend is proved before it is offered: the stop is put into the plan under the
changed problem, and every limit holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from logistics.solver.changes import apply_mend
from logistics.solver.insertion import Place, best_places, placed
from logistics.solver.layout import Layout, Sequences
from logistics.solver.plan import Mend, MendKind, Reason
from logistics.solver.prepared import ALWAYS, Prepared, Task, open_windows
from logistics.solver.problem import FOREVER_S
from logistics.solver.schedule import time_route, to_cold_s

_FULL = (Reason.NO_CAPACITY_LEFT, Reason.NO_TIME_LEFT, Reason.SHIFT_TOO_SHORT)


def cheapest_mend(
    day: Prepared,
    layout: Layout,
    sequences: Sequences,
    task: Task,
    reason: Reason,
    places: list[Place],
) -> Mend | None:
    """Return the mend that adds least cost, or None where no single change helps.

    ``places`` are the feasible positions of a stop that is not worth its cost.
    """
    if reason is Reason.UNREACHABLE:
        # A place that no road reaches is most often pinned wrongly.
        return Mend(MendKind.PIN_PLACE)
    if reason is Reason.NOT_WORTH_ITS_COST:
        best = places[0]
        # Each part brings an equal share of its stop's value.
        missing = best.added_cost_minor * task.parts - (task.stop.value_minor or 0)
        return Mend(MendKind.MORE_VALUE, None, missing, best.added_cost_minor, best.added_s)
    offers: list[Mend] = []
    if reason in _FULL:
        offers += _second_trips(day, layout, sequences, task)
        offers += _longer_shifts(day, layout, sequences, task)
        offers += _extra_vehicles(day, layout, task)
    elif reason is Reason.WINDOW_UNREACHABLE:
        offers += _later_window(day, layout, sequences, task)
    elif reason is Reason.TOO_LONG_TO_COLD:
        offers += _more_time_to_cold(day, layout, sequences, task)
    elif reason is Reason.TOO_HEAVY:
        offers += _more_capacity(day, layout, sequences, task)
    value = task.stop.value_minor
    if value is not None:
        # A stop that a mend makes possible but not worth while would still be left out.
        offers = [offer for offer in offers if offer.added_cost_minor <= value // task.parts]
    return min(offers, key=lambda m: (m.added_cost_minor, m.added_s, m.amount), default=None)


def _able(day: Prepared, layout: Layout, task: Task) -> list[int]:
    return [vehicle for vehicle in layout.free if day.may_serve(vehicle, task)]


def _second_trips(
    day: Prepared, layout: Layout, sequences: Sequences, task: Task
) -> Iterator[Mend]:
    for vehicle in _able(day, layout, task):
        mend = Mend(MendKind.SECOND_TRIP, day.vehicles[vehicle].id, 1)
        place = _place(_mended(day, task, mend), layout, sequences, task, vehicle)
        if place is not None:
            yield _priced(mend, place)


def _longer_shifts(
    day: Prepared, layout: Layout, sequences: Sequences, task: Task
) -> Iterator[Mend]:
    for vehicle in _able(day, layout, task):
        truck = day.vehicles[vehicle]
        free = Mend(MendKind.LONGER_SHIFT, truck.id, FOREVER_S)
        mended = _mended(day, task, free)
        place = _place(mended, layout, sequences, task, vehicle)
        if place is None:
            continue
        trips = placed(sequences.get(vehicle, []), (task.index,), place)
        timing = time_route(mended, vehicle, trips)
        over_s = timing.duration_s - truck.max_duration_s
        need_s = max(0, timing.end_s - truck.shift_end_s, over_s)
        yield _priced(replace(free, amount=need_s), place)


def _extra_vehicles(day: Prepared, layout: Layout, task: Task) -> Iterator[Mend]:
    tried = set()
    for vehicle in _able(day, layout, task):
        model = replace(day.vehicles[vehicle], id="")
        if model in tried:
            continue
        tried.add(model)
        mend = Mend(MendKind.EXTRA_VEHICLE, day.vehicles[vehicle].id, 1)
        # A locked stop stays with its own truck, so another one is no help.
        if task.stop.id in day.locked_to:
            continue
        extra = len(day.vehicles)
        place = _place(_mended(day, task, mend), layout, {}, task, extra)
        if place is not None:
            yield _priced(mend, place)


def _later_window(
    day: Prepared, layout: Layout, sequences: Sequences, task: Task
) -> Iterator[Mend]:
    for vehicle in _able(day, layout, task):
        free = Mend(MendKind.LATER_WINDOW, None, FOREVER_S)
        mended = _mended(day, task, free)
        place = _place(mended, layout, sequences, task, vehicle)
        if place is None:
            continue
        trips = placed(sequences.get(vehicle, []), (task.index,), place)
        timing = time_route(mended, vehicle, trips)
        at = next(
            at
            for at, event in enumerate(timing.events)
            if event.task is not None and event.task.index == task.index
        )
        yield _priced(replace(free, amount=timing.begin_s[at]), place)


def _more_time_to_cold(
    day: Prepared, layout: Layout, sequences: Sequences, task: Task
) -> Iterator[Mend]:
    for vehicle in _able(day, layout, task):
        free = Mend(MendKind.MORE_TIME_TO_COLD, None, FOREVER_S)
        mended = _mended(day, task, free)
        place = _place(mended, layout, sequences, task, vehicle)
        if place is None:
            continue
        trips = placed(sequences.get(vehicle, []), (task.index,), place)
        warm_s = dict(to_cold_s(time_route(mended, vehicle, trips)))[task.index]
        need_s = max(0, warm_s - (task.stop.max_to_cold_s or 0))
        yield _priced(replace(free, amount=need_s), place)


def _more_capacity(
    day: Prepared, layout: Layout, sequences: Sequences, task: Task
) -> Iterator[Mend]:
    for vehicle in _able(day, layout, task):
        mend = Mend(MendKind.MORE_CAPACITY, day.vehicles[vehicle].id, task.loads[0])
        place = _place(_mended(day, task, mend), layout, sequences, task, vehicle)
        if place is not None:
            yield _priced(mend, place)


def _mended(day: Prepared, task: Task, mend: Mend) -> Prepared:
    """Return the day after a mend; only this one task feels a change of its stop."""
    problem = apply_mend(day.problem, task.stop.id, mend)
    stop = next(stop for stop in problem.stops if stop.id == task.stop.id)
    tasks = list(day.tasks)
    windows = open_windows(stop)
    tasks[task.index] = replace(task, stop=stop, windows=windows or ALWAYS, never=not windows)
    return replace(day, problem=problem, tasks=tuple(tasks))


def _place(
    day: Prepared, layout: Layout, sequences: Sequences, task: Task, vehicle: int
) -> Place | None:
    places = best_places(
        day, sequences, (task.index,), count=1, fixed=layout.fixed(), vehicles=(vehicle,)
    )
    return places[0] if places else None


def _priced(mend: Mend, place: Place) -> Mend:
    return replace(mend, added_cost_minor=place.added_cost_minor, added_s=place.added_s)
