"""Tell the farmers of a village when the truck that is on its way to them runs late."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import messages
from app.messages import Notice
from app.models import Lot, MarketDay, MarketDayState, Plan, Run, Stop, StopLot, Village
from logistics.services.driving import Estimate, progress

LATE_JOB = "trucks_late"
# Half an hour is what a farmer does not mind; each further half hour is told again.
STEP = timedelta(minutes=30)
_ROUND_S = 300


def tell_late(session: Session, *, run_id: int, at: datetime) -> int:
    """Tell the farmers of a run's open stops if it is half an hour late or more.

    Each half hour of lateness is told once; return how many people heard of one.
    """
    found = progress(session, run_id=run_id, at=at)
    late_start = timedelta(0)
    if found.run.started_at is None:
        late_start = max(timedelta(0), at - found.run.starts_at)
    told = 0
    for estimate in found.estimates:
        late = max(estimate.expected_at - estimate.planned_at, late_start)
        if late >= STEP:
            told += _tell_stop(session, estimate, late, at)
    return told


def run_tell_late(session: Session, *, payload: Mapping[str, Any], at: datetime) -> dict[str, int]:
    """Do the recurring job: look after every published run that should be on the road."""
    runs = session.scalars(
        select(Run.id)
        .join(Plan, Plan.id == Run.plan_id)
        .join(MarketDay, MarketDay.id == Plan.market_day_id)
        .where(
            MarketDay.state == MarketDayState.PLANNED,
            Plan.published_at.is_not(None),
            Plan.replaced_at.is_(None),
            Run.finished_at.is_(None),
            Run.starts_at <= at - STEP,
        )
        .order_by(Run.id)
    ).all()
    return {"told": sum(tell_late(session, run_id=run_id, at=at) for run_id in runs)}


def _tell_stop(session: Session, estimate: Estimate, late: timedelta, at: datetime) -> int:
    rows = session.execute(
        select(Lot.farmer_id, Lot.cooperative_id, Village.called)
        .join(StopLot, StopLot.lot_id == Lot.id)
        .join(Stop, Stop.id == StopLot.stop_id)
        .join(Village, Village.id == Stop.village_id)
        .where(Stop.id == estimate.stop_id)
        .distinct()
        .order_by(Lot.farmer_id)
    ).all()
    if not rows:
        return 0
    expected_at = estimate.planned_at + late
    rounded_s = -expected_at.timestamp() % _ROUND_S
    expected_at += timedelta(seconds=rounded_s)
    return messages.tell_all(
        session,
        cooperative_id=rows[0].cooperative_id,
        kind="running_late",
        notices=[
            Notice(
                farmer_id,
                f"stop:{estimate.stop_id}:{late // STEP}",
                {"village": village.figure(), "from_at": expected_at.isoformat()},
                expected_at,
            )
            for farmer_id, _, village in rows
        ],
        at=at,
    )
