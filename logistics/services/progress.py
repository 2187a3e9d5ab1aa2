"""How far a search for routes is, and ending one early with the best plan it has."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.jobs import services as jobs
from app.jobs.context import JobContext
from app.kernel.errors import NotFound
from app.models.jobs import Job, JobState
from logistics.solver.solve import Progress

_EVERY_S = 0.5


@dataclass(frozen=True)
class Found:
    """The best plan that a search has so far."""

    seconds: int
    planned: int
    total: int
    cost_minor: int


@dataclass(frozen=True)
class Planning:
    """A search that is waiting, at work, or has failed with a reason.

    ``refusal`` is a refusal's message id with its figures, where it failed.
    """

    job_id: int
    is_open: bool
    percent: int
    found: Found | None
    is_ending: bool
    refusal: tuple[str, dict[str, Any]] | None


class Shown:
    """Writes a search's progress to its job, twice a second at most."""

    def __init__(self, context: JobContext, seconds: float) -> None:
        self._context = context
        self._seconds = seconds
        self._shown_at = 0.0

    def __call__(self, found: Progress) -> None:
        """Show what was found."""
        if time.monotonic() - self._shown_at < _EVERY_S:
            return
        self._shown_at = time.monotonic()
        percent = min(99, int(100 * found.elapsed_s / self._seconds))
        note = f"{int(found.elapsed_s)}/{found.planned}/{found.total}/{found.cost_minor}"
        self._context.progress(percent, note)


class Enough:
    """Asks whether a search is to end: given up, or the best so far is good enough."""

    def __init__(self, context: JobContext) -> None:
        self._context = context
        self._asked_at = time.monotonic()
        self._is_enough = False

    def __call__(self) -> bool:
        """Return whether to end; the database is asked twice a second at most."""
        if self._is_enough or self._context.should_stop():
            return True
        if time.monotonic() - self._asked_at >= _EVERY_S:
            self._asked_at = time.monotonic()
            with self._context.reading() as session:
                self._is_enough = jobs.is_enough(session, key=self._context.key)
        return self._is_enough


def end_search(session: Session, *, job_id: int, cooperative_id: int, kinds: set[str]) -> Job:
    """Have a search end now with the best plan it has; one that has ended stays as it is.

    :raises NotFound: if the cooperative has no such search.
    """
    job = session.get(Job, job_id)
    if job is None or job.cooperative_id != cooperative_id or job.kind not in kinds:
        raise NotFound
    return jobs.call_enough(session, key=job.key)


def planning_by_key(session: Session, key: str) -> Planning | None:
    """Return the search with a job's key, unless it is done or was never asked for."""
    return planning_from(session.scalar(select(Job).where(Job.key == key)))


def planning_from(job: Job | None) -> Planning | None:
    """Return a job as the search it is, unless it is done."""
    if job is None or job.state in (JobState.DONE, JobState.CANCELLED):
        return None
    refusal = None
    if job.state == JobState.FAILED:
        error = job.error or {}
        refusal = (str(error.get("message", "")), dict(error.get("figures", {})))
    return Planning(
        job_id=job.id,
        is_open=refusal is None,
        percent=job.progress,
        found=_found(job.progress_note),
        is_ending=jobs.ENOUGH in job.payload,
        refusal=refusal,
    )


def _found(note: str | None) -> Found | None:
    figures = (note or "").split("/")
    if len(figures) != 4 or not all(figure.isdigit() for figure in figures):
        return None
    return Found(*(int(figure) for figure in figures))
