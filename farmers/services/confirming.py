"""The yes or no of a farmer whose harvest was not sure; silence means yes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import stock
from app.kernel.errors import NotFound
from app.models import Lot, MarketDay, MarketDayState
from app.orders.lot_failing import release_lots
from farmers.services.refusals import TooLateToDecline

BEFORE_ROUTES = frozenset({MarketDayState.OPEN, MarketDayState.CLEARED})


def confirm(session: Session, *, lot_id: int) -> Lot:
    """Note that an uncertain harvest is sure now; again changes nothing."""
    lot = _lot(session, lot_id)
    lot.is_uncertain = False
    session.flush()
    return lot


def decline(session: Session, *, lot_id: int, person_id: int, at: datetime) -> Lot:
    """Take an uncertain lot back, also from buyers who were given it; again changes nothing.

    Their lines keep what other lots give them, and they are told.

    :raises TooLateToDecline: if the lot was not uncertain, its routes are planned, or the
        time to confirm is over.
    :raises LotFrozen: while its day is being cleared.
    """
    lot = _lot(session, lot_id)
    if lot.withdrawn_at is not None:
        return lot
    if not _may_decline(session, lot=lot, at=at):
        raise TooLateToDecline
    release_lots(session, lot_ids=[lot.id], at=at)
    lot.withdrawn_at = at
    lot.withdrawn_by_id = person_id
    session.flush()
    stock.drain(session, lot_id=lot.id)
    return lot


def _may_decline(session: Session, *, lot: Lot, at: datetime) -> bool:
    """Whether the farmer may still say no."""
    if not lot.is_uncertain or lot.market_day_id is None or lot.withdrawn_at is not None:
        return False
    day = session.get_one(MarketDay, lot.market_day_id, populate_existing=True)
    return day.state in BEFORE_ROUTES and at < day.confirm_by_at


def _lot(session: Session, lot_id: int) -> Lot:
    # The day first, as in its own transitions, so that neither waits for the other.
    session.execute(
        select(MarketDay.id)
        .join(Lot, Lot.market_day_id == MarketDay.id)
        .where(Lot.id == lot_id)
        .with_for_update(of=MarketDay)
    )
    lot = session.get(Lot, lot_id, with_for_update=True, populate_existing=True)
    if lot is None:
        raise NotFound
    return lot
