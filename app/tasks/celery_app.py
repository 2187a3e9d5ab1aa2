"""Celery as the runner: one task that does one job row, on any broker."""

from __future__ import annotations

from celery import Celery
from kombu import Queue

from app.jobs import running
from app.jobs.running import Workshop
from app.models.jobs import JobQueue

# Longer than twice the longest job (20 minutes), or Redis would deliver it twice.
VISIBILITY_TIMEOUT_S = 3600
TASK = "farmgate.job"

_workshop: Workshop | None = None


def bind(workshop: Workshop) -> None:
    """Make a workshop the one that this process's tasks work in."""
    global _workshop
    _workshop = workshop


def bound() -> Workshop:
    """Return the workshop of this process.

    :raises RuntimeError: before a worker has bound one.
    """
    if _workshop is None:
        raise RuntimeError("no workshop is bound; only a worker does jobs")
    return _workshop


def queue_name(prefix: str, queue: JobQueue) -> str:
    """Return the broker's name of a queue."""
    return f"{prefix}.{queue}"


def make_celery(broker_url: str, *, prefix: str) -> Celery:
    """Return a Celery application that knows the one task.

    The job rows are the truth; a message is only a ring. Messages are still
    acknowledged late and fetched one at a time, so that a broker moves a ring to
    another worker by itself when one dies.
    """
    celery = Celery("farmgate", broker=broker_url, set_as_current=False)
    celery.conf.update(
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_ignore_result=True,
        task_queues=[Queue(queue_name(prefix, queue)) for queue in JobQueue],
        task_default_queue=queue_name(prefix, JobQueue.QUICK),
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_enable_remote_control=False,
        broker_connection_timeout=3,
        broker_connection_retry_on_startup=True,
        broker_transport_options=_transport_options(broker_url),
    )

    # Not shared: each application has its own, and none is given to another.
    @celery.task(name=TASK, shared=False)
    def job(job_id: int) -> None:
        running.run(bound(), job_id=job_id)

    return celery


def _transport_options(broker_url: str) -> dict[str, object]:
    if broker_url.startswith("memory:"):
        # The default of a second would be the largest part of every start.
        return {"polling_interval": 0.01}
    if broker_url.startswith(("amqp:", "amqps:", "pyamqp:")):
        return {"confirm_publish": True}
    return {"visibility_timeout": VISIBILITY_TIMEOUT_S}
