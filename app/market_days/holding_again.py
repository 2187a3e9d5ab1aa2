"""Hold a cancelled market day after all: the counter-step of cancelling it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import calendar
from app.market_days import opening, steps
from app.models import ClearingRun, MarketDay
from farmers.services import harvests


def hold_again(
    session: Session, *, market_day_id: int, key: str, person_id: int | None, at: datetime
) -> MarketDay:
    """Open a cancelled day anew, with the calendar's times where it asks for its date.

    What was cancelled stays cancelled: lots have moved on and money went back. Lots
    that wait without a day find it; everybody else offers and orders anew.

    :raises WrongState: if the day is not cancelled.
    :raises CutOffsOver: if nobody could order for it any more.
    """
    day = steps.locked_day(session, market_day_id)
    if steps.is_recorded(session, key):
        return day
    times = calendar.wanted_days(session, cooperative_id=day.cooperative_id, at=at).get(day.on)
    cutoffs = (day.farmers_cutoff_at, day.buyers_cutoff_at)
    if times is not None:
        cutoffs = (times.farmers_cutoff_at, times.buyers_cutoff_at)
    if day.state in steps.HOLD_AGAIN.from_states and max(cutoffs) <= at:
        raise opening.CutOffsOver
    if not steps.take_step(
        session, day=day, step=steps.HOLD_AGAIN, key=key, person_id=person_id, at=at
    ):
        return day
    if times is not None:
        day.farmers_cutoff_at, day.buyers_cutoff_at = cutoffs
        day.confirm_by_at, day.pickup_at = times.confirm_by_at, times.pickup_at
    for run in session.scalars(
        select(ClearingRun).where(
            ClearingRun.market_day_id == day.id, ClearingRun.undone_at.is_(None)
        )
    ):
        # What the first holding gave was released with it.
        run.undone_at = at
    session.flush()
    opening.schedule_close(session, day=day, at=at)
    harvests.place_parked(session, cooperative_id=day.cooperative_id, at=at)
    return day
