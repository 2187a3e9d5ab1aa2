"""Days of villages around a hub, made from a seed."""

from __future__ import annotations

import random

from logistics.solver.problem import (
    Break,
    Hub,
    Kind,
    Lock,
    Place,
    Problem,
    Stop,
    Vehicle,
    Window,
)

HOUR = 3600


def village_day(
    seed: int,
    *,
    villages: int = 60,
    trucks: int = 6,
    reloads: int = 0,
    windows: float = 0.3,
    cold: float = 0.0,
    optional: float = 0.0,
    rest: bool = False,
    load_g: int = 300_000,
    capacity_g: int = 4_000_000,
    locks: tuple[Lock, ...] = (),
) -> Problem:
    """Villages around Enshi with a yard and a hub in town."""
    rng = random.Random(seed)
    places = [Place(30.272, 109.488), Place(30.283, 109.470)]
    stops = []
    for number in range(villages):
        places.append(Place(30.272 + rng.uniform(-0.3, 0.3), 109.488 + rng.uniform(-0.35, 0.35)))
        stops.append(
            _stop(rng, number, windows=windows, cold=cold, optional=optional, load_g=load_g)
        )
    vehicles = tuple(
        _truck(number, capacity_g=capacity_g, reloads=reloads, rest=rest)
        for number in range(trucks)
    )
    return Problem(
        places=tuple(places),
        hubs=(Hub("hub", 0, turnaround_s=20 * 60),),
        vehicles=vehicles,
        stops=tuple(stops),
        locks=locks,
    )


def _stop(
    rng: random.Random,
    number: int,
    *,
    windows: float,
    cold: float,
    optional: float,
    load_g: int,
) -> Stop:
    opening: tuple[Window, ...] = ()
    if rng.random() < windows:
        start = rng.randrange(6, 11) * HOUR
        opening = (Window(start, start + rng.randrange(2, 5) * HOUR),)
    load = rng.randrange(load_g // 4, load_g * 2)
    chilled = rng.random() < cold
    return Stop(
        id=f"v{number}",
        place=number + 2,
        load_g=load,
        crates=load // 20_000,
        cold_crates=load // 40_000 if chilled else 0,
        windows=opening,
        service_s=300 + load // 1000,
        value_minor=rng.randrange(500, 20_000) if rng.random() < optional else None,
        max_to_cold_s=3 * HOUR if chilled else None,
        kind=Kind.PICKUP,
    )


def _truck(number: int, *, capacity_g: int, reloads: int, rest: bool) -> Vehicle:
    return Vehicle(
        id=f"t{number}",
        start_place=1,
        end_hub="hub",
        capacity_g=capacity_g,
        crates=capacity_g // 15_000,
        cold_crates=100 if number % 2 == 0 else 0,
        cost_per_km_minor=300,
        cost_per_hour_minor=3_000,
        shift_start_s=5 * HOUR,
        shift_end_s=17 * HOUR,
        max_duration_s=10 * HOUR,
        max_reloads=reloads,
        rest=Break(45 * 60, 9 * HOUR, 11 * HOUR) if rest else None,
    )
