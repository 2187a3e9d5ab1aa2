"""Cut a large solution into groups of near routes, and put their answers together.

Route-barycentre decomposition after Santini et al., Decomposition strategies for
vehicle routing heuristics (INFORMS Journal on Computing, 2023): near routes are solved
as a small problem of their own; a new cut runs along another axis.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pyvrp import Activity, ActivityType, Client, ClientGroup, Depot, ProblemData, Route, Solution

Trips = list[list[int]]
"""Client indices per trip, with reloads between."""


@dataclass
class Leg:
    """One route of the whole solution: its vehicle type, its reload depots, its trips."""

    kind: int
    trips: Trips
    reloads: list[int]

    def clients(self) -> list[int]:
        """Return the clients of all trips."""
        return [client for trip in self.trips for client in trip]


def legs_of(solution: Solution) -> list[Leg]:
    """Return the routes of a PyVRP solution."""
    legs: list[Leg] = []
    for route in solution.routes():
        trips: Trips = [[]]
        reloads: list[int] = []
        activities = list(route)
        for activity in activities[1:-1]:
            if activity.is_depot():
                trips.append([])
                reloads.append(activity.idx)
            else:
                trips[-1].append(activity.idx)
        legs.append(Leg(route.vehicle_type(), trips, reloads))
    return legs


def solution_of(data: ProblemData, legs: Sequence[Leg]) -> Solution:
    """Return the PyVRP solution of these routes."""
    routes: list[Route] = []
    for leg in legs:
        activities: list[Activity] = []
        for number, trip in enumerate(leg.trips):
            if number:
                activities.append(Activity(ActivityType.DEPOT, leg.reloads[number - 1]))
            activities += [Activity(ActivityType.CLIENT, client) for client in trip]
        routes.append(Route(data, activities, leg.kind))
    return Solution(data, routes)


def cut(
    centres: npt.NDArray[np.float64], sizes: Sequence[int], *, size: float, rng: random.Random
) -> list[list[int]]:
    """Split routes into groups of about ``size`` clients, halving along turned axes.

    ``centres`` is one x, y per route. Each half is split across the direction in which
    it is widest, turned by a random angle so that every cut falls elsewhere.
    """
    groups: list[list[int]] = []
    waiting = [list(range(len(sizes)))]
    while waiting:
        members = waiting.pop()
        total = sum(sizes[m] for m in members)
        parts = round(total / size)
        if parts < 2 or len(members) < 2:
            groups.append(members)
            continue
        along = dict(zip(members, _along(centres[members], rng), strict=True))
        order = sorted(members, key=lambda member: (along[member], member))
        aim = total * (parts // 2) / parts
        first: list[int] = []
        count = 0
        for member in order:
            if count >= aim and first:
                break
            first.append(member)
            count += sizes[member]
        rest = order[len(first) :]
        waiting += [half for half in (rest, first) if half]
    return groups


def _along(points: npt.NDArray[np.float64], rng: random.Random) -> list[float]:
    """Return each point's position on the principal axis, turned at random."""
    centred = points - points.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    axis = axes[0] if len(axes) else np.array([1.0, 0.0])
    turn = rng.uniform(-np.pi / 4, np.pi / 4)
    turned = np.array(
        [
            axis[0] * np.cos(turn) - axis[1] * np.sin(turn),
            axis[0] * np.sin(turn) + axis[1] * np.cos(turn),
        ]
    )
    along: list[float] = (centred @ turned).tolist()
    return along


@dataclass
class Group:
    """A small problem cut out of the whole, with the way back."""

    data: ProblemData
    legs: list[Leg]
    clients: list[int]
    """The whole problem's client index per client of the group."""
    kinds: list[int]
    """The whole problem's vehicle type per type of the group."""

    def back(self, legs: Sequence[Leg]) -> list[Leg]:
        """Return routes of the group in the whole problem's numbers."""
        return [
            Leg(
                self.kinds[leg.kind],
                [[self.clients[client] for client in trip] for trip in leg.trips],
                leg.reloads,
            )
            for leg in legs
        ]


def cut_out(
    data: ProblemData,
    legs: Sequence[Leg],
    extra: Sequence[int],
    spare: Sequence[int],
) -> Group:
    """Return the small problem of some routes.

    ``extra`` are clients no route serves, ``spare`` how many more vehicles of each type
    may be used. Alternatives of a served client come along with it.
    """
    served = [client for leg in legs for client in leg.clients()]
    wanted = dict.fromkeys([*served, *extra])
    for client in list(wanted):
        group = data.client(client).group
        if group is not None:
            wanted.update(dict.fromkeys(data.group(group).clients))
    clients = sorted(wanted)
    small_of = {client: number for number, client in enumerate(clients)}
    used = [0] * data.num_vehicle_types
    for leg in legs:
        used[leg.kind] += 1
    kinds = [k for k in range(data.num_vehicle_types) if used[k] + spare[k] > 0]
    small_kind = {kind: number for number, kind in enumerate(kinds)}
    return Group(
        data=_small(data, clients, [(k, used[k] + spare[k]) for k in kinds]),
        legs=[
            Leg(small_kind[leg.kind], [[small_of[c] for c in t] for t in leg.trips], leg.reloads)
            for leg in legs
        ],
        clients=clients,
        kinds=kinds,
    )


def _small(data: ProblemData, clients: list[int], kinds: list[tuple[int, int]]) -> ProblemData:
    """Return the problem of some clients, all depots and so many vehicles of each type."""
    places = list(
        dict.fromkeys(
            [depot.location for depot in data.depots()]
            + [data.client(client).location for client in clients]
        )
    )
    number = {place: at for at, place in enumerate(places)}
    group_of: dict[int, int] = {}
    made: list[Client] = []
    members: list[list[int]] = []
    for at, index in enumerate(clients):
        client = data.client(index)
        group = None
        if client.group is not None:
            group = group_of.setdefault(client.group, len(group_of))
            if group == len(members):
                members.append([])
            members[group].append(at)
        made.append(_moved(client, number[client.location], group))
    pick = np.ix_(places, places)
    types = [data.vehicle_type(kind).replace(num_available=count) for kind, count in kinds]
    profiles = range(data.num_profiles)
    required = {new: data.group(old).required for old, new in group_of.items()}
    return ProblemData(
        locations=[data.location(place) for place in places],
        clients=made,
        depots=[
            Depot(number[d.location], d.tw_early, d.tw_late, d.service_duration)
            for d in data.depots()
        ],
        vehicle_types=types,
        # PyVRP's stub leaves the array's shape out.
        distance_matrices=[data.distance_matrix(p)[pick] for p in profiles],  # type: ignore[misc]
        duration_matrices=[data.duration_matrix(p)[pick] for p in profiles],  # type: ignore[misc]
        groups=[ClientGroup(m, required=required[at]) for at, m in enumerate(members)],
    )


def _moved(client: Client, location: int, group: int | None) -> Client:
    return Client(
        location=location,
        delivery=client.delivery,
        pickup=client.pickup,
        service_duration=client.service_duration,
        tw_early=client.tw_early,
        tw_late=client.tw_late,
        release_time=client.release_time,
        prize=client.prize,
        required=client.required,
        group=group,
    )
