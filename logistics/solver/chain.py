"""Tasks that are planned as one: a single stop, or a locked sequence of stops."""

from __future__ import annotations

from dataclasses import dataclass

from logistics.solver.prepared import Prepared, Task
from logistics.solver.problem import Window


@dataclass(frozen=True)
class Chain:
    """One thing for PyVRP to place: entered at its first stop, left from its last."""

    tasks: tuple[int, ...]
    first_place: int
    last_place: int
    loads: tuple[int, int, int]
    service_s: int
    windows: tuple[Window, ...]
    release_s: int
    value_minor: int | None
    is_delivery: bool
    allowed: frozenset[int]


def chain_of(day: Prepared, tasks: tuple[int, ...]) -> Chain:
    """Return the chain of one task or of several in a locked order."""
    members = [day.tasks[index] for index in tasks]
    first, last = members[0], members[-1]
    windows, service_s = _together(day, members)
    sums = [sum(task.loads[d] for task in members) for d in range(3)]
    values = [task.stop.value_minor for task in members]
    # A part brings its share of the stop's value.
    value = (
        None
        if None in values
        else sum((task.stop.value_minor or 0) // task.parts for task in members)
    )
    return Chain(
        tasks=tasks,
        first_place=first.place,
        last_place=last.place,
        loads=(sums[0], sums[1], sums[2]),
        service_s=service_s,
        windows=windows,
        release_s=max(task.release_s for task in members),
        value_minor=value,
        is_delivery=first.is_delivery,
        allowed=_allowed(day, members),
    )


def _allowed(day: Prepared, members: list[Task]) -> frozenset[int]:
    """Return the vehicles that may serve all members; stops of one sort share the answer."""
    sort = tuple(
        (task.stop.kind, task.stop.hub, day.locked_to.get(task.stop.id)) for task in members
    )
    if sort not in day.allowed_of:
        day.allowed_of[sort] = frozenset(
            vehicle
            for vehicle in range(len(day.vehicles))
            if all(day.may_serve(vehicle, task) for task in members)
        )
    return day.allowed_of[sort]


def _together(day: Prepared, members: list[Task]) -> tuple[tuple[Window, ...], int]:
    """Return when a chain may begin and how long it takes from there.

    A chain of several stops begins so that it waits nowhere, or where it must wait,
    at the last second that keeps all its windows.
    """
    if len(members) == 1:
        return members[0].windows, members[0].service_s
    opens_s, closes_s, spent_s = 0, 10**12, 0
    for at, task in enumerate(members):
        window = task.windows[0]
        opens_s = max(opens_s, window.opens_s - spent_s)
        closes_s = min(closes_s, window.closes_s - spent_s)
        spent_s += task.service_s
        if at + 1 < len(members):
            spent_s += day.leg_s(task.place, members[at + 1].place)
    if opens_s <= closes_s:
        return (Window(opens_s, closes_s),), spent_s
    begin_s = max(0, closes_s)
    now = begin_s
    for at, task in enumerate(members):
        now = max(now, task.windows[0].opens_s) + task.service_s
        if at + 1 < len(members):
            now += day.leg_s(task.place, members[at + 1].place)
    return (Window(begin_s, begin_s),), now - begin_s
