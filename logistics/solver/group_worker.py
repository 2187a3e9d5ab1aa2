"""Solve groups of routes in a process of their own, fed through its pipes.

Prefork job workers may not use multiprocessing, so the pipes carry plain pickles of
our own making between a parent and the child it started. What is pickled is defined
in ``group_job``: this module runs as ``__main__``, where a class would be another one.
"""

from __future__ import annotations

import pickle
import struct
import sys
from typing import IO

from logistics.solver.group_job import GroupAnswer, GroupJob, solve_group

_LENGTH = struct.Struct("<Q")


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
