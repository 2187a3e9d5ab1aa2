"""What a lot would get if the market were matched now, as it is and with another price or day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.matching import engine
from app.matching.comparing import Comparison, Share, compare_lot, lot_share, with_lot_added
from app.matching.looking_ahead import preview_problem
from app.matching.rows import Lot as LotRow
from app.matching.whatif import with_lot
from app.models import Lot, LotStock, MarketDay, MarketDayState, VillagePostponement


def open_days(session: Session, *, lot: Lot, at: datetime) -> Sequence[MarketDay]:
    """Return the days that still take a lot, earliest first."""
    return session.scalars(
        select(MarketDay)
        .where(
            MarketDay.cooperative_id == lot.cooperative_id,
            MarketDay.state == MarketDayState.OPEN,
            MarketDay.farmers_cutoff_at > at,
            MarketDay.id.not_in(
                select(VillagePostponement.market_day_id).where(
                    VillagePostponement.village_id == lot.village_id
                )
            ),
        )
        .order_by(MarketDay.on, MarketDay.id)
    ).all()


def share_now(session: Session, *, lot: Lot) -> Share:
    """Return what a lot would get now; nothing is written.

    :raises TooManyToPreview: if the market is too large to wait for.
    :raises PinImpossible: if a pair that the manager pinned cannot trade.
    """
    if lot.market_day_id is None:
        return Share()
    problem = preview_problem(session, market_day_id=lot.market_day_id, crop_id=lot.crop_id)
    return lot_share(engine.clear(problem), lot.id)


def share_if(session: Session, *, lot: Lot, ask_minor: int, market_day: MarketDay) -> Comparison:
    """Return what a lot would get with another ask or on another day; nothing is written.

    :raises TooManyToPreview: if a market is too large to wait for.
    :raises PinImpossible: if a pair that the manager pinned cannot trade.
    """
    if lot.market_day_id is None:
        raise ValueError("a lot without a day has nothing to be compared with")
    now = preview_problem(session, market_day_id=lot.market_day_id, crop_id=lot.crop_id)
    if market_day.id == lot.market_day_id:
        if not (now.lots.id == lot.id).any():
            then = now
        else:
            then = with_lot(now, lot.id, ask_minor=ask_minor)
        return compare_lot(now, then, lot.id, is_same_market=True)
    there = preview_problem(session, market_day_id=market_day.id, crop_id=lot.crop_id)
    moved = _row(session, lot, ask_minor=ask_minor, day=market_day.on.toordinal())
    then = with_lot_added(there, moved) if moved.quantity_g else there
    return compare_lot(now, then, lot.id, is_same_market=False)


def _row(session: Session, lot: Lot, *, ask_minor: int, day: int) -> LotRow:
    left_g = session.scalars(select(LotStock.available_g).where(LotStock.lot_id == lot.id)).one()
    return LotRow(
        id=lot.id,
        farmer_id=lot.farmer_id,
        village_id=lot.village_id,
        grade=lot.grade.rank,
        quantity_g=left_g,
        ask_minor=ask_minor,
        first_day=day,
        last_day=day,
        offered_at=int(lot.listed_at.timestamp()),
    )
