"""Leases, fences and clocks: whoever else tries, each effect is there once."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from app.jobs import leasing, services
from app.jobs.context import JobContext
from app.jobs.leasing import LEASE, MAX_FAILURES, Lease, LeaseLost
from app.jobs.registry import Registry
from app.jobs.running import Workshop, drain, run
from app.kernel.clock import FixedClock
from app.kernel.database import Database
from app.models.jobs import Job, JobQueue, JobState
from tests.jobs.conftest import NOON, Hire
from tests.jobs.ticks import tick, ticks_by_key

Handler = Callable[[JobContext], None]


def _tick(context: JobContext) -> None:
    with context.finishing() as (session, _):
        tick(session, context.key)


def _enqueue(database: Database, key: str = "tick:1") -> Job:
    with database.transaction() as session:
        return services.enqueue(session, kind="tick", key=key, payload={}, at=NOON)


def _lease(workshop: Workshop, job_id: int) -> Lease | None:
    with workshop.database.transaction() as session:
        return leasing.lease(
            session, job_id=job_id, worker=workshop.worker, at=workshop.clock.now()
        )


def _job(database: Database, key: str = "tick:1") -> Job:
    with database.reading() as session:
        return services.find(session, key=key)


def test_a_doubled_ring_does_the_job_once(hire: Hire, registry: Registry) -> None:
    registry.add("tick", _tick)
    worker = hire("wang")
    job = _enqueue(worker.database)
    assert [run(worker, job_id=job.id) for _ in range(3)] == [True, False, False]
    assert ticks_by_key(worker.database) == {"tick:1": 1}


def test_many_workers_ringing_at_once_do_each_job_once(hire: Hire, registry: Registry) -> None:
    registry.add("tick", _tick)
    workers = [hire(f"worker {number}") for number in range(4)]
    ids = [_enqueue(workers[0].database, f"tick:{number}").id for number in range(10)]

    def work(workshop: Workshop, order: list[int]) -> None:
        for job_id in order:
            run(workshop, job_id=job_id)

    chance = random.Random(7)
    threads = [
        threading.Thread(target=work, args=(workshop, chance.sample(ids, k=len(ids))))
        for workshop in workers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ticks_by_key(workers[0].database) == {f"tick:{number}": 1 for number in range(10)}


def test_a_paused_worker_whose_job_was_taken_over_cannot_commit(
    hire: Hire, registry: Registry, clock: FixedClock
) -> None:
    paused, other = hire("paused"), hire("other")

    def pause_then_work(context: JobContext) -> None:
        if context.held.attempt == 1:
            clock.at += LEASE + timedelta(seconds=1)
            assert drain(other) == 1
        _tick(context)

    registry.add("tick", pause_then_work)
    job = _enqueue(paused.database)
    assert run(paused, job_id=job.id)
    assert ticks_by_key(paused.database) == {"tick:1": 1}
    done = _job(paused.database)
    assert (done.state, done.attempt, done.worker) == (JobState.DONE, 2, "other")


@pytest.mark.parametrize("write", ["renew", "progress", "finish", "fail", "release"])
def test_nothing_of_an_overtaken_worker_gets_through_the_fence(
    hire: Hire, clock: FixedClock, write: str
) -> None:
    slow, quick = hire("slow"), hire("quick")
    job = _enqueue(slow.database)
    old = _lease(slow, job.id)
    assert old is not None
    clock.at += LEASE
    assert _lease(quick, job.id) is not None
    writes: dict[str, Callable[..., None]] = {
        "renew": leasing.renew,
        "progress": lambda s, held, at: leasing.progress(s, held, percent=9, note=None, at=at),
        "finish": lambda s, held, at: leasing.finish(s, held, result=None, at=at),
        "fail": lambda s, held, at: leasing.fail(s, held, error={}, at=at),
        "release": leasing.release,
    }
    before = _job(slow.database)
    with pytest.raises(LeaseLost), slow.database.transaction() as session:
        tick(session, "of the overtaken worker")
        writes[write](session, old, at=clock.now())
    after = _job(slow.database)
    assert (after.state, after.attempt, after.progress) == (before.state, 2, before.progress)
    assert ticks_by_key(slow.database) == {}


def test_a_lease_holds_until_it_ends_and_a_renewal_holds_it_longer(
    hire: Hire, clock: FixedClock
) -> None:
    wang, li = hire("wang"), hire("li")
    job = _enqueue(wang.database)
    held = _lease(wang, job.id)
    assert held is not None
    clock.at += LEASE - timedelta(seconds=1)
    assert _lease(li, job.id) is None
    with wang.database.transaction() as session:
        leasing.renew(session, held, at=clock.now())
    clock.at += LEASE - timedelta(seconds=1)
    assert _lease(li, job.id) is None
    clock.at += timedelta(seconds=1)
    assert _lease(li, job.id) is not None


@pytest.mark.parametrize("days", [1, -1])
def test_a_clock_that_jumps_a_day_neither_loses_nor_repeats(
    hire: Hire, registry: Registry, clock: FixedClock, days: int
) -> None:
    registry.add("tick", _tick)
    worker = hire("wang")
    dead = _enqueue(worker.database, "tick:of a dead worker")
    assert _lease(worker, dead.id) is not None
    _enqueue(worker.database, "tick:waiting")
    _enqueue(worker.database, "tick:done")
    run(worker, job_id=_job(worker.database, "tick:done").id)
    clock.at += timedelta(days=days)
    drain(worker)
    assert ticks_by_key(worker.database) == {
        "tick:of a dead worker": 1,
        "tick:waiting": 1,
        "tick:done": 1,
    }


def test_work_that_kills_its_worker_every_time_ends_as_failed(
    hire: Hire, clock: FixedClock
) -> None:
    worker = hire("wang")
    job = _enqueue(worker.database)
    for _ in range(MAX_FAILURES):
        assert _lease(worker, job.id) is not None
        clock.at += LEASE
    assert _lease(worker, job.id) is None
    failed = _job(worker.database)
    assert failed.state == JobState.FAILED
    assert failed.error is not None
    assert failed.error["code"] == "worker_lost"


def test_a_worker_that_ends_gives_its_job_back_without_blame(
    hire: Hire, registry: Registry
) -> None:
    leaving, staying = hire("leaving"), hire("staying")
    leaving.ending.set()  # type: ignore[attr-defined]

    def careful(context: JobContext) -> None:
        context.stop_if_asked()
        _tick(context)

    registry.add("tick", careful)
    job = _enqueue(leaving.database)
    assert run(leaving, job_id=job.id)
    given_back = _job(leaving.database)
    assert (given_back.state, given_back.failures) == (JobState.WAITING, 0)
    assert drain(staying) == 1
    assert ticks_by_key(leaving.database) == {"tick:1": 1}


def test_a_step_before_the_last_is_kept_when_the_last_fails(
    hire: Hire, registry: Registry, clock: FixedClock
) -> None:
    worker = hire("wang")

    def two_steps(context: JobContext) -> None:
        with context.transaction() as session:
            tick(session, "step")
        with context.finishing() as (session, _):
            tick(session, "effect")
            if context.held.attempt == 1:
                raise ZeroDivisionError

    registry.add("tick", two_steps)
    _enqueue(worker.database)
    drain(worker)
    assert ticks_by_key(worker.database) == {"step": 1}
    clock.at += timedelta(minutes=1)
    drain(worker)
    assert ticks_by_key(worker.database) == {"step": 2, "effect": 1}


def test_the_sweeper_rings_again_only_for_what_nobody_heard(hire: Hire, clock: FixedClock) -> None:
    worker = hire("wang")
    job = _enqueue(worker.database)

    def rings() -> list[tuple[int, JobQueue]]:
        with worker.database.transaction() as session:
            return leasing.claim_rings(session, at=clock.now())

    assert rings() == []
    clock.at += LEASE
    assert rings() == [(job.id, JobQueue.QUICK)]
    assert rings() == []
    assert _lease(worker, job.id) is not None
    clock.at += LEASE
    assert rings() == [(job.id, JobQueue.QUICK)]
