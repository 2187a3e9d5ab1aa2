"""A worker that is really killed, in the middle of jobs, loses nothing and repeats nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.jobs import doorbell, services
from app.kernel.database import Database
from app.models.jobs import Job, JobQueue, JobState
from app.tasks.doorbell import open_doorbell
from tests.jobs.ticks import ticks_by_key

ROOT = Path(__file__).parents[2]
JOBS, KILLS = 24, 3
KEYS = {f"tick:{number}" for number in range(JOBS)}


@contextmanager
def _worker(
    database: Database, directory: Path, **settings: str
) -> Iterator[subprocess.Popen[bytes]]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "FARMGATE_INSTANCE_DIR": str(directory),
        "FARMGATE_DATABASE_URL": database.url,
        **settings,
    }
    with (directory / "worker.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.jobs.ticking_worker"],
            env=environment,
            cwd=ROOT,
            stdout=log,
            stderr=log,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _enqueue_all(database: Database) -> None:
    with database.transaction() as session:
        for number in range(JOBS):
            services.enqueue(
                session,
                kind="tick",
                key=f"tick:{number}",
                payload={"take_ms": 150 + 10 * (number % 5)},
                queue=JobQueue.SOLVE if number % 4 == 0 else JobQueue.QUICK,
                at=datetime.now(UTC),
            )


def _count(database: Database, state: JobState) -> int:
    with database.reading() as session:
        return session.scalars(
            select(func.count()).select_from(Job).where(Job.kind == "tick", Job.state == state)
        ).one()


def _wait_until(condition: Callable[[], bool], *, patience_s: float, log: Path) -> None:
    deadline_s = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > deadline_s:
            pytest.fail(f"not within {patience_s} s; the worker said:\n{log.read_text()[-3000:]}")
        time.sleep(0.02)


def _kill_and_finish(database: Database, directory: Path, **settings: str) -> None:
    log = directory / "worker.log"
    for kill in range(KILLS):
        with _worker(database, directory, **settings):
            # Some are done, some run, some wait: the moment that hurts most.
            _wait_until(
                lambda enough=3 * kill + 2: (
                    _count(database, JobState.DONE) >= enough
                    and _count(database, JobState.RUNNING) > 0
                ),
                patience_s=90,
                log=log,
            )
        assert _count(database, JobState.DONE) < JOBS
    with _worker(database, directory, **settings):
        _wait_until(lambda: _count(database, JobState.DONE) == JOBS, patience_s=90, log=log)
    assert ticks_by_key(database) == dict.fromkeys(KEYS, 1)


def test_a_killed_worker_of_one_machine_leaves_each_effect_once(
    ticking: Database, tmp_path: Path
) -> None:
    _enqueue_all(ticking)
    _kill_and_finish(ticking, tmp_path, FARMGATE_LEASE_S="3")


def test_a_killed_worker_at_a_broker_leaves_each_effect_once(
    ticking: Database, tmp_path: Path, broker_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefix = f"test-{uuid.uuid4().hex[:12]}"
    # The application rings; whatever rings a kill loses, the sweeper repeats.
    bell = open_doorbell(broker_url, prefix=prefix)
    monkeypatch.setattr(doorbell, "_bound", bell)
    _enqueue_all(ticking)
    _kill_and_finish(
        ticking,
        tmp_path,
        FARMGATE_LEASE_S="3",
        FARMGATE_BROKER_URL=broker_url,
        FARMGATE_QUEUE_PREFIX=prefix,
    )
