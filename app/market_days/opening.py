"""Make the coming market days with the lots promised for them, close each in its time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import calendar
from app.jobs import services as jobs
from app.kernel.errors import N_, Refusal
from app.market_days import steps
from app.models import Cooperative, MarketDay, MarketDayState
from app.orders.queueing import try_queued
from app.stock import freeze_day, thaw_day
from farmers.services import harvests, promised_days

CALENDAR_JOB = "calendar"
CLOSE_JOB = "close_day"


class CutOffsOver(Refusal):
    """Both cut-offs are over, so the day would close again at once."""

    code = "cut_offs_over"
    message = N_("Both cut-offs are over. Postpone the day if farmers and buyers need more time.")


def open_coming_days(session: Session, *, cooperative_id: int, at: datetime) -> list[int]:
    """Make what the calendar asks for and schedule the close of each; return the new days."""
    made = calendar.make_days(session, cooperative_id=cooperative_id, at=at)
    for day_id in made:
        schedule_close(session, day=session.get_one(MarketDay, day_id), at=at)
    harvests.place_parked(session, cooperative_id=cooperative_id, at=at)
    promised_days.make_lots(session, cooperative_id=cooperative_id, at=at)
    return made


def schedule_close(session: Session, *, day: MarketDay, at: datetime) -> None:
    """Have a day closed when both cut-offs are over."""
    due_at = max(day.farmers_cutoff_at, day.buyers_cutoff_at)
    # A day that was opened again after its job was done, because the clock was put back,
    # needs another one.
    reopened = sum(step.name == steps.REOPEN.name for step in steps.steps_of(session, day.id))
    jobs.enqueue(
        session,
        kind=CLOSE_JOB,
        # A postponed day has another cut-off and so another job; the old one finds
        # the cut-off ahead of it and does nothing.
        key=f"close:{day.id}:{int(due_at.timestamp())}:{reopened}",
        payload={"market_day_id": day.id},
        at=at,
        due_at=due_at,
        cooperative_id=day.cooperative_id,
    )


def close(
    session: Session, *, market_day_id: int, key: str, person_id: int | None, at: datetime
) -> MarketDay:
    """Close a day for farmers and buyers and freeze its lots for the matching.

    :raises WrongState: if the day is past this step.
    """
    day = steps.locked_day(session, market_day_id)
    if steps.take_step(session, day=day, step=steps.CLOSE, key=key, person_id=person_id, at=at):
        freeze_day(session, market_day_id=day.id)
    return day


def reopen(
    session: Session, *, market_day_id: int, key: str, person_id: int | None, at: datetime
) -> MarketDay:
    """Open a closed day again, the way back from a close that came too early.

    :raises WrongState: if the day is not closed, or is being matched.
    :raises CutOffsOver: if it would close again at once.
    """
    day = steps.locked_day(session, market_day_id)
    if max(day.farmers_cutoff_at, day.buyers_cutoff_at) <= at:
        raise CutOffsOver
    if steps.clearing_under_way(session, day) is not None:
        raise steps.WrongState
    if steps.take_step(session, day=day, step=steps.REOPEN, key=key, person_id=person_id, at=at):
        thaw_day(session, market_day_id=day.id)
        # Who ordered while the lots were frozen comes before whoever orders from now on.
        try_queued(session, market_day_id=day.id, at=at)
        schedule_close(session, day=day, at=at)
    return day


def run_calendar(session: Session, *, payload: Mapping[str, Any], at: datetime) -> dict[str, int]:
    """Do the recurring job: open the coming days of every cooperative."""
    made = 0
    for cooperative_id in session.scalars(select(Cooperative.id).order_by(Cooperative.id)).all():
        made += len(open_coming_days(session, cooperative_id=cooperative_id, at=at))
    return {"made": made}


def run_close(session: Session, *, payload: Mapping[str, Any], at: datetime) -> dict[str, str]:
    """Do the scheduled job: close a day whose cut-offs are over, if nobody has yet."""
    if session.get(MarketDay, int(payload["market_day_id"])) is None:
        # The calendar was changed before anybody used the day; see following_calendar.
        return {"state": "removed"}
    day = steps.locked_day(session, int(payload["market_day_id"]))
    if day.state is MarketDayState.OPEN and max(day.farmers_cutoff_at, day.buyers_cutoff_at) <= at:
        close(
            session,
            market_day_id=day.id,
            key=f"close:{day.id}:{len(steps.steps_of(session, day.id))}",
            person_id=None,
            at=at,
        )
    return {"state": day.state.value}
