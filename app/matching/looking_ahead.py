"""What would come out if a market were matched now: read, solved and proved, never kept."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel.errors import N_, NotFound, Refusal
from app.matching import engine
from app.matching.loading import load_problem
from app.matching.overrides import overridden, standing
from app.matching.problem import Problem
from app.models import LineKind, LineState, Lot, LotStock, MarketDay, Order, OrderLine

# A page waits for this many for about a second; see docs/matching.md for measured times.
MOST_ROWS = 40_000


class TooManyToPreview(Refusal):
    """The market is too large to be solved while a page waits for it."""

    code = "too_many_to_preview"
    message = N_(
        "So many lots and requests stand that a preview would take too long. The matching"
        " itself takes them all."
    )


def problem_of_day(
    session: Session, *, market_day_id: int, crop_id: int, with_overrides: bool = True
) -> Problem:
    """Return a crop of a day as it is to be matched, the manager's decisions included.

    The tariff is that of the cut-off, which buyers and farmers saw when they decided.

    :raises NotFound: if there is no such market day.
    """
    cutoff_at: datetime | None = session.scalar(
        select(MarketDay.buyers_cutoff_at).where(MarketDay.id == market_day_id)
    )
    if cutoff_at is None:
        raise NotFound
    problem = load_problem(session, market_day_id=market_day_id, crop_id=crop_id, at=cutoff_at)
    if not with_overrides:
        return problem
    decisions = standing(session, market_day_id=market_day_id, crop_id=crop_id)
    return overridden(problem, decisions)


def preview_problem(
    session: Session, *, market_day_id: int, crop_id: int, with_overrides: bool = True
) -> Problem:
    """Return the same for a page that waits.

    :raises TooManyToPreview: if solving it could take longer than a page may wait.
    """
    if _size(session, market_day_id, crop_id) > MOST_ROWS:
        raise TooManyToPreview
    return problem_of_day(
        session, market_day_id=market_day_id, crop_id=crop_id, with_overrides=with_overrides
    )


def preview(session: Session, *, market_day_id: int, crop_id: int) -> engine.Clearing:
    """Return what a crop's matching would give now; nothing of it is written.

    :raises TooManyToPreview: if it could take longer than a page may wait.
    :raises PinImpossible: if a pinned pair cannot trade.
    """
    return engine.clear(preview_problem(session, market_day_id=market_day_id, crop_id=crop_id))


def crops_of_day(session: Session, *, market_day_id: int) -> list[int]:
    """Return the crops of which something is left to offer, or a request waits, on a day."""
    offered = (
        select(Lot.crop_id)
        .join(LotStock, LotStock.lot_id == Lot.id)
        .where(
            Lot.market_day_id == market_day_id,
            Lot.withdrawn_at.is_(None),
            LotStock.available_g > 0,
        )
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


def _size(session: Session, market_day_id: int, crop_id: int) -> int:
    lots = session.scalar(
        select(func.count())
        .select_from(Lot)
        .where(Lot.market_day_id == market_day_id, Lot.crop_id == crop_id)
    )
    lines = session.scalar(
        select(func.count())
        .select_from(OrderLine)
        .join(Order, Order.id == OrderLine.order_id)
        .where(
            Order.market_day_id == market_day_id,
            OrderLine.crop_id == crop_id,
            OrderLine.state == LineState.WAITING,
        )
    )
    return int(lots or 0) + int(lines or 0)
