"""A real worker process whose jobs take a moment and then tick; killed by tests."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime

from app.cli.logs import configure_logs
from app.jobs.context import JobContext
from app.jobs.registry import Registry
from app.models.jobs import JobQueue
from app.worker import run_worker
from config import Config
from tests.jobs.ticks import tick


def work(context: JobContext) -> None:
    """Take as long as the payload says, then leave one tick and the start's instant."""
    started_at = datetime.now(UTC)
    end_s = time.monotonic() + context.payload["take_ms"] / 1000
    while time.monotonic() < end_s:
        context.stop_if_asked()
        time.sleep(0.01)
    context.progress(90, "ticking")
    with context.finishing() as (session, done):
        tick(session, context.key, started_at.isoformat())
        done.result = {"took_ms": context.payload["take_ms"]}


if __name__ == "__main__":
    configure_logs("warning")
    registry = Registry()
    registry.add("tick", work)
    queues = [JobQueue(name) for name in sys.argv[1:]] or list(JobQueue)
    run_worker(Config.from_environment(), queues=queues, registry=registry)
