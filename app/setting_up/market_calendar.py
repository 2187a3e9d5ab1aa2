"""The weekly calendar and the dates on which it does not hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.kernel.clock import local
from app.kernel.errors import N_, BadInput
from app.models import CalendarException, CalendarExceptionKind, CalendarRule, Cooperative
from app.setting_up.prices import InThePast


class TimesOutOfOrder(BadInput):
    """The four times of a day contradict each other."""

    code = "setup_times_out_of_order"
    message = N_(
        "Both cut-offs must come before the farmers' confirmation, and that before the pickup."
    )


class NoWeekdayChosen(BadInput):
    """Times for no weekday at all."""

    code = "setup_no_weekday_chosen"
    message = N_("Tick at least one weekday.")


@dataclass(frozen=True)
class FourTimes:
    """Minutes from midnight at the start of the market's date; negative: a day before."""

    farmers_cutoff_minute: int
    buyers_cutoff_minute: int
    confirm_by_minute: int
    pickup_minute: int


def rules(session: Session, *, cooperative_id: int) -> dict[int, CalendarRule]:
    """Return the weekly rules by weekday, 0 for Monday."""
    found = session.scalars(
        select(CalendarRule)
        .where(CalendarRule.cooperative_id == cooperative_id)
        .order_by(CalendarRule.weekday)
    )
    return {rule.weekday: rule for rule in found}


def put_rules(
    session: Session, *, cooperative_id: int, weekdays: Iterable[int], times: FourTimes
) -> None:
    """Have a market on some weekdays at these times, new or in place of what they had.

    :raises NoWeekdayChosen: without a weekday.
    :raises TimesOutOfOrder: if the times contradict each other.
    """
    wanted = sorted(set(weekdays))
    if not wanted or not set(wanted) <= set(range(7)):
        raise NoWeekdayChosen(field="weekdays")
    last_cutoff = max(times.farmers_cutoff_minute, times.buyers_cutoff_minute)
    if not last_cutoff <= times.confirm_by_minute <= times.pickup_minute:
        raise TimesOutOfOrder(field="confirm_by")
    known = rules(session, cooperative_id=cooperative_id)
    for weekday in wanted:
        rule = known.get(weekday) or CalendarRule(cooperative_id=cooperative_id, weekday=weekday)
        rule.farmers_cutoff_minute = times.farmers_cutoff_minute
        rule.buyers_cutoff_minute = times.buyers_cutoff_minute
        rule.confirm_by_minute = times.confirm_by_minute
        rule.pickup_minute = times.pickup_minute
        session.add(rule)
    session.flush()


def remove_rule(session: Session, *, cooperative_id: int, weekday: int) -> None:
    """Have no market on a weekday; a second time changes nothing."""
    session.execute(
        delete(CalendarRule).where(
            CalendarRule.cooperative_id == cooperative_id, CalendarRule.weekday == weekday
        )
    )


def coming_exceptions(
    session: Session, *, cooperative_id: int, at: datetime
) -> list[CalendarException]:
    """Return the exceptions from today on, by date."""
    return list(
        session.scalars(
            select(CalendarException)
            .where(
                CalendarException.cooperative_id == cooperative_id,
                CalendarException.on >= _today(session, cooperative_id, at),
            )
            .order_by(CalendarException.on, CalendarException.id)
        )
    )


def put_exception(
    session: Session,
    *,
    cooperative_id: int,
    on: date,
    kind: CalendarExceptionKind,
    note: str,
    at: datetime,
) -> None:
    """Close a date or add one, in place of what was said of it before.

    :raises InThePast: if the date is over.
    """
    if on < _today(session, cooperative_id, at):
        raise InThePast(field="on")
    known = session.scalar(
        select(CalendarException).where(
            CalendarException.cooperative_id == cooperative_id, CalendarException.on == on
        )
    )
    row = known or CalendarException(cooperative_id=cooperative_id, on=on)
    row.kind, row.note = kind, note
    session.add(row)
    session.flush()


def remove_exception(session: Session, *, cooperative_id: int, exception_id: int) -> None:
    """Let the weekly rule hold again on a date; a second time changes nothing."""
    session.execute(
        delete(CalendarException).where(
            CalendarException.cooperative_id == cooperative_id,
            CalendarException.id == exception_id,
        )
    )


def _today(session: Session, cooperative_id: int, at: datetime) -> date:
    return local(at, session.get_one(Cooperative, cooperative_id).time_zone).date()
