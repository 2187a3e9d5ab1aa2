"""Prove what one truck carries: never more than fits, and goods at their own hub."""

from __future__ import annotations

from logistics.solver.plan import Route, Visit
from logistics.solver.problem import Hub, Stop, Vehicle
from logistics.solver.violation import Violation

_NAMES = ("load_g", "crates", "cold_crates")


def check_loads(vehicle: Vehicle, route: Route, stops: dict[str, Stop]) -> list[Violation]:
    """Load and unload along the route, trip by trip, and compare with the capacities."""
    found: list[Violation] = []
    for dimension, name in enumerate(_NAMES):
        room = vehicle.capacities[dimension]
        carried = vehicle.aboard[dimension]
        trip = -1
        for visit in route.visits:
            if visit.trip != trip:
                carried = carried if trip == -1 else 0
                trip = visit.trip
                carried += _delivered(route, trip, dimension, stops)
                if carried > room:
                    found.append(Violation(name, vehicle.id, visit.stop_id, carried - room))
            takes = _takes(visit)[dimension]
            carried += -takes if stops[visit.stop_id].kind == "delivery" else takes
            if carried > room:
                found.append(Violation(name, vehicle.id, visit.stop_id, carried - room))
            if _aboard(visit)[dimension] != carried:
                found.append(Violation("figures_wrong", vehicle.id, visit.stop_id))
    return found


def _delivered(route: Route, trip: int, dimension: int, stops: dict[str, Stop]) -> int:
    total = 0
    for visit in route.visits:
        if visit.trip == trip and stops[visit.stop_id].kind == "delivery":
            total += _takes(visit)[dimension]
    return total


def _takes(visit: Visit) -> tuple[int, int, int]:
    return (visit.takes_g, visit.takes_crates, visit.takes_cold_crates)


def _aboard(visit: Visit) -> tuple[int, int, int]:
    return (visit.load_g, visit.crates, visit.cold_crates)


def check_goods_at_hub(
    hubs: dict[str, Hub], vehicle: Vehicle, route: Route, stops: dict[str, Stop]
) -> list[Violation]:
    """Pickups end at their hub; deliveries are loaded at theirs, once released."""
    found: list[Violation] = []
    loaded_at = {reload.before: reload.depart_s for reload in route.reloads}
    place, left_s = vehicle.start_place, route.start_s
    for at, visit in enumerate(route.visits):
        if at in loaded_at:
            place, left_s = hubs[vehicle.end_hub].place, loaded_at[at]
        stop = stops[visit.stop_id]
        if stop.kind == "pickup":
            wrong = stop.hub not in (None, vehicle.end_hub)
        elif stop.hub is not None:
            wrong = place != hubs[stop.hub].place
        else:
            wrong = all(place != hub.place for hub in hubs.values())
        if wrong:
            found.append(Violation("wrong_hub", vehicle.id, stop.id))
        if stop.kind == "delivery" and left_s < stop.release_s:
            found.append(Violation("release", vehicle.id, stop.id, stop.release_s - left_s))
    return found
