"""A driver's runs: what is next, how late it gets, and when it is over."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.kernel.database import Database
from app.models import Run, Stop, WeighingOutcome
from logistics.services import driving, run_reading, weighing
from tests.logistics.valley import AT, Valley, build


def _valley(database_session: object) -> tuple[Valley, Run]:
    valley = build(database_session)  # type: ignore[arg-type]
    valley.offer("Wu Mei", "Longfeng", 100_000, 60_000)
    valley.offer("Yang Hua", "Baiyang", 100_000, 60_000)
    valley.offer("Tan Jun", "Tunbao", 100_000, 60_000)
    valley.plan()
    return valley, valley.session.scalars(select(Run)).one()


def _load(valley: Valley, stop: Stop, *, late: timedelta) -> None:
    (lot,) = run_reading.read_stop(valley.session, stop_id=stop.id).lots
    weighing.weigh_in(
        valley.session,
        stop_id=stop.id,
        lot_id=lot.lot_id,
        outcome=WeighingOutcome.LOADED,
        gross_g=60_000,
        person_id=valley.driver.id,
        key=f"stop-{stop.id}",
        at=stop.departs_at + late,
    )


def test_a_driver_sees_own_published_runs_only(database: Database) -> None:
    with database.transaction() as session:
        valley, run = _valley(session)
        assert driving.runs_of(session, driver_id=valley.driver.id, at=AT) == [run]
        assert driving.runs_of(session, driver_id=valley.manager.id, at=AT) == []
        assert driving.runs_of(session, driver_id=valley.driver.id, at=AT + timedelta(9)) == []


def test_the_next_stop_is_the_first_that_is_not_done(database: Database) -> None:
    with database.transaction() as session:
        valley, run = _valley(session)
        before = driving.progress(session, run_id=run.id, at=AT)
        assert before.next_stop is before.stops[0]
        _load(valley, before.stops[0], late=timedelta(0))
        after = driving.progress(session, run_id=run.id, at=AT)
        assert (after.next_stop, after.done_count) == (after.stops[1], 1)


def test_a_late_stop_moves_the_estimates_of_all_after_it(database: Database) -> None:
    with database.transaction() as session:
        valley, run = _valley(session)
        first = driving.progress(session, run_id=run.id, at=AT).stops[0]
        _load(valley, first, late=timedelta(minutes=20))
        after = driving.progress(
            session, run_id=run.id, at=first.departs_at + timedelta(minutes=20)
        )
        assert [e.expected_at - e.planned_at for e in after.estimates] == [
            timedelta(minutes=20),
            timedelta(minutes=20),
        ]


def test_an_early_truck_is_not_announced_early_nor_in_the_past(database: Database) -> None:
    with database.transaction() as session:
        _, run = _valley(session)
        driving.start(session, run_id=run.id, at=run.starts_at - timedelta(minutes=30))
        early = driving.progress(session, run_id=run.id, at=run.starts_at)
        assert [e.expected_at for e in early.estimates] == [s.arrives_at for s in early.stops]
        overdue_at = early.stops[0].arrives_at + timedelta(hours=1)
        overdue = driving.progress(session, run_id=run.id, at=overdue_at)
        assert overdue.estimates[0].expected_at == overdue_at


def test_a_run_ends_once_every_stop_is_marked(database: Database) -> None:
    with database.transaction() as session:
        valley, run = _valley(session)
        with pytest.raises(driving.StopsOpen):
            driving.finish(session, run_id=run.id, at=AT)
        assert run.finished_at is None
        for stop in driving.progress(session, run_id=run.id, at=AT).stops:
            _load(valley, stop, late=timedelta(0))
        driving.finish(session, run_id=run.id, at=AT + timedelta(hours=8))
        driving.finish(session, run_id=run.id, at=AT + timedelta(hours=9))
        assert run.finished_at == AT + timedelta(hours=8)
