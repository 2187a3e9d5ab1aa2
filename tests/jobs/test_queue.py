"""Enqueuing, moving, cancelling and retrying: one key is one job."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.jobs import doorbell, services
from app.jobs.context import JobContext, TryAgain
from app.jobs.leasing import MAX_FAILURES
from app.jobs.registry import Registry
from app.jobs.running import Workshop, drain
from app.jobs.services import JobKeyTaken, JobNotStopped
from app.kernel.clock import FixedClock
from app.kernel.database import Database
from app.kernel.errors import N_, NotFound, Refusal
from app.models.jobs import Job, JobQueue, JobState
from tests.jobs.conftest import NOON, Hire
from tests.jobs.ticks import tick, ticks_by_key


class TooWet(Refusal):
    code = "too_wet"
    message = N_("Too wet by %(percent)s percent.")


class Bell:
    """A bell that remembers its rings."""

    def __init__(self) -> None:
        self.rung: list[tuple[int, str]] = []

    def ring(self, *, job_id: int, queue: JobQueue) -> None:
        self.rung.append((job_id, queue))


@pytest.fixture
def bell(monkeypatch: pytest.MonkeyPatch) -> Bell:
    bell = Bell()
    monkeypatch.setattr(doorbell, "_bound", bell)
    return bell


@pytest.fixture
def worker(hire: Hire, registry: Registry) -> Workshop:
    def leave_a_tick(
        session: Session, *, payload: Mapping[str, Any], at: datetime
    ) -> Mapping[str, object]:
        tick(session, str(payload["name"]))
        return {"at": at.isoformat()}

    registry.add_effect("tick", leave_a_tick)
    return hire("wang")


def _enqueue(database: Database, key: str = "tick:1", due_at: datetime | None = None) -> Job:
    with database.transaction() as session:
        return services.enqueue(
            session, kind="tick", key=key, payload={"name": key}, at=NOON, due_at=due_at
        )


def _job(database: Database, key: str = "tick:1") -> Job:
    with database.reading() as session:
        return services.find(session, key=key)


def test_a_job_is_done_once_and_keeps_its_result(worker: Workshop) -> None:
    _enqueue(worker.database)
    assert drain(worker) == 1
    assert drain(worker) == 0
    job = _job(worker.database)
    assert (job.state, job.progress, job.done_at) == (JobState.DONE, 100, NOON)
    assert job.result == {"at": NOON.isoformat()}
    assert ticks_by_key(worker.database) == {"tick:1": 1}


def test_the_same_key_is_the_same_job_also_after_its_end(worker: Workshop) -> None:
    first = _enqueue(worker.database)
    assert _enqueue(worker.database).id == first.id
    drain(worker)
    assert _enqueue(worker.database).state == JobState.DONE
    assert drain(worker) == 0


def test_a_key_of_another_kind_is_refused_and_nothing_changes(worker: Workshop) -> None:
    _enqueue(worker.database)
    with pytest.raises(JobKeyTaken), worker.database.transaction() as session:
        services.enqueue(session, kind="other", key="tick:1", payload={}, at=NOON)
    assert _job(worker.database).kind == "tick"


def test_a_change_that_is_rolled_back_leaves_no_job_and_rings_no_bell(
    worker: Workshop, bell: Bell
) -> None:
    with pytest.raises(TooWet), worker.database.transaction() as session:
        services.enqueue(session, kind="tick", key="tick:1", payload={}, at=NOON)
        raise TooWet(percent=3)
    with pytest.raises(NotFound):
        _job(worker.database)
    assert bell.rung == []


def test_the_bell_rings_after_the_commit_once_and_only_for_what_is_due(
    worker: Workshop, bell: Bell
) -> None:
    with worker.database.transaction() as session:
        job = services.enqueue(session, kind="tick", key="tick:1", payload={"name": "a"}, at=NOON)
        services.enqueue(session, kind="tick", key="tick:1", payload={"name": "a"}, at=NOON)
        assert bell.rung == []
    _enqueue(worker.database, "tick:later", NOON + timedelta(hours=1))
    assert bell.rung == [(job.id, JobQueue.QUICK)]


def test_a_job_waits_for_its_time_and_can_be_moved(worker: Workshop, clock: FixedClock) -> None:
    _enqueue(worker.database, due_at=NOON + timedelta(hours=1))
    assert drain(worker) == 0
    with worker.database.transaction() as session:
        assert services.reschedule(session, key="tick:1", due_at=NOON + timedelta(hours=3))
    clock.at = NOON + timedelta(hours=2)
    assert drain(worker) == 0
    clock.at = NOON + timedelta(hours=3)
    assert drain(worker) == 1
    with worker.database.transaction() as session:
        assert not services.reschedule(session, key="tick:1", due_at=None)


def test_a_cancelled_job_has_no_effect_and_a_done_one_keeps_it(worker: Workshop) -> None:
    _enqueue(worker.database, "tick:cancelled")
    _enqueue(worker.database, "tick:done")
    with worker.database.transaction() as session:
        assert services.cancel(session, key="tick:cancelled", at=NOON)
    drain(worker)
    with worker.database.transaction() as session:
        assert not services.cancel(session, key="tick:done", at=NOON)
    assert ticks_by_key(worker.database) == {"tick:done": 1}
    assert _job(worker.database, "tick:cancelled").state == JobState.CANCELLED


def test_a_running_job_that_is_cancelled_cannot_commit_its_effect(
    hire: Hire, registry: Registry
) -> None:
    worker, manager = hire("wang"), hire("li")

    def cancelled_meanwhile(context: JobContext) -> None:
        with manager.database.transaction() as session:
            assert services.cancel(session, key=context.key, at=NOON)
        with context.finishing() as (session, _):
            tick(session, context.key)

    registry.add("tick", cancelled_meanwhile)
    _enqueue(worker.database)
    assert drain(worker) == 1
    assert _job(worker.database).state == JobState.CANCELLED
    assert ticks_by_key(worker.database) == {}


def test_a_refused_job_fails_at_once_and_tells_the_reason(hire: Hire, registry: Registry) -> None:
    worker = hire("wang")

    def refuse(session: Session, *, payload: Mapping[str, Any], at: datetime) -> None:
        tick(session, "rolled back")
        raise TooWet(percent=3)

    registry.add_effect("tick", refuse)
    _enqueue(worker.database)
    assert drain(worker) == 1
    job = _job(worker.database)
    assert job.state == JobState.FAILED
    assert job.error == {
        "code": "too_wet",
        "message": "Too wet by %(percent)s percent.",
        "figures": {"percent": 3},
    }
    assert ticks_by_key(worker.database) == {}


def test_a_refusal_that_time_may_lift_is_tried_again(
    hire: Hire, registry: Registry, clock: FixedClock
) -> None:
    worker = hire("wang")
    noon = clock.at

    def refuse_at_noon(session: Session, *, payload: Mapping[str, Any], at: datetime) -> None:
        if at == noon:
            raise TryAgain
        tick(session, "tick:1")

    registry.add_effect("tick", refuse_at_noon)
    _enqueue(worker.database)
    drain(worker)
    job = _job(worker.database)
    assert job.state == JobState.WAITING
    assert job.error is not None
    assert job.error["code"] == "try_again"
    clock.at += timedelta(minutes=1)
    drain(worker)
    assert ticks_by_key(worker.database) == {"tick:1": 1}


def test_a_fault_is_tried_again_ever_more_slowly_and_then_shown(
    hire: Hire, registry: Registry, clock: FixedClock
) -> None:
    worker = hire("wang")

    def fail(session: Session, *, payload: Mapping[str, Any], at: datetime) -> None:
        raise ZeroDivisionError("no scale")

    registry.add_effect("tick", fail)
    _enqueue(worker.database)
    waits_s = []
    for _ in range(MAX_FAILURES - 1):
        assert drain(worker) == 1
        due_at = _job(worker.database).due_at
        assert due_at is not None
        waits_s.append((due_at - clock.at).total_seconds())
        clock.at = due_at
    assert drain(worker) == 1
    assert waits_s == [5, 20, 80, 320, 1280]
    job = _job(worker.database)
    assert (job.state, job.failures) == (JobState.FAILED, MAX_FAILURES)
    assert job.error is not None
    assert job.error["figures"] == {"fault": "ZeroDivisionError: no scale"}


def test_a_failed_job_can_be_started_again_and_a_done_one_cannot(
    hire: Hire, registry: Registry
) -> None:
    worker = hire("wang")
    is_mended = False

    def mended_later(session: Session, *, payload: Mapping[str, Any], at: datetime) -> None:
        if not is_mended:
            raise TooWet(percent=3)
        tick(session, "tick:1")

    registry.add_effect("tick", mended_later)
    _enqueue(worker.database)
    drain(worker)
    is_mended = True
    with worker.database.transaction() as session:
        services.retry(session, key="tick:1")
    assert drain(worker) == 1
    job = _job(worker.database)
    assert (job.state, job.error) == (JobState.DONE, None)
    with pytest.raises(JobNotStopped), worker.database.transaction() as session:
        services.retry(session, key="tick:1")
    assert ticks_by_key(worker.database) == {"tick:1": 1}


def test_a_kind_that_nobody_registered_waits_for_a_newer_worker(hire: Hire) -> None:
    worker = hire("wang")
    _enqueue(worker.database)
    assert drain(worker) == 1
    assert _job(worker.database).state == JobState.WAITING


def test_a_handler_that_forgets_to_finish_is_a_fault(hire: Hire, registry: Registry) -> None:
    worker = hire("wang")
    registry.add("tick", lambda context: None)
    _enqueue(worker.database)
    drain(worker)
    job = _job(worker.database)
    assert job.state == JobState.WAITING
    assert job.error is not None
    assert "without finishing" in job.error["figures"]["fault"]


def test_progress_is_shown_and_the_newest_jobs_come_first(hire: Hire, registry: Registry) -> None:
    worker = hire("wang")
    seen: list[tuple[int, str | None]] = []

    def show(context: JobContext) -> None:
        context.progress(40, "routing")
        with context.reading() as session:
            job = services.find(session, key=context.key)
            seen.append((job.progress, job.progress_note))
        context.commit_done()

    registry.add("tick", show)
    _enqueue(worker.database, "tick:1")
    _enqueue(worker.database, "tick:2")
    drain(worker)
    assert seen == [(40, "routing")] * 2
    with worker.database.reading() as session:
        page = services.newest(session, state=JobState.DONE, limit=1)
        assert [job.key for job in page] == ["tick:2"]
        rest = services.newest(session, before_id=page[0].id)
        assert [job.key for job in rest] == ["tick:1"]
