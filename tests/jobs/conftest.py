"""Workers at one database, with a clock that stands still until a test moves it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from app.jobs.registry import Registry
from app.jobs.running import Workshop
from app.kernel.clock import FixedClock
from app.kernel.database import Database
from tests.jobs.ticks import ticks

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
Hire = Callable[[str], Workshop]


@pytest.fixture
def clock() -> FixedClock:
    """Return a clock that stands at noon."""
    return FixedClock(NOON)


@pytest.fixture
def registry() -> Registry:
    """Return a registry without kinds of job; workers hired later see what is added."""
    return Registry()


@pytest.fixture
def ticking(database: Database) -> Database:
    """Return the test's database, with the table that effects are counted in."""
    with database.transaction() as session:
        ticks.metadata.create_all(session.connection())
    return database


@pytest.fixture
def hire(ticking: Database, clock: FixedClock, registry: Registry) -> Hire:
    """Return workshops by the worker's name, all at one database and one clock."""

    def by_name(worker: str) -> Workshop:
        return Workshop(ticking, clock, registry, worker)

    return by_name
