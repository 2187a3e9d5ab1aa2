"""Recurring work: one job a slot, whatever is missed, repeated or set back."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.jobs import services
from app.jobs.pruning import KEEP, prune
from app.jobs.registry import Registry
from app.jobs.running import drain
from app.jobs.schedules import drop_schedule, enqueue_slots, ensure_schedule, has_due_slots
from app.kernel.clock import FixedClock
from app.kernel.database import Database
from app.media.store import FolderStore
from app.models.jobs import Job
from app.tasks import build_registry, ensure_schedules
from tests.jobs.conftest import NOON, Hire


def _keys_at(database: Database, at: datetime) -> list[str]:
    with database.transaction() as session:
        return [job.key for job in enqueue_slots(session, at=at)]


def _sweep_every_minute(database: Database) -> None:
    with database.transaction() as session:
        ensure_schedule(session, name="sweep", kind="sweep", at=NOON, every_s=60)


def test_each_slot_makes_one_job_however_often_it_is_looked_at(ticking: Database) -> None:
    _sweep_every_minute(ticking)
    assert _keys_at(ticking, NOON) == []
    assert _keys_at(ticking, NOON + timedelta(seconds=61)) == ["sweep@2026-11-23T12:01:00Z"]
    assert _keys_at(ticking, NOON + timedelta(seconds=62)) == []
    assert _keys_at(ticking, NOON + timedelta(seconds=120)) == ["sweep@2026-11-23T12:02:00Z"]


def test_slots_missed_while_nobody_worked_make_one_job(ticking: Database) -> None:
    _sweep_every_minute(ticking)
    assert _keys_at(ticking, NOON + timedelta(hours=9)) == ["sweep@2026-11-23T21:00:00Z"]
    assert _keys_at(ticking, NOON + timedelta(hours=9)) == []


def test_a_clock_set_back_a_day_does_not_stop_a_schedule(ticking: Database) -> None:
    with ticking.transaction() as session:
        later = NOON + timedelta(days=1)
        ensure_schedule(session, name="sweep", kind="sweep", at=later, every_s=60)
    assert _keys_at(ticking, NOON) == ["sweep@2026-11-23T12:00:00Z"]
    assert _keys_at(ticking, NOON + timedelta(seconds=60)) == ["sweep@2026-11-23T12:01:00Z"]


def test_ensuring_a_schedule_again_changes_nothing_and_another_rhythm_moves_it(
    ticking: Database,
) -> None:
    _sweep_every_minute(ticking)
    with ticking.transaction() as session:
        at = NOON + timedelta(seconds=90)
        again = ensure_schedule(session, name="sweep", kind="sweep", at=at, every_s=60)
        assert again.next_at == NOON + timedelta(minutes=1)
        hourly = ensure_schedule(session, name="sweep", kind="sweep", at=at, every_s=3600)
        assert hourly.next_at == NOON + timedelta(hours=1)
    with ticking.transaction() as session:
        drop_schedule(session, name="sweep")
        drop_schedule(session, name="sweep")
        assert not has_due_slots(session, at=NOON + timedelta(days=1))


def test_a_daily_schedule_keeps_the_wall_clock_across_summer_time(ticking: Database) -> None:
    before = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
    with ticking.transaction() as session:
        schedule = ensure_schedule(
            session, name="dawn", kind="dawn", at=before, daily_at=time(6), zone="Europe/Berlin"
        )
    # The clocks go forward on the 29th: six o'clock is 04:00 UTC from then on.
    assert schedule.next_at == datetime(2026, 3, 29, 4, 0, tzinfo=UTC)


def test_a_schedule_needs_one_rhythm(ticking: Database) -> None:
    with pytest.raises(ValueError, match="not both"), ticking.transaction() as session:
        ensure_schedule(session, name="both", kind="x", at=NOON, every_s=1, daily_at=time(1))


def test_old_ends_are_pruned_and_failures_stay(
    hire: Hire, registry: Registry, clock: FixedClock
) -> None:
    worker = hire("wang")
    registry.add("good", lambda context: context.commit_done())
    with worker.database.transaction() as session:
        for kind in ("good", "unknown"):
            services.enqueue(session, kind=kind, key=kind, payload={}, at=NOON)
    for _ in range(8):
        drain(worker)
        clock.at += timedelta(hours=2)
    with worker.database.transaction() as session:
        assert prune(session, payload={}, at=clock.at) == {"deleted": 0}
        assert prune(session, payload={}, at=clock.at + KEEP) == {"deleted": 1}
    with worker.database.reading() as session:
        assert session.scalars(select(Job.key)).all() == ["unknown"]


def test_the_installation_s_own_schedules_are_of_kinds_that_it_can_do(
    ticking: Database, tmp_path: Path
) -> None:
    with ticking.transaction() as session:
        ensure_schedules(session, at=NOON)
        jobs = enqueue_slots(session, at=NOON + timedelta(days=1))
    registry = build_registry(FolderStore(tmp_path))
    assert "jobs.prune" in {registry.kind(job.kind).name for job in jobs}
