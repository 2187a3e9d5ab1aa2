"""The durable job that plans a hub's day, in the shape that the workers run."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.jobs import services as jobs
from app.jobs.context import JobContext
from app.models import MarketDay, Plan
from app.models.jobs import Job, JobQueue, JobState
from logistics.services.planning import DayProblem, find_plan, load_problem
from logistics.services.progress import Enough, Planning, Shown, planning_by_key
from logistics.services.saving import AllocationsChanged, save_plan
from logistics.solver import plan as solver

KIND = "plan"
# A day of 60 villages is within 1 % of its best after three seconds.
_SHORT_S, _LONG_S, _LONG_FROM_STOPS = 5.0, 30.0, 150
# Orders that change while a plan is made send it back to the start, within reason.
_TRIES = 3
_SEED = 1


def request_plan(session: Session, *, market_day_id: int, hub_id: int, at: datetime) -> Job:
    """Record the planning of one hub's day in the caller's transaction.

    While a plan is being made, asking again returns the same job; one that failed or
    was cancelled starts again.
    """
    day = session.get_one(MarketDay, market_day_id)
    job = jobs.enqueue(
        session,
        kind=KIND,
        key=plan_key(session, market_day_id=market_day_id, hub_id=hub_id),
        payload={"market_day_id": market_day_id, "hub_id": hub_id, "seed": _SEED},
        queue=JobQueue.SOLVE,
        cooperative_id=day.cooperative_id,
        at=at,
    )
    if job.state in (JobState.FAILED, JobState.CANCELLED):
        return jobs.retry(session, key=job.key)
    return job


def plan_key(session: Session, *, market_day_id: int, hub_id: int) -> str:
    """Return the key of the next planning; each saved plan makes room for another."""
    made = session.scalar(
        select(func.count(Plan.id)).where(
            Plan.market_day_id == market_day_id, Plan.hub_id == hub_id
        )
    )
    return f"plan:{hub_id}:{market_day_id}:{made}"


def handle_plan(context: JobContext) -> None:
    """Make and save a plan; what is saved and the job's 'done' commit together.

    :raises AllocationsChanged: if orders kept changing while it was being made.
    :raises JobStopped: if the worker ends, so that the job goes on elsewhere.
    """
    market_day_id = int(context.payload["market_day_id"])
    hub_id = int(context.payload["hub_id"])
    for tried in range(1, _TRIES + 1):
        with context.reading() as session:
            day = load_problem(session, market_day_id=market_day_id, hub_id=hub_id)
        plan = _solve(context, day)
        context.stop_if_asked()
        try:
            _save(context, day, plan)
        except AllocationsChanged:
            if tried == _TRIES:
                raise
        else:
            return


def _solve(context: JobContext, day: DayProblem) -> solver.Plan:
    seconds = _LONG_S if len(day.batches) >= _LONG_FROM_STOPS else _SHORT_S

    return find_plan(
        day,
        seed=int(context.payload.get("seed", _SEED)),
        seconds=seconds,
        progress=Shown(context, seconds),
        stop=Enough(context),
    )


def _save(context: JobContext, day: DayProblem, plan: solver.Plan) -> None:
    with context.finishing() as (session, done):
        saved = save_plan(session, day=day, plan=plan, at=context.now())
        done.result = {"plan_id": saved.id, "unplanned": len(plan.unplanned)}


def planning_of(session: Session, *, market_day_id: int, hub_id: int) -> Planning | None:
    """Return the planning that would make a hub's next plan, if one was asked for."""
    key = plan_key(session, market_day_id=market_day_id, hub_id=hub_id)
    return planning_by_key(session, key)
