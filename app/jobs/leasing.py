"""Taking due jobs and giving them back: lease, fence, renewal, ends.

A lease says who works on a job and until when; the attempt number is the fence.
Every write of a worker names its attempt, so one that was overtaken changes
nothing, whatever its clock says. Times only decide when somebody may try.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, TextClause, and_, or_, select, text, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from app.kernel.errors import N_
from app.models.jobs import OPEN, Job, JobQueue, JobState

LEASE = timedelta(seconds=60)
# A lease or a retry further ahead than these was written under another clock.
_FURTHEST_LEASE = LEASE + timedelta(minutes=5)
LONGEST_BACKOFF = timedelta(hours=1)
_FIRST_BACKOFF = timedelta(seconds=5)
MAX_FAILURES = 6

_LOST = {
    "code": "worker_lost",
    "message": N_("The work was started %(times)s times and ended each time without a result."),
}


class LeaseLost(Exception):
    """Another worker has taken the job over, or it was cancelled; nothing was changed."""


@dataclass(frozen=True)
class Lease:
    """One attempt of one worker at one job, with what the job asks for."""

    job_id: int
    attempt: int
    kind: str
    key: str
    payload: Mapping[str, Any]
    cooperative_id: int | None
    length: timedelta


def due(at: datetime) -> ColumnElement[bool]:
    """Return the condition of jobs that somebody may start at an instant."""
    waiting = and_(
        Job.state == JobState.WAITING,
        or_(
            Job.due_at.is_(None),
            Job.due_at <= at,
            and_(Job.failures > 0, Job.due_at > at + LONGEST_BACKOFF),
        ),
    )
    abandoned = and_(
        Job.state == JobState.RUNNING,
        or_(
            Job.leased_until.is_(None),
            Job.leased_until <= at,
            Job.leased_until > at + _FURTHEST_LEASE,
        ),
    )
    return or_(waiting, abandoned)


def due_ids(session: Session, *, queue: JobQueue, at: datetime, limit: int) -> Sequence[int]:
    """Return the ids of due jobs of a queue, the oldest first."""
    statement = (
        select(Job.id).where(Job.queue == queue, _is_open(), due(at)).order_by(Job.id).limit(limit)
    )
    return session.scalars(statement).all()


def _is_open() -> TextClause:
    # The very words of the partial index: with bound values SQLite would not use it.
    return text(OPEN)


def lease(
    session: Session, *, job_id: int, worker: str, at: datetime, length: timedelta = LEASE
) -> Lease | None:
    """Take a job for a worker, or return nothing if it is not to be had.

    A job whose last worker vanished counts that as a failure, so that work which
    kills its worker ends as failed and not in a circle.
    """
    statement = (
        select(Job)
        .where(Job.id == job_id, due(at))
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    job = session.scalars(statement).one_or_none()
    if job is None:
        return None
    if job.cancel_requested_at is not None:
        job.state, job.done_at = JobState.CANCELLED, at
        return None
    if job.state == JobState.RUNNING:
        job.failures += 1
        if job.failures >= MAX_FAILURES:
            job.state, job.done_at = JobState.FAILED, at
            job.error = {**_LOST, "figures": {"times": job.failures}}
            return None
    job.state = JobState.RUNNING
    job.attempt += 1
    job.worker = worker
    job.leased_until = at + length
    job.rung_at = None
    return Lease(
        job.id, job.attempt, job.kind, job.key, dict(job.payload), job.cooperative_id, length
    )


def renew(session: Session, held: Lease, *, at: datetime) -> None:
    """Hold a job for another lease's length.

    Inside a transaction this is the fence: called last, it makes everything
    before it depend on the job still being this worker's.

    :raises LeaseLost: if the job is no longer this worker's.
    """
    _write(session, held, {"leased_until": at + held.length})


def progress(
    session: Session, held: Lease, *, percent: int, note: str | None, at: datetime
) -> None:
    """Show how far a job is, 0 to 100, with a code of what is being done.

    :raises LeaseLost: if the job is no longer this worker's.
    """
    values = {"progress": percent, "progress_note": note, "leased_until": at + held.length}
    _write(session, held, values)


def finish(
    session: Session, held: Lease, *, result: Mapping[str, object] | None, at: datetime
) -> None:
    """Mark a job done in the transaction of its effect.

    :raises LeaseLost: if the job is no longer this worker's, or was cancelled; the
        caller's transaction must then roll back.
    """
    values: dict[str, object] = {
        "state": JobState.DONE,
        "result": None if result is None else dict(result),
        "error": None,
        "progress": 100,
        "done_at": at,
        "leased_until": None,
    }
    _write(session, held, values)


def fail(
    session: Session,
    held: Lease,
    *,
    error: Mapping[str, object],
    at: datetime,
    again: bool = True,
    max_failures: int = MAX_FAILURES,
) -> None:
    """Record a failed attempt: wait and try again, or end as failed.

    The wait grows fourfold from 5 s up to an hour.

    :param again: whether another attempt could end otherwise.
    :raises LeaseLost: if the job is no longer this worker's.
    """
    failures = session.scalars(select(Job.failures).where(Job.id == held.job_id)).one() + 1
    values: dict[str, object] = {"failures": failures, "error": dict(error), "leased_until": None}
    if _cancel_is_requested(session, held):
        values |= {"state": JobState.CANCELLED, "done_at": at}
    elif again and failures < max_failures:
        wait = min(_FIRST_BACKOFF * 4 ** (failures - 1), LONGEST_BACKOFF)
        values |= {"state": JobState.WAITING, "due_at": at + wait, "rung_at": None}
    else:
        values |= {"state": JobState.FAILED, "done_at": at}
    _write(session, held, values, even_cancelled=True)


def release(session: Session, held: Lease, *, at: datetime) -> None:
    """Give an unfinished job back: cancelled if that was asked, else due again at once.

    :raises LeaseLost: if the job is no longer this worker's.
    """
    values: dict[str, object] = {"leased_until": None, "rung_at": None, "due_at": None}
    if _cancel_is_requested(session, held):
        values |= {"state": JobState.CANCELLED, "done_at": at}
    else:
        values |= {"state": JobState.WAITING}
    _write(session, held, values, even_cancelled=True)


def _cancel_is_requested(session: Session, held: Lease) -> bool:
    asked = select(Job.cancel_requested_at).where(Job.id == held.job_id).with_for_update()
    return session.scalars(asked).one() is not None


def is_stopped(session: Session, held: Lease) -> bool:
    """Return whether a job was cancelled or taken over since it was leased."""
    mine = select(Job.id).where(_mine(held), Job.cancel_requested_at.is_(None))
    return session.scalars(mine).one_or_none() is None


def release_all(session: Session) -> None:
    """Make every running job due again; for the only worker of a database, at its start."""
    session.execute(
        update(Job).where(Job.state == JobState.RUNNING).values(leased_until=None, rung_at=None)
    )


def claim_rings(
    session: Session, *, at: datetime, patience: timedelta = LEASE, limit: int = 100
) -> list[tuple[int, JobQueue]]:
    """Return (id, queue) of due jobs whose last ring is old or missing, and note a ring.

    This is the sweeper's: it announces jobs whose time has come, and those whose
    ring or worker was lost.

    :param patience: how long a ring may take to reach a worker.
    """
    old = or_(Job.rung_at.is_(None), Job.rung_at <= at - patience, Job.rung_at > at + patience)
    statement = (
        select(Job)
        .where(_is_open(), due(at), old)
        .order_by(Job.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    jobs = session.scalars(statement).all()
    for job in jobs:
        job.rung_at = at
    return [(job.id, job.queue) for job in jobs]


def _mine(held: Lease) -> ColumnElement[bool]:
    return and_(Job.id == held.job_id, Job.attempt == held.attempt, Job.state == JobState.RUNNING)


def _write(
    session: Session, held: Lease, values: Mapping[str, object], *, even_cancelled: bool = False
) -> None:
    statement = update(Job).where(_mine(held)).values(**values)
    if not even_cancelled:
        statement = statement.where(Job.cancel_requested_at.is_(None))
    result = session.execute(statement, execution_options={"synchronize_session": False})
    assert isinstance(result, CursorResult)
    if result.rowcount != 1:
        raise LeaseLost(held.key)
