"""One attempt at a job from lease to end, whoever calls it: Celery, a rehearsal, a test."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import TracebackType

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.jobs import leasing
from app.jobs.context import Ending, JobContext, JobStopped, TryAgain
from app.jobs.leasing import LEASE, LeaseLost
from app.jobs.registry import Kind, Registry
from app.kernel.clock import Clock
from app.kernel.database import Database
from app.kernel.errors import N_, Refusal
from app.models.jobs import JobQueue

log = structlog.get_logger(__name__)

_BEATS = 4
_FAULT = N_("The work failed because of a fault in the program: %(fault)s")


@dataclass(frozen=True)
class Workshop:
    """What a process needs to do jobs.

    :param worker: the name that leases carry.
    :param ending: set when the process is to end.
    :param lease: how long a job stays this worker's without a sign of life.
    """

    database: Database
    clock: Clock
    registry: Registry
    worker: str
    ending: Ending = field(default_factory=threading.Event)
    lease: timedelta = LEASE


def run(workshop: Workshop, *, job_id: int) -> bool:
    """Do one job if it is due and free; return whether it was started.

    Called twice for one job, by a doubled ring say, the second call finds nothing
    to do. Whatever the job raises is recorded on its row.
    """
    with workshop.database.transaction() as session:
        held = leasing.lease(
            session,
            job_id=job_id,
            worker=workshop.worker,
            at=workshop.clock.now(),
            length=workshop.lease,
        )
    if held is None:
        return False
    context = JobContext(workshop.database, workshop.clock, held, ending=workshop.ending)
    with (
        structlog.contextvars.bound_contextvars(job=held.key, attempt=held.attempt),
        _Recorded(workshop, context),
    ):
        kind = workshop.registry.kind(held.kind)
        with _beating(workshop, context, limit_s=kind.limit_s):
            _do(kind, context)
    return True


def _do(kind: Kind, context: JobContext) -> None:
    started_s = time.monotonic()
    kind.handler(context)
    if not context.is_finished:
        raise RuntimeError(f"the handler of {kind.name} returned without finishing its job")
    log.info("job done", kind=kind.name, took_s=round(time.monotonic() - started_s, 3))


def drain(workshop: Workshop, *, at_most: int = 10_000) -> int:
    """Do due jobs in this thread, the oldest first, until none is left.

    :returns: how many attempts were made.
    :raises RuntimeError: if jobs make jobs without end.
    """
    for count in range(at_most):
        job_id = _next_due(workshop, at=workshop.clock.now())
        if job_id is None:
            return count
        run(workshop, job_id=job_id)
    raise RuntimeError(f"still jobs to do after {at_most}")


def _next_due(workshop: Workshop, *, at: datetime) -> int | None:
    with workshop.database.reading() as session:
        ids = [
            job_id
            for queue in JobQueue
            for job_id in leasing.due_ids(session, queue=queue, at=at, limit=1)
        ]
    return min(ids, default=None)


@contextmanager
def _beating(workshop: Workshop, context: JobContext, *, limit_s: int) -> Iterator[None]:
    over = threading.Event()
    beat = threading.Thread(
        target=_beat, args=(workshop, context, over, limit_s), name="lease", daemon=True
    )
    beat.start()
    try:
        yield
    finally:
        over.set()


def _beat(workshop: Workshop, context: JobContext, over: threading.Event, limit_s: int) -> None:
    """Renew the lease until the job is over, lost, or past its limit."""
    end_s = time.monotonic() + limit_s
    pace_s = workshop.lease.total_seconds() / _BEATS
    while not over.wait(min(pace_s, max(end_s - time.monotonic(), 0))):
        if time.monotonic() >= end_s:
            log.error("job is past its time limit", job=context.key, limit_s=limit_s)
            context.stop()
            return
        try:
            with workshop.database.transaction() as session:
                leasing.renew(session, context.held, at=workshop.clock.now())
        except LeaseLost:
            context.stop()
            return
        except OperationalError as fault:
            # The database may be back before the lease ends; the fence decides then.
            log.warning("lease not renewed", job=context.key, fault=str(fault))


class _Recorded:
    """Writes on the job's row how an attempt ended that did not finish."""

    def __init__(self, workshop: Workshop, context: JobContext) -> None:
        self._workshop = workshop
        self._context = context

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        held = self._context.held
        at = self._workshop.clock.now()
        try:
            with self._workshop.database.transaction() as session:
                if isinstance(error, (JobStopped, LeaseLost)):
                    log.info("job stopped")
                    leasing.release(session, held, at=at)
                else:
                    self._record_failure(session, error, at)
        except LeaseLost:
            log.warning("job was taken over or had ended; this attempt changed nothing")
        return True

    def _record_failure(self, session: Session, error: Exception, at: datetime) -> None:
        held = self._context.held
        if isinstance(error, Refusal):
            log.warning("job refused", code=error.code)
        else:
            log.error("job failed", exc_info=error)
        leasing.fail(
            session,
            held,
            error=_told(error),
            at=at,
            again=isinstance(error, TryAgain) or not isinstance(error, Refusal),
            max_failures=self._workshop.registry.max_failures(held.kind),
        )


def _told(error: Exception) -> dict[str, object]:
    if isinstance(error, Refusal):
        return {"code": error.code, "message": error.message, "figures": dict(error.figures)}
    fault = f"{type(error).__name__}: {error}"
    return {"code": "fault", "message": _FAULT, "figures": {"fault": fault[:500]}}
