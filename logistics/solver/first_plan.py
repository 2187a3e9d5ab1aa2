"""The first plan of a large problem: near clients are planned together, side by side.

PyVRP's own first plan of 3,000 stops takes three seconds of one processor and cannot be
interrupted, of 10,000 stops thirteen; small groups of near clients take a fraction.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from pyvrp import ProblemData, Solution

from logistics.solver.group_job import GroupJob
from logistics.solver.groups import Group, cut, cut_out, solution_of
from logistics.solver.limit import Limit
from logistics.solver.workers import Workers

_ITERATIONS = 500
_SECONDS = 0.4
"""Enough to serve a group well; borders move in the rounds that follow."""


def first_by_groups(
    data: ProblemData, *, seed: int, limit: Limit, pool: Workers, processes: int, size: int
) -> Solution | None:
    """Return a feasible plan made of groups; None where the groups found none.

    A tight or mixed fleet may not divide well; the whole is then to be searched.
    """
    rng = random.Random(seed)
    groups = _client_groups(data, size, rng)
    if groups is None:
        return None
    seconds = iterations = None
    if limit.deadline is not None:
        turns = -(-len(groups) // max(1, processes))
        seconds = min(_SECONDS, limit.seconds_left() / 4 / turns)
    if limit.iterations is not None:
        iterations = min(_ITERATIONS, (limit.iterations - limit.used) // (4 * len(groups)))
    jobs = [
        GroupJob(group.data, [], rng.randrange(2**31), seconds, iterations, fresh=True)
        for group in groups
    ]
    answers = pool.solve(jobs, limit.overrun)
    limit.used += sum(answer.iterations for answer in answers)
    legs = [
        leg
        for group, answer in zip(groups, answers, strict=True)
        for leg in group.back(answer.legs)
    ]
    found = solution_of(data, legs)
    return found if found.is_feasible() else None


def _client_groups(data: ProblemData, size: int, rng: random.Random) -> list[Group] | None:
    """Cut the clients by where they are, and share the fleet out by their load."""
    places = np.array(
        [(data.location(c.location).x, data.location(c.location).y) for c in data.clients()]
    )
    number = 2 * max(1, round(len(places) / size / 2))
    parts = cut(places, [1] * len(places), size=len(places) / number, rng=rng)
    wanted = _with_alternatives(data, parts)
    shares = _shares(data, wanted)
    spare = [
        [int(many) for many in row]
        for row in np.stack(
            [_divided(kind.num_available, shares, len(places)) for kind in data.vehicle_types()],
            axis=1,
        )
    ]
    if any(not any(row) for row in spare):
        return None
    return [cut_out(data, [], clients, row) for clients, row in zip(wanted, spare, strict=True)]


def _with_alternatives(data: ProblemData, parts: Sequence[Sequence[int]]) -> list[list[int]]:
    """Keep alternatives of one stop together, in the part of the first."""
    seen: set[int] = set()
    found: list[list[int]] = []
    for part in parts:
        kept: list[int] = []
        for client in part:
            group = data.client(client).group
            if group is None:
                kept.append(client)
            elif group not in seen:
                seen.add(group)
                kept.append(client)
        found.append(kept)
    return found


def _shares(data: ProblemData, parts: Sequence[Sequence[int]]) -> npt.NDArray[np.float64]:
    """Return each part's share of the load in the measure that there is most of."""
    loads = np.array(
        [
            np.sum(
                [
                    np.maximum(data.client(client).delivery, data.client(client).pickup)
                    for client in part
                ]
                or [np.zeros(max(1, data.num_load_dimensions))],
                axis=0,
            )
            for part in parts
        ],
        dtype=np.float64,
    )
    first = loads[:, 0] if loads.size and loads[:, 0].sum() else np.ones(len(parts))
    shares: npt.NDArray[np.float64] = first / first.sum()
    return shares


def _divided(
    available: int, shares: npt.NDArray[np.float64], clients: int
) -> npt.NDArray[np.int64]:
    """Divide vehicles of a type by largest remainder; never more than there are clients."""
    exact = shares * min(available, clients)
    whole = np.floor(exact).astype(np.int64)
    left = min(available, clients) - int(whole.sum())
    order = np.argsort(-(exact - whole), kind="stable")
    whole[order[:left]] += 1
    return whole
