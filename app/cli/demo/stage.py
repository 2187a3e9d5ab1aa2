"""A database of its own for a rehearsal, and a worker that does jobs when it is told to."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from app.cli import preparing
from app.jobs.registry import Registry
from app.jobs.running import Workshop, drain
from app.kernel import database as kernel_database
from app.kernel.clock import FixedClock
from app.kernel.database import Database
from app.kernel.errors import N_, Refusal
from app.market_days import clearing, opening
from app.messages import work as messages
from app.messages.channels import Channels
from app.models import Job
from config import Config
from logistics.services import jobs as plan_jobs


class JobFailed(Refusal):
    """A job of the rehearsal did not come to its end."""

    code = "rehearsal_job_failed"
    message = N_("The job %(key)s failed: %(error)s")


class Stage:
    """A rehearsal's database, clock and worker."""

    def __init__(self, database: Database, at: datetime) -> None:
        self.database = database
        self.clock = FixedClock(at)
        registry = Registry()
        registry.add_effect(opening.CLOSE_JOB, opening.run_close)
        registry.add(clearing.CLEAR_JOB, clearing.run_clear)
        registry.add(plan_jobs.KIND, plan_jobs.handle_plan)
        messages.register(registry, Channels())
        self._workshop = Workshop(database, self.clock, registry, "rehearsal")

    @property
    def at(self) -> datetime:
        """The rehearsal's present instant."""
        return self.clock.at

    def move_to(self, at: datetime) -> None:
        """Let time pass, never backwards."""
        self.clock.at = max(self.clock.at, at)

    def do_jobs(self) -> None:
        """Do every job that is due.

        :raises JobFailed: if one could not be done.
        """
        drain(self._workshop)
        with self.database.reading() as session:
            failed = session.scalar(
                select(Job).where(Job.error.is_not(None)).order_by(Job.id).limit(1)
            )
        if failed is not None:
            raise JobFailed(key=failed.key, error=str(failed.error))


@contextmanager
def stage(config: Config, *, at: datetime) -> Iterator[Stage]:
    """Yield a stage on an empty database that is thrown away afterwards."""
    with tempfile.TemporaryDirectory(prefix="farmgate-demo-") as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'demo.db'}"
        preparing.migrate(dataclasses.replace(config, database_url=url))
        database = Database(url)
        kernel_database.bind(database)
        yield Stage(database, at)
        database.dispose()
