"""The worker beyond one machine: Celery's own, on Redis or RabbitMQ, and the sweeper."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial

from celery import Celery, signals

from app.jobs.running import Workshop
from app.models.jobs import JobQueue
from app.tasks import celery_app
from app.tasks.celery_app import queue_name
from app.tasks.dispatching import SWEEP_S, repeat, sweep
from app.tasks.doorbell import CeleryDoorbell


def serve(
    open_workshop: Callable[[], Workshop],
    celery: Celery,
    *,
    prefix: str,
    queues: Sequence[JobQueue],
    concurrency: int,
    set_ending: Callable[[], None],
    report_ready: Callable[[], None],
) -> None:
    """Do jobs in child processes, ring for what is due, until a signal ends it.

    :param open_workshop: opens a workshop with connections of its own; called once
        here and once in every child, because connections do not survive a fork.
    :param set_ending: sets the event that the workshops of all children share.
    """

    def child(**_: object) -> None:
        celery_app.bind(open_workshop())

    def ready(**_: object) -> None:
        report_ready()
        # Only now: a fork of a process whose sweeper runs could copy a held lock.
        workshop = open_workshop()
        turn = partial(sweep, workshop, CeleryDoorbell(celery, prefix=prefix))
        threading.Thread(
            target=partial(repeat, turn, every_s=SWEEP_S, ending=workshop.ending),
            name="sweeper",
            daemon=True,
        ).start()

    def shutting_down(**_: object) -> None:
        set_ending()

    def keep_logging(**_: object) -> None:
        """Stand in for Celery's own set-up of the logs."""

    signals.worker_process_init.connect(child, weak=False)
    signals.worker_ready.connect(ready, weak=False)
    signals.worker_shutting_down.connect(shutting_down, weak=False)
    signals.setup_logging.connect(keep_logging, weak=False)
    names = ",".join(queue_name(prefix, queue) for queue in queues)
    celery.worker_main(
        [
            "--quiet",
            "worker",
            f"--queues={names}",
            f"--concurrency={concurrency}",
            "--pool=prefork",
            f"--hostname={'-'.join(queues)}@%h",
            "--without-gossip",
            "--without-mingle",
        ]
    )
