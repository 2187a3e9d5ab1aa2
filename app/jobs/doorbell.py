"""How a waiting worker hears that a job was recorded; losing a ring costs only time."""

from __future__ import annotations

from typing import Protocol

from app.models.jobs import JobQueue


class Doorbell(Protocol):
    """Tells workers about a job that is due now."""

    def ring(self, *, job_id: int, queue: JobQueue) -> None:
        """Announce a job; a ring may be lost or doubled without harm."""
        ...


class SilentDoorbell:
    """No bell: the worker on this machine polls the table."""

    def ring(self, *, job_id: int, queue: JobQueue) -> None:
        """Do nothing."""


_bound: Doorbell = SilentDoorbell()


def bind(doorbell: Doorbell) -> None:
    """Make a doorbell the one that enqueued jobs ring in this process."""
    global _bound
    _bound = doorbell


def ring(*, job_id: int, queue: JobQueue) -> None:
    """Ring the doorbell of this process."""
    _bound.ring(job_id=job_id, queue=queue)
