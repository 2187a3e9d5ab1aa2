"""Places and depots of a day, numbered for PyVRP."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pyvrp import Depot, VehicleType

from logistics.solver.chain import Chain
from logistics.solver.matrix import Figures
from logistics.solver.prepared import Prepared
from logistics.solver.problem import FOREVER_S
from logistics.solver.truck import Truck

UNBOUNDED = int(np.iinfo(np.int64).max)
"""PyVRP's word for no limit."""


class Places:
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


class Depots:
    """Starts, ends and reload points, each once."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._number: dict[tuple[int, int, int, int], int] = {}
        self.found: list[Depot] = []

    def _depot(self, place: int, opens_s: int, closes_s: int, service_s: int) -> int:
        key = (place, opens_s, closes_s, service_s)
        if key not in self._number:
            self._number[key] = len(self.found)
            late = UNBOUNDED if closes_s >= FOREVER_S else closes_s
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
            tw_late=UNBOUNDED if truck.shift_end_s >= FOREVER_S else truck.shift_end_s,
            shift_duration=UNBOUNDED if truck.max_duration_s >= FOREVER_S else truck.max_duration_s,
            max_distance=UNBOUNDED if truck.max_distance_m >= 10**12 else truck.max_distance_m,
            unit_distance_cost=per_m if per_m or per_s else 1,
            unit_duration_cost=per_s,
            initial_load=aboard,
            reload_depots=[self.reload_of(truck)] if reloads else [],
            max_reloads=truck.max_reloads if reloads else 0,
        )
