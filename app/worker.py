"""The worker process: durable jobs run by Celery, on one machine or many."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from celery import Celery

from app.cli.lifeline import Lifeline
from app.jobs.registry import Registry
from app.models.jobs import JobQueue
from app.tasks import build_registry
from app.tasks.celery_app import make_celery
from app.tasks.doorbell import CeleryDoorbell
from config import Config

log = structlog.get_logger(__name__)


def run_worker(
    config: Config,
    *,
    queues: Sequence[str] = tuple(JobQueue),
    concurrency: int | None = None,
    registry: Registry | None = None,
) -> None:
    """Do jobs until SIGTERM or SIGINT; running ones are then told to stop.

    :param queues: which queues to serve; beyond one machine, give solves a worker
        of their own, so that they never stand before quick jobs.
    :param registry: the kinds of job; the product's own unless a test brings others.
    """
    lifeline = Lifeline()
    lifeline.hold()
    celery = make_celery(config.broker_url, prefix=config.queue_prefix)
    serve = _Embedded if config.is_one_machine else _Distributed
    serve(config, celery, registry or build_registry(), lifeline).run(queues, concurrency)


class _Worker:
    """What both ways share: the workshop of this process and its start."""

    def __init__(
        self, config: Config, celery: Celery, registry: Registry, lifeline: Lifeline
    ) -> None:
        self.config = config
        self.celery = celery
        self.registry = registry
        self.lifeline = lifeline
        self.bell = CeleryDoorbell(celery, prefix=config.queue_prefix)
