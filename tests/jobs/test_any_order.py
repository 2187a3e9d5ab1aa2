"""Whatever workers do to a job, and in whatever order, its effect is there at most once."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.jobs import leasing, services
from app.jobs.context import JobContext
from app.jobs.leasing import Lease, LeaseLost
from app.jobs.registry import Registry
from app.jobs.running import Workshop, drain
from app.kernel.clock import FixedClock
from app.models.jobs import JobState
from tests.jobs.conftest import NOON, Hire
from tests.jobs.ticks import tick, ticks_by_key

WORKERS = ("wang", "li", "zhang")
_numbers: Iterator[int] = itertools.count()

moves = st.one_of(
    st.tuples(
        st.sampled_from(["lease", "finish", "fail", "renew", "release", "die"]),
        st.sampled_from(WORKERS),
    ),
    st.tuples(st.just("jump"), st.sampled_from([1, 59, 61, 3_600, -3_600, 86_400, -86_400])),
    st.tuples(st.sampled_from(["cancel", "retry"]), st.none()),
)


@dataclass
class Floor:
    """One job, and who believes to hold it."""

    workshop: Workshop
    clock: FixedClock
    key: str
    job_id: int
    held: dict[str, Lease] = field(default_factory=dict)

    def make(self, move: str, what: str | int | None) -> None:
        """Make one move; what the fence refuses is rolled back."""
        if move == "jump":
            assert isinstance(what, int)
            self.clock.at += timedelta(seconds=what)
        elif what is None:
            self._order(move)
        elif move == "die":
            self.held.pop(str(what), None)
        else:
            self._work(move, str(what))

    def _order(self, move: str) -> None:
        with self.workshop.database.transaction() as session:
            if move == "cancel":
                services.cancel(session, key=self.key, at=self.clock.now())
            elif services.find(session, key=self.key).state in ("failed", "cancelled"):
                services.retry(session, key=self.key)

    def _work(self, move: str, worker: str) -> None:
        at = self.clock.now()
        if move == "lease":
            with self.workshop.database.transaction() as session:
                lease = leasing.lease(session, job_id=self.job_id, worker=worker, at=at)
            if lease is not None:
                self.held[worker] = lease
            return
        if worker not in self.held:
            return
        writes: dict[str, Callable[..., None]] = {
            "renew": leasing.renew,
            "release": leasing.release,
            "finish": lambda s, h, at: leasing.finish(s, h, result=None, at=at),
            "fail": lambda s, h, at: leasing.fail(s, h, error={"code": "x"}, at=at),
        }
        try:
            with self.workshop.database.transaction() as session:
                if move == "finish":
                    tick(session, self.key)
                writes[move](session, self.held[worker], at=at)
        except LeaseLost:
            del self.held[worker]


def _work(context: JobContext) -> None:
    with context.finishing() as (session, _):
        tick(session, context.key)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=st.lists(moves, max_size=25))
def test_an_effect_is_there_exactly_when_its_job_is_done_and_that_comes(
    hire: Hire, clock: FixedClock, plan: list[tuple[str, str | int | None]]
) -> None:
    registry = Registry()
    registry.add("tick", _work)
    workshop = dataclasses.replace(hire("last"), registry=registry)
    key = f"tick:{next(_numbers)}"
    clock.at = NOON
    with workshop.database.transaction() as session:
        job = services.enqueue(session, kind="tick", key=key, payload={}, at=NOON)
    floor = Floor(workshop, clock, key, job.id)
    for move, what in plan:
        floor.make(move, what)
        assert _ticks(floor) == (_state(floor) == JobState.DONE)
    # A lease from before the clock was set back may still lie ahead once, and not twice.
    for _ in range(2):
        clock.at += timedelta(hours=2)
        drain(workshop)
    assert _state(floor) in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)
    assert _ticks(floor) == (_state(floor) == JobState.DONE)


def _state(floor: Floor) -> JobState:
    with floor.workshop.database.reading() as session:
        return services.find(session, key=floor.key).state


def _ticks(floor: Floor) -> int:
    return ticks_by_key(floor.workshop.database)[floor.key]
