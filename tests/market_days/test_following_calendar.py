"""A changed calendar brings the unused days along, and each still closes in its time."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from app.kernel.database import Database
from app.market_days import opening
from app.market_days.following_calendar import follow_calendar
from app.models import Job, JobState, MarketDay, MarketDayState
from app.setting_up import market_calendar
from app.setting_up.market_calendar import FourTimes
from tests.market import AT, FRIDAY, TUESDAY, listed, make_market

EARLY = FourTimes(-10 * 60, -9 * 60, -8 * 60, 6 * 60)
LATE = FourTimes(-3 * 60, -2 * 60, -60, 7 * 60)


def test_a_second_time_changes_nothing(database: Database) -> None:
    with database.transaction() as session:
        home = make_market(session).cooperative_id
        first = follow_calendar(session, cooperative_id=home, at=AT)
        second = follow_calendar(session, cooperative_id=home, at=AT)
    assert first.made > 0
    assert (second.made, second.changed, second.removed, second.kept_on) == (0, 0, 0, ())


def test_a_day_with_a_lot_keeps_its_times_and_is_named(database: Database) -> None:
    with database.transaction() as session:
        market = make_market(session)
        home = market.cooperative_id
        follow_calendar(session, cooperative_id=home, at=AT)
        lot = listed(session, market, key="lot")
        day = session.get_one(MarketDay, lot.market_day_id)
        assert day.on == TUESDAY
        before = day.buyers_cutoff_at
        market_calendar.put_rules(session, cooperative_id=home, weekdays=[1, 4], times=LATE)
        done = follow_calendar(session, cooperative_id=home, at=AT)
        assert done.kept_on == (TUESDAY,)
        assert done.changed > 0
        assert session.get_one(MarketDay, day.id).buyers_cutoff_at == before


def test_a_day_that_went_and_came_back_is_closed_at_its_cut_off(database: Database) -> None:
    with database.transaction() as session:
        home = make_market(session).cooperative_id
        follow_calendar(session, cooperative_id=home, at=AT)
        for weekday in (1, 4):
            market_calendar.remove_rule(session, cooperative_id=home, weekday=weekday)
        gone = follow_calendar(session, cooperative_id=home, at=AT)
        market_calendar.put_rules(session, cooperative_id=home, weekdays=[1, 4], times=EARLY)
        back = follow_calendar(session, cooperative_id=home, at=AT)
        assert gone.removed == back.made
        friday = session.scalars(select(MarketDay).where(MarketDay.on == FRIDAY)).one()
        after = friday.buyers_cutoff_at + timedelta(minutes=1)
        due = session.scalars(
            select(Job).where(Job.kind == opening.CLOSE_JOB, Job.due_at < after)
        ).all()
        assert all(job.state is JobState.WAITING for job in due)
        for job in due:
            opening.run_close(session, payload=job.payload, at=after)
        session.flush()
        assert session.get_one(MarketDay, friday.id).state is MarketDayState.CLOSED
