"""Say a prepared day in PyVRP's words, and read its solution back.

Kilograms, crates and cold crates are load dimensions. A limit that PyVRP does not
know, which vehicle may serve which stop, is one more dimension that only the allowed
vehicles have room in.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from pyvrp import (
    Activity,
    ActivityType,
    Client,
    ClientGroup,
    Depot,
    Location,
    ProblemData,
    Route,
    Solution,
    VehicleType,
)

from logistics.solver.chain import Chain
from logistics.solver.matrix import UNREACHABLE, Figures
from logistics.solver.prepared import Prepared
from logistics.solver.problem import FOREVER_S
from logistics.solver.truck import Truck

_MAX = int(np.iinfo(np.int64).max)


@dataclass(frozen=True, eq=False)
class Translation:
    """PyVRP's data with the way back to vehicles and tasks."""

    data: ProblemData
    chains: tuple[Chain, ...]
    chain_of_client: tuple[int, ...]
    clients_of_chain: tuple[tuple[int, ...], ...]
    trucks_of_type: tuple[tuple[int, ...], ...]
    reload_depot: tuple[int, ...]
    scale: int
    """PyVRP's unit of cost, in 1/18,000 minor units."""

    def trips(self, route: Route) -> list[list[int]]:
        """Return the chain numbers per trip of a PyVRP route."""
        trips: list[list[int]] = []
        for activity in route:
            while len(trips) <= activity.trip:
                trips.append([])
            if activity.is_client():
                trips[activity.trip].append(self.chain_of_client[activity.idx])
        return [trip for trip in trips if trip]

    def sequences(
        self, solution: Solution, wanted: Mapping[int, Sequence[Sequence[int]]]
    ) -> dict[int, list[list[int]]]:
        """Return chain numbers per vehicle and trip.

        Among equal vehicles a route goes to the one whose ``wanted`` route it shares
        most stops with, so that a driver keeps the villages of the last plan.
        """
        found: dict[int, list[list[int]]] = {}
        free = {kind: list(trucks) for kind, trucks in enumerate(self.trucks_of_type)}
        known = {truck: {c for trip in trips for c in trip} for truck, trips in wanted.items()}
        for route in solution.routes():
            trips = self.trips(route)
            if not trips:
                continue
            served = {chain for trip in trips for chain in trip}
            pool = free[route.vehicle_type()]
            best = max(pool, key=lambda truck: (len(served & known.get(truck, set())), -truck))
            pool.remove(best)
            found[best] = trips
        return found

    def solution(self, sequences: Mapping[int, Sequence[Sequence[int]]]) -> Solution:
        """Return the PyVRP solution of chain numbers per vehicle and trip."""
        kind_of = {t: kind for kind, trucks in enumerate(self.trucks_of_type) for t in trucks}
        routes: list[Route] = []
        for truck, trips in sorted(sequences.items()):
            if truck not in kind_of or not any(trips):
                continue
            activities: list[Activity] = []
            for number, trip in enumerate(trip for trip in trips if trip):
                if number:
                    depot = self.reload_depot[kind_of[truck]]
                    activities.append(Activity(ActivityType.DEPOT, depot))
                for chain in trip:
                    client = self.clients_of_chain[chain][0]
                    activities.append(Activity(ActivityType.CLIENT, client))
            routes.append(Route(self.data, activities, kind_of[truck]))
        return Solution(self.data, routes)


def translate(
    day: Prepared, trucks: Mapping[int, Truck], chains: Sequence[Chain], *, required: bool
) -> Translation:
    """Build PyVRP's data; ``required`` says that whatever has no own value must be served."""
    places = _Places(day, chains)
    scale = _scale(day, trucks, chains)
    kinds: dict[Truck, list[int]] = {}
    for index, truck in sorted(trucks.items()):
        kinds.setdefault(truck, []).append(index)
    dimensions = [d for d in range(3) if any(chain.loads[d] for chain in chains)]
    circles = _circles(trucks, chains)
    depots = _Depots(places)
    types = [
        depots.vehicle_type(
            truck, len(members), scale, _room(truck, members[0], dimensions, circles)
        )
        for truck, members in kinds.items()
    ]
    distance_m, duration_s = places.matrices()
    high_prize = _high_prize(trucks, chains, types, distance_m, duration_s)
    clients: list[Client] = []
    groups: list[ClientGroup] = []
    clients_of_chain: list[tuple[int, ...]] = []
    chain_of_client: list[int] = []
    for number, chain in enumerate(chains):
        loads = [chain.loads[d] for d in dimensions]
        loads += [int(circle == chain.allowed) for circle in circles]
        prize = high_prize if chain.value_minor is None else chain.value_minor * 18_000 // scale
        first = len(clients)
        must = required and chain.value_minor is None
        group = len(groups) if len(chain.windows) > 1 else None
        for window in chain.windows:
            clients.append(
                Client(
                    location=places.of_chain(number),
                    delivery=loads if chain.is_delivery else [],
                    pickup=[] if chain.is_delivery else loads,
                    service_duration=chain.service_s,
                    tw_early=window.opens_s,
                    tw_late=_MAX if window.closes_s >= FOREVER_S else window.closes_s,
                    release_time=chain.release_s,
                    prize=prize,
                    required=must and group is None,
                    group=group,
                )
            )
            chain_of_client.append(number)
        members = tuple(range(first, len(clients)))
        clients_of_chain.append(members)
        if group is not None:
            groups.append(ClientGroup(list(members), required=must))
    data = ProblemData(
        locations=[Location(x, y) for x, y in places.coordinates()],
        clients=clients,
        depots=depots.found,
        vehicle_types=types,
        # PyVRP's stub leaves the array's shape out.
        distance_matrices=[distance_m],  # type: ignore[list-item]
        duration_matrices=[duration_s],  # type: ignore[list-item]
        groups=groups,
    )
    return Translation(
        data=data,
        chains=tuple(chains),
        chain_of_client=tuple(chain_of_client),
        clients_of_chain=tuple(clients_of_chain),
        trucks_of_type=tuple(tuple(members) for members in kinds.values()),
        reload_depot=tuple(depots.reload_of(truck) if truck.max_reloads else 0 for truck in kinds),
        scale=scale,
    )


def _scale(day: Prepared, trucks: Mapping[int, Truck], chains: Sequence[Chain]) -> int:
    """Return the largest whole number that all costs, in 1/18,000 minor units, share."""
    figures = [truck.cost_per_km_minor * 18 for truck in trucks.values()]
    figures += [truck.cost_per_hour_minor * 5 for truck in trucks.values()]
    figures += [truck.fixed_cost_minor * 18_000 for truck in trucks.values()]
    figures += [chain.value_minor * 18_000 for chain in chains if chain.value_minor]
    return math.gcd(*figures) or 1


def _circles(trucks: Mapping[int, Truck], chains: Sequence[Chain]) -> list[frozenset[int]]:
    """Return the sets of vehicles that some chain is bound to, each once, in order."""
    everyone = frozenset(trucks)
    found: dict[frozenset[int], None] = {}
    for chain in chains:
        if not chain.allowed >= everyone:
            found.setdefault(chain.allowed)
    return list(found)


def _room(
    truck: Truck, member: int, dimensions: list[int], circles: list[frozenset[int]]
) -> tuple[list[int], list[int]]:
    """Return capacities and initial load; outside its circles a vehicle has no room."""
    capacity = [truck.capacities[d] for d in dimensions]
    capacity += [10**6 if member in circle else 0 for circle in circles]
    aboard = [truck.aboard[d] for d in dimensions] + [0] * len(circles)
    return capacity, aboard if any(aboard) else []


def _high_prize(
    trucks: Mapping[int, Truck],
    chains: Sequence[Chain],
    types: Sequence[VehicleType],
    distance_m: Figures,
    duration_s: Figures,
) -> int:
    """Return a prize above what any one stop can add to a plan's cost."""
    far_m = int(distance_m[distance_m < UNREACHABLE].max(initial=1))
    far_s = int(duration_s[duration_s < UNREACHABLE].max(initial=1))
    long_s = max((chain.service_s for chain in chains), default=0)
    idle_s = max((min(86_400, truck.shift_end_s) for truck in trucks.values()), default=0)
    per_m = max((kind.unit_distance_cost for kind in types), default=1)
    per_s = max((kind.unit_duration_cost for kind in types), default=0)
    fixed = max((kind.fixed_cost for kind in types), default=0)
    return 2 * (fixed + per_m * 3 * far_m + per_s * (3 * far_s + long_s + idle_s)) + 1


class _Places:
    """The places in use, numbered for PyVRP; a locked chain is a place of its own.

    A chain of several stops is entered at its first place and left from its last.
    """

    def __init__(self, day: Prepared, chains: Sequence[Chain]) -> None:
        self._day = day
        self._chains = chains
        self._number: dict[tuple[int, int], int] = {}
        for chain in chains:
            self.number(chain.first_place, chain.last_place)

    def number(self, entry: int, leave: int | None = None) -> int:
        """Return PyVRP's number of a place, giving it one when it is new."""
        key = (entry, entry if leave is None else leave)
        return self._number.setdefault(key, len(self._number))

    def of_chain(self, number: int) -> int:
        """Return the place number of a chain."""
        chain = self._chains[number]
        return self.number(chain.first_place, chain.last_place)

    def coordinates(self) -> list[tuple[float, float]]:
        """Return x and y per place; they serve the grouping of routes only."""
        places = self._day.problem.places
        if not places:
            return [(0.0, 0.0)] * len(self._number)
        return [(places[entry].lon, places[entry].lat) for entry, _ in self._number]

    def matrices(self) -> tuple[Figures, Figures]:
        """Return metres and seconds between the numbered places."""
        entries = np.array([entry for entry, _ in self._number], dtype=np.int64)
        leaves = np.array([leave for _, leave in self._number], dtype=np.int64)
        cut: list[Figures] = []
        for figures in (self._day.matrix.distance_m, self._day.matrix.duration_s):
            part = figures[np.ix_(leaves, entries)]
            np.fill_diagonal(part, 0)
            cut.append(part)
        return cut[0], cut[1]


class _Depots:
    """Starts, ends and reload points, each once."""

    def __init__(self, places: _Places) -> None:
        self._places = places
        self._number: dict[tuple[int, int, int, int], int] = {}
        self.found: list[Depot] = []

    def _depot(self, place: int, opens_s: int, closes_s: int, service_s: int) -> int:
        key = (place, opens_s, closes_s, service_s)
        if key not in self._number:
            self._number[key] = len(self.found)
            late = _MAX if closes_s >= FOREVER_S else closes_s
            self.found.append(Depot(self._places.number(place), opens_s, late, service_s))
        return self._number[key]

    def reload_of(self, truck: Truck) -> int:
        """Return the depot where a vehicle reloads."""
        return self._depot(
            truck.end_place, truck.hub_opens_s, truck.hub_closes_s, truck.turnaround_s
        )

    def vehicle_type(
        self, truck: Truck, count: int, scale: int, room: tuple[list[int], list[int]]
    ) -> VehicleType:
        """Return PyVRP's words for a number of equal vehicles."""
        capacity, aboard = room
        per_m = truck.cost_per_km_minor * 18 // scale
        per_s = truck.cost_per_hour_minor * 5 // scale
        reloads = truck.max_reloads > 0
        return VehicleType(
            num_available=count,
            capacity=capacity,
            start_depot=self._depot(truck.start_place, 0, FOREVER_S, 0),
            end_depot=self._depot(truck.end_place, truck.hub_opens_s, truck.hub_closes_s, 0),
            fixed_cost=truck.fixed_cost_minor * 18_000 // scale,
            tw_early=truck.shift_start_s,
            tw_late=_MAX if truck.shift_end_s >= FOREVER_S else truck.shift_end_s,
            shift_duration=_MAX if truck.max_duration_s >= FOREVER_S else truck.max_duration_s,
            max_distance=_MAX if truck.max_distance_m >= 10**12 else truck.max_distance_m,
            unit_distance_cost=per_m if per_m or per_s else 1,
            unit_duration_cost=per_s,
            initial_load=aboard,
            reload_depots=[self.reload_of(truck)] if reloads else [],
            max_reloads=truck.max_reloads if reloads else 0,
        )
