"""Say truly why a stop is on no route."""

from __future__ import annotations

from logistics.solver.insertion import Place
from logistics.solver.layout import Sequences
from logistics.solver.plan import Reason
from logistics.solver.prepared import Prepared, Task
from logistics.solver.schedule import time_route

Figures = tuple[tuple[str, int], ...]
_NAMES = ("load_g", "crates", "cold_crates")
_LOADS = frozenset(_NAMES)


def alone(day: Prepared, task: Task) -> tuple[Reason, Figures] | None:
    """Return why no vehicle could serve the task even with the day to itself, if so."""
    if not day.vehicles:
        return Reason.NO_VEHICLE, ()
    able = [v for v in day.candidates(task) if day.may_serve(v, task)]
    if not able:
        return Reason.NO_FITTING_VEHICLE, ()
    carrying = [v for v in able if not _short(day, v, task)]
    if not carrying:
        return Reason.TOO_HEAVY, _weight_figures(day, able, task)
    reaching = [
        v
        for v in carrying
        if day.reachable(day.vehicles[v].start_place, task.place)
        and day.reachable(task.place, day.end_place(v))
    ]
    if not reaching:
        return Reason.UNREACHABLE, ()
    if task.never:
        closes_s = max(window.closes_s for window in task.stop.windows)
        ready_s = task.stop.release_s
        return Reason.WINDOW_UNREACHABLE, (("arrives_s", ready_s), ("closes_s", closes_s))
    return _too_late(day, reaching, task)


def _short(day: Prepared, vehicle: int, task: Task) -> bool:
    room = day.vehicles[vehicle].capacities
    return any(need > space for need, space in zip(task.loads, room, strict=True))


def _weight_figures(day: Prepared, able: list[int], task: Task) -> Figures:
    """Name the first measure that no vehicle has enough of."""
    for dimension, name in enumerate(_NAMES):
        most = max(day.vehicles[v].capacities[dimension] for v in able)
        if task.loads[dimension] > most:
            return ((name, task.loads[dimension]), ("largest", most))
    # Each measure fits somewhere, yet no one vehicle has them all.
    return tuple((name, task.loads[d]) for d, name in enumerate(_NAMES) if task.loads[d])


def _too_late(day: Prepared, reaching: list[int], task: Task) -> tuple[Reason, Figures] | None:
    timings = [(v, time_route(day, v, [[task.index]])) for v in reaching]
    if any(not timing.broken for _, timing in timings):
        return None
    in_window = [(v, t) for v, t in timings if "window" not in t.broken]
    closes_s = task.windows[-1].closes_s
    at_hub = [t for _, t in timings if t.begin_s[1] > closes_s]
    if not in_window and len(at_hub) == len(timings):
        earliest_s = min(timing.begin_s[1] for _, timing in timings)
        return Reason.WINDOW_UNREACHABLE, (("arrives_s", earliest_s), ("closes_s", closes_s))
    cold = [t.broken["cold"] for _, t in timings if set(t.broken) == {"cold"}]
    if cold:
        return Reason.TOO_LONG_TO_COLD, (("over_s", min(cold)),)
    over_s = min(sum(timing.broken.values()) for _, timing in timings)
    return Reason.SHIFT_TOO_SHORT, (("over_s", over_s),)


def in_plan(
    day: Prepared, sequences: Sequences, task: Task, places: list[Place]
) -> tuple[Reason, Figures]:
    """Return why a task that some vehicle could serve alone is not in this plan.

    ``places`` are its feasible positions, cheapest first.
    """
    value = task.stop.value_minor
    if places and value is not None:
        share = value // task.parts
        return Reason.NOT_WORTH_ITS_COST, (
            ("added_cost_minor", places[0].added_cost_minor),
            ("value_minor", share),
        )
    rooms = _rooms(day, sequences, task)
    if not any(all(n <= r for n, r in zip(task.loads, room, strict=True)) for room in rooms):
        for dimension, name in enumerate(_NAMES):
            most = max((room[dimension] for room in rooms), default=0)
            if task.loads[dimension] > most:
                return Reason.NO_CAPACITY_LEFT, ((name, task.loads[dimension]), ("left", most))
        return Reason.NO_CAPACITY_LEFT, (("load_g", task.loads[0]),)
    return Reason.NO_TIME_LEFT, ()


def _rooms(day: Prepared, sequences: Sequences, task: Task) -> list[tuple[int, ...]]:
    """Return what is left in each trip of each vehicle that may serve the task."""
    found: list[tuple[int, ...]] = []
    for vehicle, truck in enumerate(day.vehicles):
        if not day.may_serve(vehicle, task):
            continue
        trips = [trip for trip in sequences.get(vehicle, []) if trip]
        for number, trip in enumerate(trips):
            aboard = truck.aboard if number == 0 else (0, 0, 0)
            found.append(_left(day, truck.capacities, aboard, list(trip), task.is_delivery))
        if len(trips) <= truck.max_reloads:
            aboard = truck.aboard if not trips else (0, 0, 0)
            found.append(tuple(c - a for c, a in zip(truck.capacities, aboard, strict=True)))
    return found


def _left(
    day: Prepared,
    capacities: tuple[int, int, int],
    aboard: tuple[int, int, int],
    trip: list[int],
    delivery: bool,
) -> tuple[int, ...]:
    tasks = [day.tasks[index] for index in trip]
    return tuple(
        capacities[d] - aboard[d] - sum(t.loads[d] for t in tasks if t.is_delivery is delivery)
        for d in range(3)
    )
