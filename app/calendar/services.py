"""Make market days from the weekly calendar and find the day that something fits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.kernel.clock import instant, local
from app.kernel.database import insert_if_new
from app.models import (
    CalendarException,
    CalendarExceptionKind,
    CalendarRule,
    Cooperative,
    MarketDay,
    MarketDayState,
    VillagePostponement,
)

_MINUTES_PER_DAY = 24 * 60
HORIZON_DAYS = 21


@dataclass(frozen=True)
class DayTimes:
    """The four instants of a market day, in UTC."""

    farmers_cutoff_at: datetime
    buyers_cutoff_at: datetime
    confirm_by_at: datetime
    pickup_at: datetime


def make_days(
    session: Session, *, cooperative_id: int, at: datetime, horizon_days: int = HORIZON_DAYS
) -> list[int]:
    """Make the market days that the calendar asks for from today on; return the new ids.

    A day whose cut-off is over is not made any more; a day that exists is left alone.
    """
    wanted = wanted_days(session, cooperative_id=cooperative_id, at=at, horizon_days=horizon_days)
    made = []
    for on, times in wanted.items():
        day_id = insert_if_new(
            session,
            MarketDay,
            {
                "cooperative_id": cooperative_id,
                "on": on,
                "state": MarketDayState.OPEN,
                "farmers_cutoff_at": times.farmers_cutoff_at,
                "buyers_cutoff_at": times.buyers_cutoff_at,
                "confirm_by_at": times.confirm_by_at,
                "pickup_at": times.pickup_at,
                "created_at": at,
            },
        )
        if day_id is not None:
            made.append(day_id)
    return made


def wanted_days(
    session: Session, *, cooperative_id: int, at: datetime, horizon_days: int = HORIZON_DAYS
) -> dict[date, DayTimes]:
    """Return the coming dates that the calendar asks for, with their times, by date.

    A date whose buyers' cut-off is over is not among them.
    """
    cooperative = session.get_one(Cooperative, cooperative_id)
    rules = {
        rule.weekday: rule
        for rule in session.scalars(
            select(CalendarRule).where(CalendarRule.cooperative_id == cooperative_id)
        )
    }
    if not rules:
        return {}
    exceptions = {
        row.on: row.kind
        for row in session.scalars(
            select(CalendarException).where(CalendarException.cooperative_id == cooperative_id)
        )
    }
    # The day of such a date is held on another one; it is not held twice.
    postponed = set(
        session.scalars(
            select(MarketDay.postponed_from_on).where(
                MarketDay.cooperative_id == cooperative_id,
                MarketDay.postponed_from_on.is_not(None),
            )
        )
    )
    today = local(at, cooperative.time_zone).date()
    wanted = {}
    for offset in range(horizon_days + 1):
        on = today + timedelta(days=offset)
        rule = _rule_of(on, rules, exceptions)
        if rule is None or on in postponed:
            continue
        times = times_of(rule, on, cooperative.time_zone)
        if times.buyers_cutoff_at > at:
            wanted[on] = times
    return wanted


def times_of(rule: CalendarRule, on: date, zone: str) -> DayTimes:
    """Return the four instants that a rule gives to a date in a zone."""
    return DayTimes(
        farmers_cutoff_at=_wall_clock(on, rule.farmers_cutoff_minute, zone),
        buyers_cutoff_at=_wall_clock(on, rule.buyers_cutoff_minute, zone),
        confirm_by_at=_wall_clock(on, rule.confirm_by_minute, zone),
        pickup_at=_wall_clock(on, rule.pickup_minute, zone),
    )


def open_day(session: Session, *, cooperative_id: int, at: datetime) -> MarketDay | None:
    """Return the next day that still takes orders at an instant, if there is one."""
    return session.scalar(
        _open_days(cooperative_id).where(MarketDay.buyers_cutoff_at > at).limit(1)
    )


def day_for_lot(
    session: Session,
    *,
    cooperative_id: int,
    village_id: int,
    ready_from_on: date,
    ready_until_on: date,
    at: datetime,
    after_on: date | None = None,
) -> MarketDay | None:
    """Return the first open day within a lot's window that it is still in time for.

    Days on which the truck does not come to the village are passed over.

    :param after_on: look only at later days, for a lot that has to move on.
    """
    postponed = select(VillagePostponement.market_day_id).where(
        VillagePostponement.village_id == village_id
    )
    wanted = _open_days(cooperative_id).where(
        MarketDay.farmers_cutoff_at > at,
        MarketDay.on >= ready_from_on,
        MarketDay.on <= ready_until_on,
        MarketDay.id.not_in(postponed),
    )
    if after_on is not None:
        wanted = wanted.where(MarketDay.on > after_on)
    while True:
        day = session.scalar(wanted.limit(1))
        if day is None:
            return None
        # The share lock keeps the day from closing, or from being called off, before
        # the lot is on it; what closed in between is passed over.
        session.refresh(day, with_for_update={"read": True})
        if day.state is MarketDayState.OPEN:
            return day
        wanted = wanted.where(MarketDay.on > day.on)


def day_for_order(
    session: Session,
    *,
    cooperative_id: int,
    first_on: date,
    last_on: date,
    at: datetime,
    after_on: date | None = None,
) -> MarketDay | None:
    """Return the first open day within a buyer's window whose cut-off is still ahead.

    :param after_on: look only at later days, for an order that has to move on.
    """
    wanted = _open_days(cooperative_id).where(
        MarketDay.buyers_cutoff_at > at, MarketDay.on >= first_on, MarketDay.on <= last_on
    )
    if after_on is not None:
        wanted = wanted.where(MarketDay.on > after_on)
    return session.scalar(wanted.limit(1))


def _open_days(cooperative_id: int) -> Select[MarketDay]:
    return (
        select(MarketDay)
        .where(MarketDay.cooperative_id == cooperative_id, MarketDay.state == MarketDayState.OPEN)
        .order_by(MarketDay.on, MarketDay.id)
    )


def _rule_of(
    on: date,
    rules: dict[int, CalendarRule],
    exceptions: dict[date, CalendarExceptionKind],
) -> CalendarRule | None:
    kind = exceptions.get(on)
    if kind is CalendarExceptionKind.CLOSED:
        return None
    if on.weekday() in rules:
        return rules[on.weekday()]
    if kind is CalendarExceptionKind.EXTRA:
        # An extra day has no rule of its own; it keeps the hours of the nearest weekday.
        nearest = min(rules, key=lambda day: (abs(day - on.weekday()), day))
        return rules[nearest]
    return None


def _wall_clock(on: date, minute: int, zone: str) -> datetime:
    days, of_day = divmod(minute, _MINUTES_PER_DAY)
    return instant(on + timedelta(days=days), time(of_day // 60, of_day % 60), zone)
