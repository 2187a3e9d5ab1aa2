"""Say a prepared day in PyVRP's words.

Grams, crates and cold crates are load dimensions. A limit that PyVRP does not know,
which vehicle may serve which stop, is one more dimension that only the allowed
vehicles have room in.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from pyvrp import Client, ClientGroup, Location, ProblemData, VehicleType

from logistics.solver.chain import Chain
from logistics.solver.matrix import UNREACHABLE, Figures
from logistics.solver.network import UNBOUNDED, Depots, Places
from logistics.solver.prepared import Prepared
from logistics.solver.problem import FOREVER_S
from logistics.solver.translation import Translation
from logistics.solver.truck import Truck


@dataclass(frozen=True)
class Keep:
    """Routes to stay near, and the metres that a new predecessor of a stop must save."""

    routes: Mapping[int, Sequence[Sequence[int]]]
    leg_m: int


def translate(
    day: Prepared,
    trucks: Mapping[int, Truck],
    chains: Sequence[Chain],
    *,
    required: bool,
    keep: Keep | None = None,
) -> Translation:
    """Build PyVRP's data; ``required`` says that whatever has no own value must be served.

    ``keep`` makes every leg dearer that the routes of before do not have.
    """
    places = Places(day, chains)
    scale = _scale(trucks, chains)
    dimensions = [d for d in range(3) if any(chain.loads[d] for chain in chains)]
    circles = _circles(trucks, chains)
    # Equal trucks are one kind only where the locks treat them alike too.
    kinds: dict[tuple[Truck, tuple[bool, ...]], list[int]] = {}
    for index, truck in sorted(trucks.items()):
        member = tuple(index in circle for circle in circles)
        kinds.setdefault((truck, member), []).append(index)
    depots = Depots(places)
    types = [
        depots.vehicle_type(truck, len(mates), scale, _room(truck, mates[0], dimensions, circles))
        for (truck, _), mates in kinds.items()
    ]
    distance_m, duration_s = places.matrices()
    if keep is not None:
        _make_new_legs_dearer(distance_m, places, trucks, keep)
    clients = _Clients(dimensions, circles, scale, required=required)
    clients.high_prize = _high_prize(trucks, chains, types, distance_m, duration_s)
    for number, chain in enumerate(chains):
        clients.add(chain, places.of_chain(number))
    data = ProblemData(
        locations=[Location(x, y) for x, y in places.coordinates()],
        clients=clients.found,
        depots=depots.found,
        vehicle_types=types,
        # PyVRP's stub leaves the array's shape out.
        distance_matrices=[distance_m],  # type: ignore[list-item]
        duration_matrices=[duration_s],  # type: ignore[list-item]
        groups=clients.groups,
    )
    return Translation(
        data=data,
        chains=tuple(chains),
        chain_of_client=tuple(clients.chain_of_client),
        clients_of_chain=tuple(clients.clients_of_chain),
        trucks_of_type=tuple(tuple(mates) for mates in kinds.values()),
        reload_depot=tuple(
            depots.reload_of(truck) if truck.max_reloads else 0 for truck, _ in kinds
        ),
        scale=scale,
    )


def _make_new_legs_dearer(
    distance_m: Figures, places: Places, trucks: Mapping[int, Truck], keep: Keep
) -> None:
    """Add metres to the legs between kept stops that no kept route has."""
    old = {number for trips in keep.routes.values() for trip in trips for number in trip}
    legs: set[tuple[int, int]] = set()
    for vehicle, trips in keep.routes.items():
        if vehicle not in trucks:
            continue
        start, end = trucks[vehicle].start_place, trucks[vehicle].end_place
        for at, trip in enumerate(trips):
            begin = places.number(start if at == 0 else end)
            row = [begin, *(places.of_chain(number) for number in trip), places.number(end)]
            legs.update(pairwise(row))
    known = np.zeros(len(distance_m), dtype=np.int64)
    known[[places.of_chain(number) for number in old]] = keep.leg_m
    # A leg counts as new by the stop it leads to: that stop gets another predecessor.
    dearer = np.repeat(known[None, :], len(distance_m), axis=0)
    for origin, target in legs:
        dearer[origin, target] = 0
    np.fill_diagonal(dearer, 0)
    distance_m += dearer


class _Clients:
    """PyVRP's clients: one per window of a chain, of which at most one is visited."""

    def __init__(
        self,
        dimensions: Sequence[int],
        circles: Sequence[frozenset[int]],
        scale: int,
        *,
        required: bool,
    ) -> None:
        self._dimensions = dimensions
        self._circles = circles
        self._scale = scale
        self._required = required
        self.high_prize = 0
        self.found: list[Client] = []
        self.groups: list[ClientGroup] = []
        self.chain_of_client: list[int] = []
        self.clients_of_chain: list[tuple[int, ...]] = []

    def add(self, chain: Chain, place: int) -> None:
        """Add the clients of the next chain."""
        loads = [chain.loads[d] for d in self._dimensions]
        loads += [int(circle == chain.allowed) for circle in self._circles]
        must = self._required and chain.value_minor is None
        prize = self.high_prize
        if chain.value_minor is not None:
            prize = chain.value_minor * 18_000 // self._scale
        first = len(self.found)
        group = len(self.groups) if len(chain.windows) > 1 else None
        for window in chain.windows:
            self.found.append(
                Client(
                    location=place,
                    delivery=loads if chain.is_delivery else [],
                    pickup=[] if chain.is_delivery else loads,
                    service_duration=chain.service_s,
                    tw_early=window.opens_s,
                    tw_late=UNBOUNDED if window.closes_s >= FOREVER_S else window.closes_s,
                    release_time=chain.release_s,
                    prize=prize,
                    required=must and group is None,
                    group=group,
                )
            )
            self.chain_of_client.append(len(self.clients_of_chain))
        members = tuple(range(first, len(self.found)))
        self.clients_of_chain.append(members)
        if group is not None:
            self.groups.append(ClientGroup(list(members), required=must))


def _scale(trucks: Mapping[int, Truck], chains: Sequence[Chain]) -> int:
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
    aboard = [truck.aboard[d] for d in dimensions]
    if truck.max_reloads:
        # PyVRP 0.14.1 was seen to search for ever with an initial load and reloads on
        # one vehicle. So much less room on every trip is safe, and repair uses the rest.
        capacity = [max(0, room - load) for room, load in zip(capacity, aboard, strict=True)]
        aboard = []
    capacity += [10**6 if member in circle else 0 for circle in circles]
    return capacity, [*aboard, *[0] * len(circles)] if any(aboard) else []


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
