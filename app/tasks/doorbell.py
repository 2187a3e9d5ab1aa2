"""The doorbell beyond one machine: a message on the broker."""

from __future__ import annotations

import time

import structlog
from celery import Celery
from kombu.exceptions import OperationalError

from app.jobs.doorbell import Doorbell, SilentDoorbell
from app.models.jobs import JobQueue
from app.tasks.celery_app import TASK, make_celery, queue_name

log = structlog.get_logger(__name__)

_QUIET_S = 10.0


class CeleryDoorbell:
    """Sends rings through Celery; while the broker is away the sweeper stands in."""

    def __init__(self, celery: Celery, *, prefix: str) -> None:
        self._celery = celery
        self._prefix = prefix
        self._quiet_until_s = 0.0

    def ring(self, *, job_id: int, queue: JobQueue) -> None:
        """Send a ring, once more after a stale connection, or give it up."""
        # A person's request must not wait for a broker that was away a moment ago.
        if time.monotonic() < self._quiet_until_s:
            return
        try:
            self._celery.send_task(
                TASK,
                args=(job_id,),
                queue=queue_name(self._prefix, queue),
                retry=True,
                retry_policy={"max_retries": 1, "interval_start": 0},
            )
        except OperationalError as fault:
            self._quiet_until_s = time.monotonic() + _QUIET_S
            log.warning("broker not reached; the sweeper will ring", fault=str(fault))


def open_doorbell(broker_url: str, *, prefix: str) -> Doorbell:
    """Return the doorbell for a broker's address; none is needed on one machine."""
    if broker_url.startswith("memory:"):
        return SilentDoorbell()
    return CeleryDoorbell(make_celery(broker_url, prefix=prefix), prefix=prefix)
