"""Recurring work: schedules are rows, and a slot of one makes one job."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.jobs.services import enqueue
from app.kernel.clock import instant, local
from app.models.jobs import Job, JobQueue, Schedule

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def ensure_schedule(
    session: Session,
    *,
    name: str,
    kind: str,
    at: datetime,
    payload: Mapping[str, object] | None = None,
    every_s: int | None = None,
    daily_at: time | None = None,
    zone: str = "UTC",
    queue: JobQueue = JobQueue.QUICK,
    cooperative_id: int | None = None,
) -> Schedule:
    """Make a schedule exist as described; calling it at every start changes nothing.

    Slots lie on whole multiples of ``every_s``, or daily at a wall-clock time of a
    zone. Slots missed while no worker ran are made up for by one job, not by many.

    :raises ValueError: unless exactly one of ``every_s`` and ``daily_at`` is given.
    """
    if (every_s is None) == (daily_at is None):
        raise ValueError("a schedule recurs every so many seconds or daily, not both")
    schedule = session.scalars(select(Schedule).where(Schedule.name == name)).one_or_none()
    if schedule is None:
        schedule = Schedule(name=name)
        session.add(schedule)
    schedule.kind = kind
    schedule.queue = queue
    schedule.payload = dict(payload or {})
    schedule.cooperative_id = cooperative_id
    rhythm = (every_s, None if daily_at is None else daily_at.strftime("%H:%M"), zone)
    if rhythm != (schedule.every_s, schedule.daily_at, schedule.zone):
        schedule.every_s, schedule.daily_at, schedule.zone = rhythm
        schedule.next_at = _slot_after(schedule, at)
    session.flush()
    return schedule


def drop_schedule(session: Session, *, name: str) -> None:
    """End a schedule; jobs that it made already stay."""
    schedule = session.scalars(select(Schedule).where(Schedule.name == name)).one_or_none()
    if schedule is not None:
        session.delete(schedule)


def has_due_slots(session: Session, *, at: datetime) -> bool:
    """Return whether a schedule has something to do, without locking any."""
    return any(_is_due(schedule, at) for schedule in session.scalars(select(Schedule)))


def enqueue_slots(session: Session, *, at: datetime) -> list[Job]:
    """Enqueue one job for each schedule whose slot has come."""
    statement = select(Schedule).order_by(Schedule.id).with_for_update(skip_locked=True)
    jobs = []
    for schedule in session.scalars(statement).all():
        if not _is_due(schedule, at):
            continue
        slot = _slot_after(schedule, at) - _period(schedule)
        jobs.append(
            enqueue(
                session,
                kind=schedule.kind,
                key=f"{schedule.name}@{slot:%Y-%m-%dT%H:%M:%SZ}",
                payload=schedule.payload,
                at=at,
                queue=schedule.queue,
                cooperative_id=schedule.cooperative_id,
            )
        )
        schedule.next_at = _slot_after(schedule, at)
    return jobs


def _is_due(schedule: Schedule, at: datetime) -> bool:
    # A slot further off than the next one can be was written under another clock.
    return schedule.next_at <= at or schedule.next_at > at + 2 * _period(schedule)


def _period(schedule: Schedule) -> timedelta:
    return timedelta(days=1) if schedule.every_s is None else timedelta(seconds=schedule.every_s)


def _slot_after(schedule: Schedule, at: datetime) -> datetime:
    if schedule.every_s is not None:
        period = timedelta(seconds=schedule.every_s)
        return _EPOCH + ((at - _EPOCH) // period + 1) * period
    assert schedule.daily_at is not None
    wall_clock = time.fromisoformat(schedule.daily_at)
    day = local(at, schedule.zone).date()
    slots = (instant(day + timedelta(days=n), wall_clock, schedule.zone) for n in (0, 1))
    return next(slot for slot in slots if slot > at)
