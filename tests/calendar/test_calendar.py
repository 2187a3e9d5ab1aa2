"""The weekly calendar, its exceptions, and the hours of a day."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select

from app import calendar
from app.kernel.database import Database
from app.models import CalendarException, CalendarExceptionKind, Cooperative, MarketDay
from tests.market import AT, make_market


def days(database: Database) -> list[date]:
    with database.reading() as session:
        return list(session.scalars(select(MarketDay.on).order_by(MarketDay.on)))


def test_tuesdays_and_fridays_come_once_and_festivals_are_left_out(database: Database) -> None:
    with database.transaction() as session:
        market = make_market(session)
        for on, kind in (
            (date(2026, 5, 8), CalendarExceptionKind.CLOSED),
            (date(2026, 5, 9), CalendarExceptionKind.EXTRA),
        ):
            session.add(CalendarException(cooperative_id=market.cooperative_id, on=on, kind=kind))
    for _ in range(2):
        with database.transaction() as session:
            calendar.make_days(
                session, cooperative_id=market.cooperative_id, at=AT, horizon_days=10
            )
    assert days(database) == [date(2026, 5, 5), date(2026, 5, 9), date(2026, 5, 12)]


def test_a_day_whose_cut_off_is_over_is_not_made(database: Database) -> None:
    with database.transaction() as session:
        market = make_market(session)
        late = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
        calendar.make_days(session, cooperative_id=market.cooperative_id, at=late, horizon_days=5)
    assert days(database) == [date(2026, 5, 8)]


def test_the_cut_off_keeps_its_wall_clock_hour_over_a_change_of_clocks(
    database: Database,
) -> None:
    with database.transaction() as session:
        market = make_market(session)
        session.get_one(Cooperative, market.cooperative_id).time_zone = "Europe/Lisbon"
        session.flush()
        calendar.make_days(
            session,
            cooperative_id=market.cooperative_id,
            at=datetime(2026, 3, 26, tzinfo=UTC),
            horizon_days=6,
        )
        hours = [
            day.farmers_cutoff_at
            for day in session.scalars(select(MarketDay).order_by(MarketDay.on))
        ]
    # 16:00 in Lisbon: 16:00 UTC in winter, 15:00 UTC after the clocks went on.
    assert [at.hour for at in hours] == [16, 15]
    assert hours[1] - hours[0] == timedelta(days=4, hours=-1)
