"""Days with every feature the model has, mixed at random; many make little sense."""

from __future__ import annotations

import random

from logistics.solver.problem import (
    FOREVER_S,
    Break,
    Hub,
    Kind,
    Lock,
    Place,
    Problem,
    Scope,
    Stop,
    Vehicle,
    Window,
)

HOUR = 3600


def odd_day(seed: int) -> Problem:
    """A day of up to 15 stops from a seed."""
    rng = random.Random(seed)
    count = rng.randrange(1, 16)
    wide = rng.choice([0.1, 0.4])
    places = tuple(
        Place(30 + rng.uniform(-wide, wide), 109 + rng.uniform(-wide, wide))
        for _ in range(count + 4)
    )
    hubs = tuple(
        Hub(
            f"hub {number}",
            number,
            opens_s=rng.choice([0, 0, 7 * HOUR]),
            closes_s=rng.choice([FOREVER_S, 20 * HOUR, 15 * HOUR]),
            turnaround_s=rng.choice([0, 900]),
        )
        for number in range(rng.randrange(1, 3))
    )
    stops = tuple(_stop(rng, number, hubs) for number in range(count))
    vehicles = tuple(_vehicle(rng, number, hubs) for number in range(rng.randrange(5)))
    return Problem(places, hubs, vehicles, stops, locks=_locks(rng, vehicles, stops))


def _stop(rng: random.Random, number: int, hubs: tuple[Hub, ...]) -> Stop:
    windows = []
    for _ in range(rng.choice([0, 0, 0, 1, 2])):
        opens_s = rng.randrange(5, 16) * HOUR
        windows.append(Window(opens_s, opens_s + rng.randrange(60, 4 * HOUR)))
    return Stop(
        id=f"v{number}",
        place=rng.choice([*[number + 4] * 9, None]),
        load_g=rng.choice([0, 500, 2_000, 9_000]),
        crates=rng.choice([0, 0, 5, 30]),
        cold_crates=rng.choice([0, 0, 0, 4]),
        windows=tuple(windows),
        service_s=rng.choice([0, 300, 1_200]),
        value_minor=rng.choice([None, None, 0, 3_000, 30_000]),
        max_to_cold_s=rng.choice([None, None, HOUR, 3 * HOUR]),
        release_s=rng.choice([0, 0, 0, 9 * HOUR]),
        kind=rng.choice([Kind.PICKUP, Kind.PICKUP, Kind.DELIVERY]),
        hub=rng.choice([*[None] * 6, *(hub.id for hub in hubs)]),
        divisible=rng.random() < 0.8,
    )


def _vehicle(rng: random.Random, number: int, hubs: tuple[Hub, ...]) -> Vehicle:
    start_s = rng.randrange(4, 9) * HOUR
    return Vehicle(
        id=f"t{number}",
        start_place=rng.choice([0, 0, 0, 1, 2, 3]),
        end_hub=rng.choice(hubs).id,
        capacity_g=rng.choice([4_000, 8_000, 20_000]),
        crates=rng.choice([0, 20, 100]),
        cold_crates=rng.choice([0, 10]),
        cost_per_km_minor=rng.choice([0, 100, 333]),
        cost_per_hour_minor=rng.choice([0, 2_500]),
        fixed_cost_minor=rng.choice([0, 777]),
        shift_start_s=start_s,
        shift_end_s=start_s + rng.randrange(2, 12) * HOUR,
        max_duration_s=rng.choice([FOREVER_S, 8 * HOUR, 4 * HOUR]),
        max_distance_m=rng.choice([10**12, 150_000]),
        max_reloads=rng.choice([0, 1, 3]),
        rest=rng.choice(
            [None, Break(1_800, 10 * HOUR, 12 * HOUR), Break(2_700, 9 * HOUR, 9 * HOUR + 600)]
        ),
        aboard_g=rng.choice([0, 0, 1_000]),
    )


def _locks(
    rng: random.Random, vehicles: tuple[Vehicle, ...], stops: tuple[Stop, ...]
) -> tuple[Lock, ...]:
    names = [stop.id for stop in stops]
    rng.shuffle(names)
    locks = []
    for vehicle in vehicles:
        if rng.random() < 0.25 and len(names) > 3:
            width = rng.randrange(1, 4)
            locks.append(Lock(vehicle.id, tuple(names[:width]), rng.choice(list(Scope))))
            names = names[width:]
    return tuple(locks)
