"""Child processes that solve groups side by side."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from logistics.solver.group_job import GroupAnswer, GroupJob, solve_group
from logistics.solver.group_worker import receive, send
from logistics.solver.limit import Stop

_ROOT = Path(__file__).parents[2]
_POLL_S = 0.1


class Workers:
    """A number of children; without any, groups are solved in this process."""

    def __init__(self, count: int) -> None:
        self.children = [_child() for _ in range(count)]

    def solve(self, jobs: Sequence[GroupJob], stop: Stop) -> list[GroupAnswer]:
        """Return the answers in the order of the jobs; given routes where it was stopped."""
        answers = [GroupAnswer(job.legs, 0) for job in jobs]
        waiting = list(range(len(jobs)))
        busy: dict[int, int] = {}
        with selectors.DefaultSelector() as selector:
            for slot in range(len(self.children)):
                self._give(slot, waiting, jobs, busy, selector)
            while busy and not stop():
                for key, _ in selector.select(timeout=_POLL_S):
                    slot = int(key.data)
                    selector.unregister(key.fileobj)
                    number = busy.pop(slot)
                    answer = receive(_pipe(self.children[slot].stdout))
                    if isinstance(answer, GroupAnswer):
                        answers[number] = answer
                        self._give(slot, waiting, jobs, busy, selector)
                    else:
                        # A child that was killed has lost its group; we solve it here.
                        waiting.append(number)
        for slot in sorted(busy, reverse=True):
            # A stopped child is in the middle of a search that nobody waits for.
            _end(self.children.pop(slot))
        for child in [child for child in self.children if child.poll() is not None]:
            self.children.remove(child)
            _end(child)
        for number in waiting if not stop() else []:
            answers[number] = solve_group(jobs[number], stop)
        return answers

    def _give(
        self,
        slot: int,
        waiting: list[int],
        jobs: Sequence[GroupJob],
        busy: dict[int, int],
        selector: selectors.BaseSelector,
    ) -> None:
        """Hand the next job to a child; a child that has died keeps none."""
        if not waiting:
            return
        child = self.children[slot]
        try:
            send(_pipe(child.stdin), jobs[waiting[0]])
        except BrokenPipeError:
            return
        busy[slot] = waiting.pop(0)
        selector.register(_pipe(child.stdout), selectors.EVENT_READ, slot)

    def close(self) -> None:
        """End the children."""
        for child in self.children:
            _end(child)
        self.children = []


@contextmanager
def workers(count: int) -> Iterator[Workers]:
    """Give so many children and end them afterwards, whatever happens."""
    pool = Workers(count)
    try:
        yield pool
    finally:
        pool.close()


def _child() -> subprocess.Popen[bytes]:
    paths = [str(_ROOT), os.environ.get("PYTHONPATH", "")]
    return subprocess.Popen(
        [sys.executable, "-m", "logistics.solver.group_worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
    )


def _end(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.wait()
    for pipe in (child.stdin, child.stdout):
        # What a dead child did not read any more is lost with it.
        with suppress(BrokenPipeError):
            _pipe(pipe).close()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise RuntimeError("a child is always started with pipes")
    return pipe
