"""The worker of one machine: dispatcher and Celery worker in one process, no server."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

from celery import Celery, signals
from celery.worker import state as celery_state

from app.jobs.running import Workshop
from app.models.jobs import JobQueue
from app.tasks import celery_app
from app.tasks.celery_app import queue_name
from app.tasks.dispatching import POLL_S, Dispatcher, InFlight, repeat
from app.tasks.doorbell import CeleryDoorbell

_QUEUED = 4
_NO_JOB = 0
_ASIDE_S = 0.1


def serve(
    workshop: Workshop,
    celery: Celery,
    *,
    prefix: str,
    room: dict[JobQueue, int],
    ending: threading.Event,
    report_ready: Callable[[], None],
) -> None:
    """Do jobs in threads of this process until a signal ends it.

    :param room: the queues served and how many of their jobs run together.
    :param ending: the workshop's own event; the signals set it.
    """
    celery_app.bind(workshop)
    # Celery's pool threads look tasks up in the default application and in no other.
    celery.set_default()
    # Quick jobs may queue for the threads; solves may not, or they would take them all.
    in_flight = InFlight(
        {queue: n * _QUEUED if queue is JobQueue.QUICK else n for queue, n in room.items()}
    )
    bell = CeleryDoorbell(celery, prefix=prefix)
    dispatcher = Dispatcher(workshop, bell, in_flight)

    def over(args: tuple[int], **_: object) -> None:
        in_flight.remove(args[0])

    def ready(_consumer: object) -> None:
        report_ready()

    signals.task_postrun.connect(over, weak=False)
    _end_on_signals(ending)

    def dispatch() -> None:
        repeat(dispatcher.turn, every_s=POLL_S, ending=ending)
        # Celery asks whether to end only after a message or two seconds, and does so twice.
        for _ in range(2):
            bell.ring(job_id=_NO_JOB, queue=next(iter(room)))
            time.sleep(_ASIDE_S)

    threading.Thread(target=dispatch, name="dispatcher", daemon=True).start()
    controller = celery.WorkController(
        pool_cls="threads",
        concurrency=sum(room.values()),
        queues=[queue_name(prefix, queue) for queue in room],
        loglevel="WARNING",
        ready_callback=ready,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    controller.start()


def _end_on_signals(ending: threading.Event) -> None:
    def end(_number: int, _frame: FrameType | None) -> None:
        # Jobs see the event and give up; Celery leaves its loop at the next message.
        ending.set()
        # The stubs know only the value before any signal.
        celery_state.should_stop = os.EX_OK  # type: ignore[assignment]

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
