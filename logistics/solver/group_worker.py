"""Solve one group of routes; run as a process, it answers groups on its pipes.

Prefork job workers may not use multiprocessing, so the pipes carry plain pickles of
our own making between a parent and the child it started.
"""

from __future__ import annotations

import pickle
import struct
import sys
from dataclasses import dataclass
from typing import IO

from pyvrp import ProblemData

from logistics.solver.engine import search
from logistics.solver.groups import Leg, legs_of, solution_of
from logistics.solver.limit import Limit, Stop

_LENGTH = struct.Struct("<Q")


@dataclass(frozen=True)
class GroupJob:
    """A small problem, the routes to start from, and how long to search."""

    data: ProblemData
    legs: list[Leg]
    seed: int
    seconds: float | None
    iterations: int | None


@dataclass(frozen=True)
class GroupAnswer:
    """The best routes found; those given where nothing better was."""

    legs: list[Leg]
    iterations: int


def solve_group(job: GroupJob, stop: Stop | None = None) -> GroupAnswer:
    """Return better routes for a group, or the given ones."""
    limit = Limit.of(seconds=job.seconds, iterations=job.iterations, stop=stop)
    start = solution_of(job.data, job.legs)
    best = search(job.data, seed=job.seed, limit=limit, start=start)
    # The start is the first best, so a feasible one is only ever replaced by a better.
    legs = legs_of(best) if best.is_feasible() else job.legs
    return GroupAnswer(legs, limit.used)


def send(pipe: IO[bytes], thing: GroupJob | GroupAnswer) -> None:
    """Write one pickle and its length."""
    body = pickle.dumps(thing, protocol=pickle.HIGHEST_PROTOCOL)
    pipe.write(_LENGTH.pack(len(body)))
    pipe.write(body)
    pipe.flush()


def receive(pipe: IO[bytes]) -> GroupJob | GroupAnswer | None:
    """Read one pickle; None at the end of the pipe."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    body = pipe.read(_LENGTH.unpack(head)[0])
    thing: GroupJob | GroupAnswer = pickle.loads(body)
    return thing


def main() -> None:
    """Answer groups until the parent closes the pipe."""
    answers = sys.stdout.buffer
    while isinstance(job := receive(sys.stdin.buffer), GroupJob):
        send(answers, solve_group(job))


if __name__ == "__main__":
    main()
