"""Match a closed day's lots and requests: one durable job per crop, applied when certified.

A job solves outside of any transaction. What it found is applied in one, and only if the
market is still the one that was solved; otherwise the job is tried again on the new one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import messages
from app.jobs import services as jobs
from app.jobs.context import JobContext, TryAgain
from app.kernel.errors import N_
from app.market_days import steps
from app.market_days.steps import WrongState
from app.matching import engine
from app.matching import services as matching
from app.matching.evidence import AllocationTable
from app.messages import Notice
from app.models import (
    Allocation,
    ClearingRun,
    JobQueue,
    LineKind,
    LineState,
    Lot,
    LotStock,
    MarketDay,
    MarketDayState,
    MarketDayStep,
    Order,
    OrderLine,
)
from app.orders.allocating import Award, apply_allocations
from app.orders.queueing import try_queued
from app.stock import thaw_day

CLEAR_JOB = "clear"


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
    crops = _crops(session, market_day_id)
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
    now = _problem(session, day, crop_id)
    if engine.input_hash(now) != engine.input_hash(clearing.problem):
        raise MarketMoved
    saved = matching.save(
        session, market_day_id=market_day_id, crop_id=crop_id, clearing=clearing, at=at
    )
    awards = _awards(saved.allocations)
    apply_allocations(
        session, clearing_run_id=saved.run_id, market_day=day, allocations=awards, at=at
    )
    session.get_one(ClearingRun, saved.run_id).applied_at = at
    session.flush()
    _finish_if_complete(session, day, at)
    return {"allocated_g": sum(award.quantity_g for award in awards)}


def _problem(session: Session, day: MarketDay, crop_id: int) -> engine.Problem:
    # The tariff of the cut-off is what buyers and farmers saw when they decided.
    return matching.load_problem(
        session, market_day_id=day.id, crop_id=crop_id, at=day.buyers_cutoff_at
    )


def _awards(allocations: AllocationTable) -> list[Award]:
    columns = (
        allocations.lot_id,
        allocations.order_id,
        allocations.quantity_g,
        allocations.farmer_minor,
        allocations.freight_minor,
        allocations.fee_minor,
    )
    return [
        Award(lot, line, quantity_g, farmer, freight, fee)
        for lot, line, quantity_g, farmer, freight, fee in zip(
            *(column.tolist() for column in columns), strict=True
        )
    ]


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


def _crops(session: Session, market_day_id: int) -> list[int]:
    offered = (
        select(Lot.crop_id)
        .join(LotStock, LotStock.lot_id == Lot.id)
        .where(Lot.market_day_id == market_day_id, LotStock.available_g > 0)
    )
    wanted = (
        select(OrderLine.crop_id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(
            Order.market_day_id == market_day_id,
            OrderLine.kind == LineKind.REQUEST,
            OrderLine.state == LineState.WAITING,
        )
    )
    return sorted(set(session.scalars(offered)) | set(session.scalars(wanted)))


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
    _tell_farmers(session, day, at)


def _tell_farmers(session: Session, day: MarketDay, at: datetime) -> None:
    lots = session.scalars(
        select(Lot).where(Lot.market_day_id == day.id, Lot.withdrawn_at.is_(None)).order_by(Lot.id)
    ).all()
    sold: dict[int, list[Allocation]] = {}
    for allocation in _allocations(session, day.id):
        sold.setdefault(allocation.lot_id, []).append(allocation)
    told: dict[str, list[Notice]] = {"lot_sold": [], "lot_unsold": []}
    for lot in lots:
        rows = sold.get(lot.id, [])
        sold_g = sum(row.quantity_g for row in rows)
        earned = sum(row.quantity_g * row.farmer_price_minor for row in rows)
        figures: dict[str, int | str] = {
            "lot_id": lot.id,
            "crop_id": lot.crop_id,
            "day_on": day.on.isoformat(),
        }
        if rows:
            figures |= {"sold_g": sold_g, "net_price": earned // sold_g}
        kind = "lot_sold" if rows else "lot_unsold"
        told[kind].append(Notice(lot.farmer_id, f"lot:{lot.id}:{day.id}", figures))
    for kind, notices in told.items():
        messages.tell_all(
            session, cooperative_id=day.cooperative_id, kind=kind, notices=notices, at=at
        )


def _allocations(session: Session, market_day_id: int) -> Sequence[Allocation]:
    return session.scalars(
        select(Allocation)
        .where(Allocation.market_day_id == market_day_id, Allocation.released_at.is_(None))
        .order_by(Allocation.id)
    ).all()
