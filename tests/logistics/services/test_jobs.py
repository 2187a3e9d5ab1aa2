"""The planning of a hub's day as a durable job."""

from __future__ import annotations

from sqlalchemy import func, select

from app.jobs import services as jobs
from app.jobs.registry import Registry
from app.jobs.running import Workshop, run
from app.kernel.clock import FixedClock
from app.kernel.database import Database
from app.models import MarketDayState, Plan
from app.models.jobs import Job, JobQueue, JobState
from logistics.services.jobs import KIND, handle_plan, request_plan
from tests.logistics.valley import AT, build


def _workshop(database: Database) -> Workshop:
    registry = Registry()
    registry.add(KIND, handle_plan)
    return Workshop(database, FixedClock(AT), registry, "worker")


def test_a_requested_plan_is_made_and_saved_with_the_job_done(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        valley.offer("Wu Mei", "Longfeng", 100_000, 60_000)
        ids = {"market_day_id": valley.day.id, "hub_id": valley.hub.id}
        job = request_plan(session, **ids, at=AT)
        assert request_plan(session, **ids, at=AT).id == job.id
        assert job.queue == JobQueue.SOLVE
    assert run(_workshop(database), job_id=job.id)
    with database.transaction() as session:
        done = jobs.find(session, key=job.key)
        plan = session.scalars(select(Plan)).one()
        assert done.state == JobState.DONE
        assert done.result == {"plan_id": plan.id, "unplanned": 0}
        assert request_plan(session, **ids, at=AT).id != job.id


def test_a_day_that_cannot_be_planned_fails_with_its_reason_and_can_be_tried_again(
    database: Database,
) -> None:
    with database.transaction() as session:
        valley = build(session)
        valley.offer("Wu Mei", "Longfeng", 100_000, 60_000)
        valley.day.state = MarketDayState.OPEN
        ids = {"market_day_id": valley.day.id, "hub_id": valley.hub.id}
        job = request_plan(session, **ids, at=AT)
    workshop = _workshop(database)
    run(workshop, job_id=job.id)
    with database.transaction() as session:
        failed = jobs.find(session, key=job.key)
        assert failed.state == JobState.FAILED
        assert failed.error is not None
        assert failed.error["code"] == "day_not_to_plan"
        assert session.scalar(select(func.count(Plan.id))) == 0
        again = request_plan(session, **ids, at=AT)
        assert (again.id, again.state) == (job.id, JobState.WAITING)
        assert session.scalar(select(func.count(Job.id))) == 1
