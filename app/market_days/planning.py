"""Have village routes planned for every hub of a cleared day, and publish them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.errors import N_, Refusal
from app.market_days import carrying, steps
from app.market_days.steps import WrongState
from app.models import Job, MarketDay, MarketDayState, Plan, PlanKind
from logistics.services import batching, publishing
from logistics.services import jobs as plan_jobs


class NothingPlanned(Refusal):
    """There is no plan yet that could be published."""

    code = "nothing_planned"
    message = N_("Not every hub has a plan yet. Plan the routes first.")


def start(session: Session, *, market_day_id: int, at: datetime) -> list[Job]:
    """Ask for a plan for every hub that a cleared day delivers to; return the jobs.

    :raises WrongState: if the day is not cleared, or collected already.
    """
    day = steps.locked_day(session, market_day_id)
    if day.state not in (MarketDayState.CLEARED, MarketDayState.PLANNED):
        raise WrongState
    return [
        plan_jobs.request_plan(session, market_day_id=day.id, hub_id=hub_id, at=at)
        for hub_id in batching.hubs_to_plan(session, market_day_id=day.id)
    ]


def publish(
    session: Session, *, market_day_id: int, key: str, person_id: int | None, at: datetime
) -> MarketDay:
    """Publish the newest plan of every hub and move what was not sold to the next day.

    A day on which nothing was sold needs no plan. A newer plan of a published day is
    published the same way.

    :raises NothingPlanned: if a hub has no plan.
    :raises WrongState: if the day is not cleared, or collected already.
    """
    day = steps.locked_day(session, market_day_id)
    if day.state not in (MarketDayState.CLEARED, MarketDayState.PLANNED):
        raise WrongState
    for hub_id in batching.hubs_to_plan(session, market_day_id=day.id):
        plan_id = newest_plan(session, market_day_id=day.id, hub_id=hub_id)
        if plan_id is None:
            raise NothingPlanned
        publishing.publish(session, plan_id=plan_id, at=at)
    if steps.take_step(session, day=day, step=steps.PLAN, key=key, person_id=person_id, at=at):
        carrying.carry_over(session, day=day, at=at)
    return day


def newest_plan(session: Session, *, market_day_id: int, hub_id: int) -> int | None:
    """Return the plan that stands for a hub's collection: the newest not replaced."""
    return session.scalar(
        select(Plan.id)
        .where(
            Plan.market_day_id == market_day_id,
            Plan.hub_id == hub_id,
            Plan.kind == PlanKind.COLLECTION,
            Plan.replaced_at.is_(None),
        )
        .order_by(Plan.id.desc())
        .limit(1)
    )
