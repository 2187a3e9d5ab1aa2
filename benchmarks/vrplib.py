"""Read VRPLIB files as Farmgate problems, so that the product's own solver is measured.

PyVRP's reader parses the file and rounds; distances become metres, times seconds, and
a cost of one per unit of distance becomes 1,000 minor units per kilometre.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyvrp

from logistics.solver.matrix import Matrix
from logistics.solver.problem import FOREVER_S, Hub, Kind, Place, Problem, Stop, Vehicle, Window


def read_problem(path: Path, round_func: str) -> Problem:
    """Return the problem of a VRPLIB file under a rounding of PyVRP's reader."""
    data = pyvrp.read(str(path), round_func=round_func)
    if data.num_shipments or data.num_groups or data.num_load_dimensions > 1:
        raise SystemExit(f"{path.name}: shipments, groups and several loads are not read")
    return Problem(
        places=_places(data),
        hubs=tuple(
            Hub(f"hub {number}", depot.location, depot.tw_early, _time(depot.tw_late))
            for number, depot in enumerate(data.depots())
        ),
        vehicles=tuple(_vehicles(data)),
        stops=tuple(_stop(str(n), client) for n, client in enumerate(data.clients())),
        matrix=Matrix(
            np.asarray(data.distance_matrix(0), dtype=np.int64),
            np.asarray(data.duration_matrix(0), dtype=np.int64),
            source=path.name,
        ),
    )


def _places(data: pyvrp.ProblemData) -> tuple[Place, ...]:
    """Return the coordinates, shrunk to fit degrees; only groups of routes look at them."""
    points = [(location.x, location.y) for location in data.locations()]
    widest = max(abs(value) for point in points for value in point) or 1
    return tuple(Place(80 * y / widest, 80 * x / widest) for x, y in points)


def _time(second: int) -> int:
    return min(second, FOREVER_S)


def _stop(name: str, client: pyvrp.Client) -> Stop:
    load = sum(client.delivery) or sum(client.pickup)
    return Stop(
        id=name,
        place=client.location,
        load_g=load,
        windows=(Window(client.tw_early, _time(client.tw_late)),),
        service_s=client.service_duration,
        value_minor=None if client.required else client.prize,
        release_s=client.release_time,
        kind=Kind.DELIVERY if sum(client.delivery) else Kind.PICKUP,
    )


def _vehicles(data: pyvrp.ProblemData) -> list[Vehicle]:
    found: list[Vehicle] = []
    for kind in data.vehicle_types():
        start = data.depot(kind.start_depot)
        model = {
            "start_place": start.location,
            "end_hub": f"hub {kind.end_depot}",
            "capacity_g": kind.capacity[0] if kind.capacity else 0,
            "cost_per_km_minor": 1_000 * kind.unit_distance_cost,
            "cost_per_hour_minor": 3_600 * kind.unit_duration_cost,
            "fixed_cost_minor": kind.fixed_cost,
            "shift_start_s": max(kind.tw_early, start.tw_early),
            "shift_end_s": _time(kind.tw_late),
            "max_duration_s": _time(kind.max_duration),
            "max_distance_m": min(kind.max_distance, 10**12),
            "max_reloads": min(kind.max_reloads, data.num_clients) if kind.reload_depots else 0,
        }
        found += [Vehicle(id=f"truck {len(found) + n}", **model) for n in range(kind.num_available)]
    return found
