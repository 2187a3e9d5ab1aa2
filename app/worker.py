"""The worker process: durable jobs run by Celery, on one machine or many."""

from __future__ import annotations

import multiprocessing
import os
import socket
import threading
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

import click

from app.cli.lifeline import Lifeline
from app.jobs import doorbell, leasing
from app.jobs.context import Ending
from app.jobs.only_worker import OnlyWorker, WorkerRuns
from app.jobs.registry import Registry
from app.jobs.running import Workshop
from app.kernel import database as kernel_database
from app.kernel.clock import SystemClock
from app.kernel.database import Database
from app.media.store import FolderStore
from app.messages.channels import Channels
from app.messages.pushing import Pusher, PushSettings
from app.messages.texting import GatewaySettings, HttpGateway, TextGateway, WritingGateway
from app.models.jobs import JobQueue
from app.tasks import build_registry, distributed, embedded, ensure_schedules
from app.tasks.celery_app import make_celery
from app.tasks.doorbell import open_doorbell
from app.web.speaking import PageSpeaker
from config import ROOT, Config

# How long a new worker waits for one that is about to end.
_PATIENCE_S = 30.0


@click.command()
@click.option(
    "--queue",
    "queues",
    multiple=True,
    type=click.Choice([queue.value for queue in JobQueue]),
    help="Serve this queue only; may be given twice. Both by default.",
)
@click.pass_obj
def worker(config: Config, queues: tuple[str, ...]) -> None:
    """Do background jobs alone; the pages are another process."""
    try:
        run_worker(config, queues=[JobQueue(queue) for queue in queues] or tuple(JobQueue))
    except WorkerRuns as error:
        raise click.ClickException("A worker already serves this database.") from error


def run_worker(
    config: Config,
    *,
    queues: Sequence[JobQueue] = tuple(JobQueue),
    registry: Registry | None = None,
) -> None:
    """Do jobs until SIGTERM or SIGINT; running ones are then told to stop.

    :param queues: which queues to serve; beyond one machine, give solves a worker
        of their own, so that they never stand before quick jobs.
    :param registry: the kinds of job; the product's own unless others are brought.
    :raises WorkerRuns: if the database is SQLite and has a worker already.
    """
    lifeline = Lifeline()
    lifeline.hold()
    serve = _serve_embedded if config.is_one_machine else _serve_distributed
    serve(config, queues, registry or _registry(config), lifeline)


def _registry(config: Config) -> Registry:
    return build_registry(FolderStore(config.media_dir), _channels(config))


def _channels(config: Config) -> Channels:
    """Return the ways to phones that the settings give."""
    texts: TextGateway | None = None
    if config.sms == "local":
        texts = WritingGateway()
    if config.sms == "http":
        texts = HttpGateway(
            GatewaySettings(
                url=config.sms_url,
                method="GET" if config.sms_method == "GET" else "POST",
                body="json" if config.sms_body == "json" else "form",
                fields=config.sms_fields,
                headers=config.sms_headers,
                accepted=config.sms_accepted,
                refused=config.sms_refused,
            )
        )
    push = PushSettings(config.push_key, config.push_contact, config.push_hosts)
    speaker = PageSpeaker(ROOT / "app" / "translations")
    return Channels(speaker, texts, Pusher(push), config.public_url)


def _serve_embedded(
    config: Config, queues: Sequence[JobQueue], registry: Registry, lifeline: Lifeline
) -> None:
    only = None
    if config.database_url.startswith("sqlite"):
        only = OnlyWorker(Path(config.database_url.removeprefix("sqlite:///")))
        only.take(patience_s=_PATIENCE_S)
    ending = threading.Event()
    workshop = _open_workshop(config, registry, ending)
    with workshop.database.transaction() as session:
        ensure_schedules(session, at=workshop.clock.now())
        if only is not None:
            leasing.release_all(session)
    embedded.serve(
        workshop,
        make_celery(config.broker_url, prefix=config.queue_prefix),
        prefix=config.queue_prefix,
        room={queue: _concurrency(config, queue) for queue in queues},
        ending=ending,
        report_ready=lifeline.report_ready,
    )


def _serve_distributed(
    config: Config, queues: Sequence[JobQueue], registry: Registry, lifeline: Lifeline
) -> None:
    # The children of this process are forked, and share the event through the fork.
    ending = multiprocessing.get_context("fork").Event()
    workshop = _open_workshop(config, registry, ending)
    with workshop.database.transaction() as session:
        ensure_schedules(session, at=workshop.clock.now())
    workshop.database.dispose()
    distributed.serve(
        partial(_open_workshop, config, registry, ending),
        make_celery(config.broker_url, prefix=config.queue_prefix),
        prefix=config.queue_prefix,
        queues=queues,
        concurrency=sum(_concurrency(config, queue) for queue in queues),
        set_ending=ending.set,
        report_ready=lifeline.report_ready,
    )


def _open_workshop(config: Config, registry: Registry, ending: Ending) -> Workshop:
    """Open the database for this process, and bind what the product's code looks up."""
    database = Database(config.database_url)
    kernel_database.bind(database)
    doorbell.bind(open_doorbell(config.broker_url, prefix=config.queue_prefix))
    worker = f"{socket.gethostname()}:{os.getpid()}"
    lease = timedelta(seconds=config.lease_s)
    return Workshop(database, SystemClock(), registry, worker, ending, lease)


def _concurrency(config: Config, queue: JobQueue) -> int:
    return config.quick_workers if queue is JobQueue.QUICK else config.solve_workers
