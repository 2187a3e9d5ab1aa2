"""Bring the coming market days to a changed calendar, as far as nobody relies on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import calendar
from app.kernel.clock import local
from app.market_days import opening
from app.models import Cooperative, Lot, MarketDay, MarketDayState, MarketDayStep, Order


@dataclass(frozen=True)
class Followed:
    """What became of the coming days; ``kept_on``: dates that differ and are relied on."""

    made: int
    changed: int
    removed: int
    kept_on: tuple[date, ...]


def follow_calendar(session: Session, *, cooperative_id: int, at: datetime) -> Followed:
    """Make the calendar's days, and give unused ones its new times or take them away.

    A day with a lot, an order or a step is left as it is: it is postponed or cancelled
    on its own page, where everybody concerned is told.
    """
    wanted = calendar.wanted_days(session, cooperative_id=cooperative_id, at=at)
    changed = removed = 0
    kept = []
    for day in _coming(session, cooperative_id, at):
        times = wanted.get(day.on)
        if day.postponed_from_on is not None or times == _times(day):
            continue
        if _is_used(session, day) or (times is None and not _remove(session, day)):
            kept.append(day.on)
        elif times is None:
            removed += 1
        else:
            _set_times(session, day, times, at)
            changed += 1
    made = opening.open_coming_days(session, cooperative_id=cooperative_id, at=at)
    return Followed(len(made), changed, removed, tuple(kept))


def _coming(session: Session, cooperative_id: int, at: datetime) -> list[MarketDay]:
    today = local(at, session.get_one(Cooperative, cooperative_id).time_zone).date()
    return list(
        session.scalars(
            select(MarketDay)
            .where(
                MarketDay.cooperative_id == cooperative_id,
                MarketDay.state == MarketDayState.OPEN,
                # What nobody can order for any more is history, however its times differ.
                MarketDay.buyers_cutoff_at > at,
                MarketDay.on <= today + timedelta(days=calendar.HORIZON_DAYS),
            )
            .order_by(MarketDay.on, MarketDay.id)
            .with_for_update()
        )
    )


def _is_used(session: Session, day: MarketDay) -> bool:
    return any(
        session.scalar(select(exists().where(row.market_day_id == day.id)))
        for row in (Lot, Order, MarketDayStep)
    )


def _remove(session: Session, day: MarketDay) -> bool:
    try:
        with session.begin_nested():
            session.delete(day)
            session.flush()
    except IntegrityError:
        # Something else points at it: a village was put off to this day, say.
        return False
    return True


def _set_times(session: Session, day: MarketDay, times: calendar.DayTimes, at: datetime) -> None:
    day.farmers_cutoff_at = times.farmers_cutoff_at
    day.buyers_cutoff_at = times.buyers_cutoff_at
    day.confirm_by_at = times.confirm_by_at
    day.pickup_at = times.pickup_at
    session.flush()
    opening.schedule_close(session, day=day, at=at)


def _times(day: MarketDay) -> calendar.DayTimes:
    return calendar.DayTimes(
        day.farmers_cutoff_at, day.buyers_cutoff_at, day.confirm_by_at, day.pickup_at
    )
