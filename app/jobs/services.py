"""What the product does with jobs: enqueue, move, cancel, retry, look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.jobs import doorbell
from app.kernel.database import after_commit, insert_if_new
from app.kernel.errors import N_, NotFound, Refusal
from app.models.jobs import Job, JobQueue, JobState

# In a job's payload: what it has found so far is good enough.
ENOUGH = "enough"
_ENDS = (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


class JobKeyTaken(Refusal):
    """A job of another kind already has this key."""

    code = "job_key_taken"
    message = N_("Other work is already recorded under the name %(key)s.")


class JobNotStopped(Refusal):
    """Only work that failed or was cancelled can be started again."""

    code = "job_not_stopped"
    message = N_("This work has not failed, so it cannot be started again.")


def enqueue(
    session: Session,
    *,
    kind: str,
    key: str,
    payload: Mapping[str, object],
    at: datetime,
    queue: JobQueue = JobQueue.QUICK,
    due_at: datetime | None = None,
    cooperative_id: int | None = None,
) -> Job:
    """Record a job in the caller's transaction and return its row.

    The same key is the same job for ever: a second call returns the first row as
    it stands, and changes nothing. Work that may be wanted again (a market day
    cleared a second time) carries a running number in its key. Workers hear of
    the job once the transaction is durable, or at ``due_at``.

    :param payload: JSON values; ids rather than copies of rows.
    :raises JobKeyTaken: if the key belongs to a job of another kind.
    """
    is_now = due_at is None or due_at <= at
    values = {
        "kind": kind,
        "key": key,
        "queue": queue,
        "payload": dict(payload),
        "due_at": due_at,
        "cooperative_id": cooperative_id,
        "created_at": at,
        "rung_at": at if is_now else None,
    }
    new_id = insert_if_new(session, Job, values)
    job = find(session, key=key)
    if job.kind != kind:
        raise JobKeyTaken(key=key)
    if new_id is not None and is_now:
        after_commit(session, partial(doorbell.ring, job_id=job.id, queue=job.queue))
    return job


def find(session: Session, *, key: str) -> Job:
    """Return the job of a key as the database has it now.

    :raises NotFound: if no job has that key.
    """
    statement = select(Job).where(Job.key == key).execution_options(populate_existing=True)
    job = session.scalars(statement).one_or_none()
    if job is None:
        raise NotFound
    return job


def reschedule(session: Session, *, key: str, due_at: datetime | None) -> bool:
    """Move a job that has not started to another time; return whether it moved.

    A postponed market day moves its cut-off jobs so. A job that runs or has ended
    stays as it is.

    :raises NotFound: if no job has that key.
    """
    job = _locked(session, key=key)
    if job.state != JobState.WAITING:
        return False
    job.due_at = due_at
    job.failures = 0
    # The sweeper rings within a second of the new time.
    job.rung_at = None
    return True


def cancel(session: Session, *, key: str, at: datetime) -> bool:
    """Cancel a job; return whether it will have no effect.

    A waiting job is cancelled at once. A running one is told to stop, and can no
    longer commit its effect once this transaction is durable. A job that has
    ended keeps its end: the answer says whether that was without effect.

    :raises NotFound: if no job has that key.
    """
    job = _locked(session, key=key)
    if job.state == JobState.WAITING:
        job.state = JobState.CANCELLED
        job.done_at = at
    if job.state == JobState.RUNNING:
        job.cancel_requested_at = job.cancel_requested_at or at
    return job.state != JobState.DONE


def retry(session: Session, *, key: str) -> Job:
    """Start a failed or cancelled job again, at once and with its failures forgotten.

    :raises NotFound: if no job has that key.
    :raises JobNotStopped: if the job waits, runs or is done.
    """
    job = _locked(session, key=key)
    if job.state not in (JobState.FAILED, JobState.CANCELLED):
        raise JobNotStopped
    job.state = JobState.WAITING
    job.failures = 0
    job.due_at = job.done_at = job.cancel_requested_at = job.error = None
    job.progress, job.progress_note = 0, None
    job.payload = {name: value for name, value in job.payload.items() if name != ENOUGH}
    job.rung_at = None
    return job


def call_enough(session: Session, *, key: str) -> Job:
    """Have a job that searches end with what it has; one that has ended stays as it is.

    :raises NotFound: if no job has that key.
    """
    job = _locked(session, key=key)
    if not has_ended(job):
        job.payload = {**job.payload, ENOUGH: True}
    return job


def is_enough(session: Session, *, key: str) -> bool:
    """Return whether what a job has found so far is good enough.

    :raises NotFound: if no job has that key.
    """
    return ENOUGH in find(session, key=key).payload


def newest(
    session: Session,
    *,
    state: JobState | None = None,
    cooperative_id: int | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> Sequence[Job]:
    """Return jobs, the newest first; ``before_id`` continues a page."""
    statement = select(Job).order_by(Job.id.desc()).limit(limit)
    if state is not None:
        statement = statement.where(Job.state == state)
    if cooperative_id is not None:
        statement = statement.where(Job.cooperative_id == cooperative_id)
    if before_id is not None:
        statement = statement.where(Job.id < before_id)
    return session.scalars(statement).all()


def has_ended(job: Job) -> bool:
    """Return whether a job is done, failed or cancelled."""
    return job.state in _ENDS


def _locked(session: Session, *, key: str) -> Job:
    statement = (
        select(Job)
        .where(Job.key == key)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    job = session.scalars(statement).one_or_none()
    if job is None:
        raise NotFound
    return job
