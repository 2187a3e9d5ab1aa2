"""The way back from PyVRP's solution to vehicles and chains, and there again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyvrp import Activity, ActivityType, ProblemData, Route, Solution

from logistics.solver.chain import Chain


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
