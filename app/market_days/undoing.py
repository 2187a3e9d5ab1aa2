"""The counter-step of the matching: stock and requests are as before, to be matched anew."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.jobs import services as jobs
from app.market_days import steps
from app.market_days.clearing import under_way
from app.market_days.steps import WrongState
from app.models import ClearingRun, Job, JobState, MarketDay, MarketDayState
from app.orders.allocating import undo_allocations
from app.orders.refiling import file_again
from app.stock import freeze_day
from logistics.services import publishing


def undo(
    session: Session, *, market_day_id: int, key: str, person_id: int | None, at: datetime
) -> MarketDay:
    """Take a matching back, whole or stopped half-way, while no route is published.

    Its allocations go back to the lots, its requests wait again, its plans are
    withdrawn, and the lots are frozen as before it. The runs stay in the record.

    :raises WrongState: if the day has no matching, or its routes are published.
    :raises MarketChanged: if something of it was handed over.
    """
    day = steps.locked_day(session, market_day_id)
    if steps.is_recorded(session, key):
        return day
    started = under_way(session, market_day_id=day.id)
    if day.state is MarketDayState.CLEARED:
        steps.take_step(
            session, day=day, step=steps.UNDO_CLEARING, key=key, person_id=person_id, at=at
        )
    elif day.state is MarketDayState.CLOSED and started is not None:
        for job_key in started.job_keys:
            jobs.cancel(session, key=job_key, at=at)
        steps.record(
            session,
            day=day,
            name=steps.UNDO_CLEARING.name,
            key=key,
            person_id=person_id,
            at=at,
            figures={},
        )
    else:
        raise WrongState
    _stop_planning(session, day, at)
    for run in _applied_runs(session, day.id):
        undo_allocations(session, clearing_run_id=run.id, at=at)
        file_again(session, clearing_run_id=run.id, at=at)
        run.undone_at = at
    freeze_day(session, market_day_id=day.id)
    session.flush()
    return day


def _stop_planning(session: Session, day: MarketDay, at: datetime) -> None:
    """Withdraw the plans of what was given, and stop those that are being made."""
    publishing.withdraw(session, market_day_id=day.id, at=at)
    open_jobs = select(Job.key).where(
        Job.kind == "plan",
        Job.cooperative_id == day.cooperative_id,
        Job.key.like(f"plan:%:{day.id}:%"),
        Job.state.in_([JobState.WAITING, JobState.RUNNING]),
    )
    for job_key in session.scalars(open_jobs).all():
        jobs.cancel(session, key=job_key, at=at)


def _applied_runs(session: Session, market_day_id: int) -> list[ClearingRun]:
    return list(
        session.scalars(
            select(ClearingRun)
            .where(
                ClearingRun.market_day_id == market_day_id,
                ClearingRun.applied_at.is_not(None),
                ClearingRun.undone_at.is_(None),
            )
            .order_by(ClearingRun.id)
        )
    )
