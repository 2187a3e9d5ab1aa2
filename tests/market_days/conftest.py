"""A market that is open on Tuesday, and a worker that does jobs when it is told to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from app.jobs.running import Workshop, drain
from app.kernel.clock import FixedClock
from app.kernel.database import Database
from app.market_days import opening
from app.media.store import FolderStore
from app.models import Job, MarketDay
from app.tasks import build_registry
from tests.market import AT, TUESDAY, Market, make_market

KEY = "k"


@dataclass(frozen=True)
class Day:
    """The market, the id and the instants of its Tuesday."""

    market: Market
    id: int
    cutoff_at: datetime
    pickup_at: datetime


@pytest.fixture
def day(database: Database) -> Day:
    with database.transaction() as session:
        market = make_market(session)
        opening.open_coming_days(session, cooperative_id=market.cooperative_id, at=AT)
        row = session.scalars(select(MarketDay).where(MarketDay.on == TUESDAY)).one()
        return Day(market, row.id, row.buyers_cutoff_at, row.pickup_at)


@pytest.fixture
def work(database: Database, tmp_path: Path) -> Callable[[datetime], None]:
    """Return a function that does every job that is due at an instant."""
    registry = build_registry(FolderStore(tmp_path))

    def work(at: datetime) -> None:
        drain(Workshop(database, FixedClock(at), registry, "test"))
        with database.reading() as session:
            failed = session.scalars(select(Job).where(Job.error.is_not(None))).all()
        assert [(job.key, job.error) for job in failed] == []

    return work
