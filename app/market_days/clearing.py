"""Match a closed day's lots and requests: one durable job per crop, applied when certified.

A job solves outside of any transaction. What it found is applied in one, and only if the
market is still the one that was solved; otherwise the job is tried again on the new one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.jobs import services as jobs
from app.jobs.context import JobContext, TryAgain
from app.kernel.errors import N_
from app.market_days import steps
from app.market_days.steps import WrongState
from app.market_days.telling import tell_farmers
from app.matching import engine, looking_ahead
from app.matching import services as matching
from app.models import (
    ClearingRun,
    JobQueue,
    MarketDay,
    MarketDayState,
    MarketDayStep,
)
from app.orders.allocating import apply_allocations
from app.orders.queueing import try_queued
from app.stock import thaw_day

CLEAR_JOB = "clear"
# Rows that come from the database at a time.


class MarketMoved(TryAgain):
    """Something changed between reading the market and applying what was found."""

    code = "market_moved"
    message = N_("The market changed while it was matched. It is matched again.")


def start(
    session: Session, *, market_day_id: int, key: str, person_id: int | None, at: datetime
) -> list[int]:
    """Begin to clear a closed day and return the crops that are matched.

    A day with nothing to match is cleared at once. Repeating the request, or clicking
    while the matching runs, changes nothing.

    :raises WrongState: if the day is not closed.
    """
    day = steps.locked_day(session, market_day_id)
    done = day.state is MarketDayState.CLEARED or steps.is_recorded(session, key)
    if done or steps.clearing_under_way(session, day) is not None:
        return []
    if day.state is not MarketDayState.CLOSED:
        raise WrongState
    crops = looking_ahead.crops_of_day(session, market_day_id=market_day_id)
    attempt = 1 + _started_before(session, day.id)
    steps.record(
        session,
        day=day,
        name=steps.CLEARING,
        key=key,
        person_id=person_id,
        at=at,
        figures={"attempt": attempt, "crops": crops},
    )
    for crop_id in crops:
        jobs.enqueue(
            session,
            kind=CLEAR_JOB,
            key=job_key(day.id, crop_id, attempt),
            payload={"market_day_id": day.id, "crop_id": crop_id, "attempt": attempt},
            at=at,
            queue=JobQueue.SOLVE,
            cooperative_id=day.cooperative_id,
        )
    _finish_if_complete(session, day, at)
    return crops


def job_key(market_day_id: int, crop_id: int, attempt: int) -> str:
    """Return the key of the job that matches one crop of one day."""
    return f"clear:{market_day_id}:{crop_id}:{attempt}"


def run_clear(context: JobContext) -> None:
    """Do one crop's job: read, solve, apply; the last crop of a day clears it.

    :raises MarketMoved: if the market changed meanwhile; the job is then tried again.
    """
    day_id, crop_id = int(context.payload["market_day_id"]), int(context.payload["crop_id"])
    with context.reading() as session:
        problem = _problem(session, session.get_one(MarketDay, day_id), crop_id)
    clearing = engine.clear(problem)
    context.stop_if_asked()
    with context.finishing() as (session, done):
        done.result = apply(
            session,
            market_day_id=day_id,
            crop_id=crop_id,
            clearing=clearing,
            at=context.now(),
        )


def apply(
    session: Session,
    *,
    market_day_id: int,
    crop_id: int,
    clearing: engine.Clearing,
    at: datetime,
) -> dict[str, int]:
    """Store a certified clearing of a crop and give out what it allocates, once.

    :raises MarketMoved: if the lots or requests are not those that were solved.
    """
    day = steps.locked_day(session, market_day_id)
    if day.state is not MarketDayState.CLOSED:
        # Cancelled or postponed while it was solved: there is nothing to give out.
        return {"allocated_g": 0}
    if crop_id in _applied(session, day.id):
        return {"allocated_g": 0}
    if engine.input_hash(_problem(session, day, crop_id)) != engine.input_hash(clearing.problem):
        raise MarketMoved
    saved = matching.save(
        session, market_day_id=market_day_id, crop_id=crop_id, clearing=clearing, at=at
    )
    apply_allocations(
        session,
        clearing_run_id=saved.run_id,
        market_day=day,
        allocations=saved.allocations,
        at=at,
    )
    session.get_one(ClearingRun, saved.run_id).applied_at = at
    session.flush()
    _finish_if_complete(session, day, at)
    return {"allocated_g": int(saved.allocations.quantity_g.sum())}


def _problem(session: Session, day: MarketDay, crop_id: int) -> engine.Problem:
    return looking_ahead.problem_of_day(session, market_day_id=day.id, crop_id=crop_id)


@dataclass(frozen=True)
class Matching:
    """A clearing under way: the crops to match, those that are done, and the jobs' keys."""

    crops: tuple[int, ...]
    done: tuple[int, ...]
    job_keys: tuple[str, ...]


def under_way(session: Session, *, market_day_id: int) -> Matching | None:
    """Return what a day's clearing is doing, or nothing while none is under way."""
    day = session.get_one(MarketDay, market_day_id)
    started = steps.clearing_under_way(session, day)
    if started is None:
        return None
    attempt, crops = int(started.figures["attempt"]), tuple(started.figures["crops"])
    return Matching(
        crops=crops,
        done=tuple(_applied(session, day.id)),
        job_keys=tuple(job_key(day.id, crop_id, attempt) for crop_id in crops),
    )


def _started_before(session: Session, market_day_id: int) -> int:
    return (
        session.scalar(
            select(func.count())
            .select_from(MarketDayStep)
            .where(
                MarketDayStep.market_day_id == market_day_id,
                MarketDayStep.name == steps.CLEARING,
            )
        )
        or 0
    )


def _applied(session: Session, market_day_id: int) -> list[int]:
    return list(
        session.scalars(
            select(ClearingRun.crop_id)
            .where(
                ClearingRun.market_day_id == market_day_id,
                ClearingRun.applied_at.is_not(None),
                ClearingRun.undone_at.is_(None),
            )
            .order_by(ClearingRun.crop_id)
        )
    )


def _finish_if_complete(session: Session, day: MarketDay, at: datetime) -> None:
    started = steps.clearing_under_way(session, day)
    if started is None:
        return
    attempt, crops = int(started.figures["attempt"]), started.figures["crops"]
    if set(crops) - set(_applied(session, day.id)):
        return
    steps.take_step(
        session,
        day=day,
        step=steps.CLEAR,
        key=f"cleared:{day.id}:{attempt}",
        person_id=started.person_id,
        at=at,
    )
    thaw_day(session, market_day_id=day.id)
    try_queued(session, market_day_id=day.id, at=at)
    tell_farmers(session, day=day, attempt=attempt, at=at)
