"""A driver's runs: which are mine, what is next, how late it gets, start and finish."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.freight.arriving import Estimate, estimates
from app.kernel.errors import N_, NotFound, Refusal
from app.models import MarketDay, MarketDayState, Plan, Run, Stop
from logistics.services.weighing import StopNotDriven

_SHOWN_AFTER = timedelta(days=2)


class StopsOpen(Refusal):
    """A run cannot end while a stop has not been marked."""

    code = "stops_open"
    message = N_("%(stops)s stops are not marked yet. Mark each as loaded, short or absent.")


@dataclass(frozen=True)
class RunProgress:
    """How far a run is; ``next_stop`` is None when all stops are done."""

    run: Run
    stops: tuple[Stop, ...]
    next_stop: Stop | None
    estimates: tuple[Estimate, ...]

    @property
    def done_count(self) -> int:
        """Return how many stops are done."""
        return sum(stop.done_at is not None for stop in self.stops)


def runs_of(session: Session, *, driver_id: int, at: datetime) -> Sequence[Run]:
    """Return a driver's published runs that are to drive or ended lately, next first."""
    return session.scalars(
        select(Run)
        .join(Plan, Plan.id == Run.plan_id)
        .join(MarketDay, MarketDay.id == Plan.market_day_id)
        .where(
            Run.driver_id == driver_id,
            Plan.published_at.is_not(None),
            Plan.replaced_at.is_(None),
            MarketDay.state != MarketDayState.CANCELLED,
            Run.ends_at > at - _SHOWN_AFTER,
        )
        .order_by(Run.finished_at.is_not(None), Run.starts_at, Run.id)
    ).all()


def progress(session: Session, *, run_id: int, at: datetime) -> RunProgress:
    """Return how far a run is, with the expected times of the stops that are left.

    :raises NotFound: if there is no such run.
    """
    run = session.get(Run, run_id)
    if run is None:
        raise NotFound
    stops = tuple(
        session.scalars(select(Stop).where(Stop.run_id == run_id).order_by(Stop.position)).all()
    )
    left = [stop for stop in stops if stop.done_at is None]
    return RunProgress(
        run=run,
        stops=stops,
        next_stop=left[0] if left else None,
        estimates=tuple(estimates(run, stops, at=at)),
    )


def start(session: Session, *, run_id: int, at: datetime) -> Run:
    """Note that a truck has left; a second time changes nothing.

    :raises StopNotDriven: if the run's plan is not the published one.
    """
    run = _driven(session, run_id)
    run.started_at = run.started_at or at
    session.flush()
    return run


def finish(session: Session, *, run_id: int, at: datetime) -> Run:
    """Note that a truck has reached the hub with every stop marked; once.

    :raises StopsOpen: if a stop is not marked yet.
    :raises StopNotDriven: if the run's plan is not the published one.
    """
    run = _driven(session, run_id)
    if run.finished_at is not None:
        return run
    waiting = session.scalar(
        select(func.count(Stop.id)).where(Stop.run_id == run_id, Stop.done_at.is_(None))
    )
    if waiting:
        raise StopsOpen(stops=waiting)
    run.started_at = run.started_at or at
    run.finished_at = at
    session.flush()
    return run


def _driven(session: Session, run_id: int) -> Run:
    run = session.get(Run, run_id, with_for_update=True, populate_existing=True)
    if run is None:
        raise NotFound
    plan = session.get_one(Plan, run.plan_id)
    if plan.published_at is None or plan.replaced_at is not None:
        raise StopNotDriven
    return run
