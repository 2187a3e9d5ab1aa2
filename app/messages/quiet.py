"""The hours in which a cooperative's phones are left in peace."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from sqlalchemy.orm import Session

from app.kernel.clock import instant, local
from app.models import QuietHours

# Farmers rise with the sun; nobody is woken by what can wait until six.
USUAL_FROM, USUAL_UNTIL = 21 * 60, 6 * 60


def quiet_hours(session: Session, *, cooperative_id: int) -> tuple[int, int]:
    """Return the first quiet minute of the day and the first that is not."""
    kept = session.get(QuietHours, cooperative_id)
    return (USUAL_FROM, USUAL_UNTIL) if kept is None else (kept.from_minute, kept.until_minute)


def set_quiet_hours(
    session: Session, *, cooperative_id: int, from_minute: int, until_minute: int
) -> None:
    """Keep a cooperative's quiet hours; the same time twice means that there are none."""
    session.merge(
        QuietHours(
            cooperative_id=cooperative_id, from_minute=from_minute, until_minute=until_minute
        )
    )
    session.flush()


def not_before(at: datetime, *, zone: str, hours: tuple[int, int]) -> datetime:
    """Return the instant itself, or the end of the quiet hours that it lies in."""
    from_minute, until_minute = hours
    here = local(at, zone)
    minute = here.hour * 60 + here.minute
    over_midnight = from_minute > until_minute
    if over_midnight:
        is_quiet = minute >= from_minute or minute < until_minute
    else:
        is_quiet = from_minute <= minute < until_minute
    if not is_quiet:
        return at
    ends_on = here.date()
    if over_midnight and minute >= from_minute:
        ends_on += timedelta(days=1)
    return instant(ends_on, time(until_minute // 60, until_minute % 60), zone)
