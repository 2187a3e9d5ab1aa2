"""Changes to a problem: what a mend does to a vehicle or a stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from logistics.solver.plan import Mend, MendKind
from logistics.solver.problem import Problem, Stop, Vehicle, Window


def apply_mend(problem: Problem, stop_id: str, mend: Mend) -> Problem:
    """Return the problem with a mend made for a stop.

    :raises ValueError: for a mend that needs a person, such as pinning a place.
    """
    by = mend.amount
    if mend.kind is MendKind.SECOND_TRIP:
        return _with_vehicle(problem, mend, lambda v: replace(v, max_reloads=v.max_reloads + by))
    if mend.kind is MendKind.LONGER_SHIFT:
        return _with_vehicle(problem, mend, lambda v: longer(v, by))
    if mend.kind is MendKind.EXTRA_VEHICLE:
        return with_extra(problem, mend.vehicle_id or "")
    if mend.kind is MendKind.MORE_CAPACITY:
        stop = next(stop for stop in problem.stops if stop.id == stop_id)
        return _with_vehicle(problem, mend, lambda v: roomier(v, stop.loads))
    if mend.kind is MendKind.LATER_WINDOW:
        return _with_stop(problem, stop_id, lambda s: replace(s, windows=open_until(s.windows, by)))
    if mend.kind is MendKind.MORE_VALUE:
        return _with_stop(
            problem, stop_id, lambda s: replace(s, value_minor=(s.value_minor or 0) + by)
        )
    if mend.kind is MendKind.MORE_TIME_TO_COLD:
        return _with_stop(
            problem, stop_id, lambda s: replace(s, max_to_cold_s=(s.max_to_cold_s or 0) + by)
        )
    raise ValueError(f"no figure makes the mend {mend.kind}")


def longer(vehicle: Vehicle, by_s: int) -> Vehicle:
    """Return a vehicle whose driver stays out longer."""
    return replace(
        vehicle,
        shift_end_s=vehicle.shift_end_s + by_s,
        max_duration_s=vehicle.max_duration_s + by_s,
    )


def roomier(vehicle: Vehicle, loads: tuple[int, int, int]) -> Vehicle:
    """Return a vehicle that carries at least these grams, crates and cold crates."""
    return replace(
        vehicle,
        capacity_g=max(vehicle.capacity_g, loads[0]),
        crates=max(vehicle.crates, loads[1]),
        cold_crates=max(vehicle.cold_crates, loads[2]),
    )


def open_until(windows: tuple[Window, ...], closes_s: int) -> tuple[Window, ...]:
    """Return windows whose last one stays open at least until then."""
    ordered = sorted(windows, key=lambda window: window.closes_s)
    last = ordered[-1]
    return (*ordered[:-1], Window(last.opens_s, max(last.closes_s, closes_s)))


def with_extra(problem: Problem, vehicle_id: str) -> Problem:
    """Return the problem with one more vehicle like the named one, empty."""
    model = next(vehicle for vehicle in problem.vehicles if vehicle.id == vehicle_id)
    taken = {vehicle.id for vehicle in problem.vehicles}
    number = 2
    while f"{vehicle_id} ({number})" in taken:
        number += 1
    extra = replace(
        model, id=f"{vehicle_id} ({number})", aboard_g=0, aboard_crates=0, aboard_cold_crates=0
    )
    return replace(problem, vehicles=(*problem.vehicles, extra))


def _with_vehicle(problem: Problem, mend: Mend, change: Callable[[Vehicle], Vehicle]) -> Problem:
    vehicles = (change(v) if v.id == mend.vehicle_id else v for v in problem.vehicles)
    return replace(problem, vehicles=tuple(vehicles))


def _with_stop(problem: Problem, stop_id: str, change: Callable[[Stop], Stop]) -> Problem:
    return replace(problem, stops=tuple(change(s) if s.id == stop_id else s for s in problem.stops))
