"""A database for each test, on every engine that was configured, and a bench to work at."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from app.jobs.registry import Registry
from app.jobs.running import Workshop
from app.kernel.clock import FixedClock
from app.kernel.database import Database
from app.models import Base
from tests.jobs.ticks import ticks

POSTGRESQL = os.environ.get("FARMGATE_TEST_DATABASE_URL", "")
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

postgresql_only = pytest.mark.skipif(
    not POSTGRESQL.startswith("postgresql"), reason="FARMGATE_TEST_DATABASE_URL is not set"
)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=postgresql_only)])
def job_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database of its own, with every table and the tests' ticks."""
    if request.param == "sqlite":
        yield from _tables_in(f"sqlite:///{tmp_path / 'farmgate.db'}")
        return
    name = f"farmgate_jobs_{uuid.uuid4().hex[:12]}"
    server = create_engine(POSTGRESQL, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    url = make_url(POSTGRESQL).set(database=name)
    yield from _tables_in(url.render_as_string(hide_password=False))
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


def _tables_in(url: str) -> Iterator[Database]:
    database = Database(url)
    Base.metadata.create_all(database.engine)
    ticks.metadata.create_all(database.engine)
    yield database
    database.dispose()


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands at noon until a test moves it."""
    return FixedClock(NOON)


@pytest.fixture
def registry() -> Registry:
    """No kinds of job yet."""
    return Registry()


@pytest.fixture
def hire(job_database: Database, clock: FixedClock, registry: Registry) -> Callable[..., Workshop]:
    """Return workshops by the worker's name, all at one database."""

    def by_name(worker: str) -> Workshop:
        return Workshop(job_database, clock, registry, worker)

    return by_name
