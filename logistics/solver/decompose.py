"""Improve a large solution group by group, cutting it elsewhere each round."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from pyvrp import ProblemData, Solution

from logistics.solver.group_job import GroupJob
from logistics.solver.groups import Group, Leg, cut, cut_out, legs_of, solution_of
from logistics.solver.limit import Limit
from logistics.solver.workers import Workers

GROUP_SIZE = 300
_ROUNDS = 8
"""So many rounds should fit into the time: borders between groups must move."""
_MOST_S = 1.0
ROUND_ITERATIONS = 500
_LEAST_S = 0.05
_SPARE = 2
"""How many unused vehicles of a type a group may draw on, where there are enough."""


def improve_by_groups(
    data: ProblemData,
    start: Solution,
    *,
    seed: int,
    limit: Limit,
    pool: Workers,
    processes: int,
    size: int = GROUP_SIZE,
    on_round: Callable[[Solution], None] | None = None,
) -> Solution:
    """Return a solution no worse than the feasible one given."""
    rng = random.Random(seed)
    places = np.array(
        [(data.location(c.location).x, data.location(c.location).y) for c in data.clients()]
    )
    legs = legs_of(start)
    best = start
    lost_s = 0.0
    group_s = _group_seconds(len(places) // size, limit, processes)
    while not limit.reached() and len(legs) > 1:
        began = time.perf_counter()
        groups = _groups(data, places, legs, rng, size)
        lost_s = max(lost_s, time.perf_counter() - began)
        jobs = _jobs(groups, rng, limit, processes, group_s, lost_s)
        if not jobs:
            break
        answers = pool.solve(jobs, limit.overrun)
        legs = [
            leg
            for group, answer in zip(groups, answers, strict=True)
            for leg in group.back(answer.legs)
        ]
        limit.used += sum(answer.iterations for answer in answers)
        best = solution_of(data, legs)
        if on_round is not None:
            on_round(best)
    return best


def _group_seconds(groups: int, limit: Limit, processes: int) -> float:
    """Return how long each group is searched in one round."""
    turns = max(1, groups) / max(1, processes)
    return min(_MOST_S, max(_LEAST_S, limit.seconds_left() / turns / _ROUNDS))


def _groups(
    data: ProblemData,
    places: npt.NDArray[np.float64],
    legs: list[Leg],
    rng: random.Random,
    size: int,
) -> list[Group]:
    """Cut the routes, and share unused vehicles and unserved clients out."""
    centres = np.array([places[leg.clients()].mean(axis=0) for leg in legs])
    sizes = [len(leg.clients()) for leg in legs]
    # An even number of groups leaves neither of two processes waiting at the end.
    number = 2 * max(1, round(sum(sizes) / size / 2))
    parts = cut(centres, sizes, size=sum(sizes) / number, rng=rng)
    middles = np.array([centres[part].mean(axis=0) for part in parts])
    extra: list[list[int]] = [[] for _ in parts]
    for client in _unserved(data, legs):
        extra[int(np.argmin(((middles - places[client]) ** 2).sum(axis=1)))].append(client)
    spare = _spare(data, legs, len(parts), rng)
    return [
        cut_out(data, [legs[at] for at in part], extra[number], spare[number])
        for number, part in enumerate(parts)
    ]


def _unserved(data: ProblemData, legs: Sequence[Leg]) -> list[int]:
    """Return the clients on no route, but for the alternatives of one that is."""
    served = {client for leg in legs for client in leg.clients()}
    groups = {data.client(client).group for client in served}
    found: list[int] = []
    for index, client in enumerate(data.clients()):
        if index in served or (client.group is not None and client.group in groups):
            continue
        if client.group is not None:
            groups.add(client.group)
        found.append(index)
    return found


def _spare(
    data: ProblemData, legs: Sequence[Leg], parts: int, rng: random.Random
) -> list[list[int]]:
    """Return per part how many unused vehicles of each type it may draw on."""
    spare = [[0] * data.num_vehicle_types for _ in range(parts)]
    for kind, vehicles in enumerate(data.vehicle_types()):
        free = vehicles.num_available - sum(leg.kind == kind for leg in legs)
        order = list(range(parts))
        rng.shuffle(order)
        for turn in range(min(free, parts * _SPARE)):
            spare[order[turn % parts]][kind] += 1
    return spare


def _jobs(
    groups: Sequence[Group],
    rng: random.Random,
    limit: Limit,
    processes: int,
    group_s: float,
    lost_s: float,
) -> list[GroupJob]:
    """Return a job per group; a last round that would not fit is made shorter.

    ``lost_s`` is what putting the answers together takes, as cutting did.
    """
    turns = -(-len(groups) // max(1, processes))
    seconds: float | None = None
    iterations: int | None = None
    if limit.deadline is not None:
        seconds = min(group_s, (limit.seconds_left() - lost_s) / turns)
        if seconds < _LEAST_S:
            return []
    if limit.iterations is not None:
        iterations = min(ROUND_ITERATIONS, (limit.iterations - limit.used) // len(groups))
        if iterations == 0:
            return []
    return [
        GroupJob(group.data, group.legs, rng.randrange(2**31), seconds, iterations)
        for group in groups
    ]
