"""Bringing due rows to Celery: the dispatcher of one machine, the sweeper of many."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime

import structlog
from sqlalchemy.exc import DBAPIError

from app.jobs import leasing, schedules
from app.jobs.context import Ending
from app.jobs.doorbell import Doorbell
from app.jobs.running import Workshop
from app.kernel.database import Database
from app.models.jobs import JobQueue

log = structlog.get_logger(__name__)

POLL_S = 0.02
# How late a job may start whose time comes while nothing in the database changes.
_LOOK_S = 0.25
SWEEP_S = 1.0


class InFlight:
    """The jobs handed to Celery in this process and not yet over, bounded by queue.

    The bound is what keeps long solves from taking the threads of quick jobs.
    """

    def __init__(self, room: Mapping[JobQueue, int]) -> None:
        self._room = dict(room)
        self._jobs: dict[int, JobQueue] = {}
        self._lock = threading.Lock()

    @property
    def queues(self) -> tuple[JobQueue, ...]:
        """The queues that have a bound here."""
        return tuple(self._room)

    def room(self, queue: JobQueue) -> int:
        """Return how many more jobs of a queue may be handed over."""
        with self._lock:
            return self._room[queue] - sum(q == queue for q in self._jobs.values())

    def bound(self, queue: JobQueue) -> int:
        """Return how many jobs of a queue may be in flight together."""
        return self._room[queue]

    def add(self, job_id: int, queue: JobQueue) -> bool:
        """Note a job as handed over; return whether it was not so already."""
        with self._lock:
            is_new = job_id not in self._jobs
            self._jobs.setdefault(job_id, queue)
            return is_new

    def is_empty(self) -> bool:
        """Return whether nothing is in flight."""
        with self._lock:
            return not self._jobs

    def remove(self, job_id: int) -> None:
        """Note that a job is over."""
        with self._lock:
            self._jobs.pop(job_id, None)


class Changes:
    """Tells for a few microseconds' work whether an SQLite file was written to.

    Fifty looks a second at the table itself would keep a small machine warm.
    """

    def __init__(self, database: Database) -> None:
        self._connection = None
        self._version: tuple[int] | None = None
        if database.is_sqlite:
            path = database.url.removeprefix("sqlite:///")
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)

    def are_there(self) -> bool:
        """Return whether somebody committed since the last call; always so on a server."""
        if self._connection is None:
            return True
        before = self._version
        self._version = self._connection.execute("PRAGMA data_version").fetchone()
        return self._version != before


class Dispatcher:
    """Polls the table and hands due jobs to the Celery workers of its own process."""

    def __init__(self, workshop: Workshop, bell: Doorbell, in_flight: InFlight) -> None:
        self._workshop = workshop
        self._bell = bell
        self._in_flight = in_flight
        self._changes = Changes(workshop.database)
        self._swept_s = self._looked_s = float("-inf")

    def turn(self) -> None:
        """Hand over what is due now; once a second look at the schedules too."""
        is_soon = time.monotonic() - self._looked_s < _LOOK_S
        if not self._changes.are_there() and is_soon and self._in_flight.is_empty():
            return
        self._looked_s = time.monotonic()
        at = self._workshop.clock.now()
        if time.monotonic() - self._swept_s >= SWEEP_S:
            self._swept_s = time.monotonic()
            keep_schedules(self._workshop, at=at)
        for queue in self._in_flight.queues:
            room = self._in_flight.room(queue)
            if room > 0:
                self._hand_over(queue, room, at)

    def _hand_over(self, queue: JobQueue, room: int, at: datetime) -> None:
        # Jobs handed over but not leased yet are still due, so that many more are read.
        limit = self._in_flight.bound(queue)
        with self._workshop.database.reading() as session:
            ids = leasing.due_ids(session, queue=queue, at=at, limit=limit)
        for job_id in ids:
            if room > 0 and self._in_flight.add(job_id, queue):
                room -= 1
                self._bell.ring(job_id=job_id, queue=queue)


def keep_schedules(workshop: Workshop, *, at: datetime) -> None:
    """Enqueue the jobs of schedules whose time has come."""
    with workshop.database.reading() as session:
        if not schedules.has_due_slots(session, at=at):
            return
    with workshop.database.transaction() as session:
        schedules.enqueue_slots(session, at=at)


def sweep(workshop: Workshop, bell: Doorbell) -> None:
    """Ring for jobs whose time has come and for those whose ring or worker was lost."""
    at = workshop.clock.now()
    keep_schedules(workshop, at=at)
    with workshop.database.transaction() as session:
        rings = leasing.claim_rings(session, at=at, patience=workshop.lease)
    for job_id, queue in rings:
        bell.ring(job_id=job_id, queue=queue)


def repeat(turn: Callable[[], None], *, every_s: float, ending: Ending) -> None:
    """Take turns until the process ends; a database that is away is waited for."""
    while not ending.wait(every_s):
        try:
            turn()
        except DBAPIError as fault:
            log.error("database not reached; trying again", fault=str(fault.orig))
            ending.wait(SWEEP_S)
