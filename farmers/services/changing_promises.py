"""Change or skip one market day of a promise, or take back all that is not sold."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.errors import N_, NotFound, Refusal
from app.models import Lot, MarketDay, MarketDayState, PromisedDay, SupplyPromise
from app.stock import LotFrozen
from farmers.services import harvests
from farmers.services.harvests import MOST_PER_LOT_G
from farmers.services.promised_days import locked, make_lots, mark_of, market_date
from farmers.services.refusals import AlreadySold, QuantityOutOfRange


class DayNotPromised(Refusal):
    """The day is past the farmers' cut-off, or the promise does not reach it."""

    code = "day_not_promised"
    message = N_("This market day can no longer be changed.")


def change_day(
    session: Session,
    *,
    promise_id: int,
    farmer_id: int,
    market_day_id: int,
    quantity_g: int,
    at: datetime,
) -> None:
    """Bring another amount on one market day; also one that was skipped.

    :raises DayNotPromised: after the farmers' cut-off.
    :raises AlreadySold: if part of the day's lot is promised to a buyer.
    :raises LotFrozen: while the day is being cleared.
    """
    if not 0 < quantity_g <= MOST_PER_LOT_G:
        raise QuantityOutOfRange(field="quantity")
    promise, day = _reachable(session, promise_id, farmer_id, market_day_id, at)
    mark = mark_of(session, promise, day)
    if _withdraw_lot(session, mark, farmer_id, at, unless_g=quantity_g):
        mark.quantity_g, mark.skipped_at, mark.reason = quantity_g, None, None
        session.flush()
        make_lots(session, cooperative_id=day.cooperative_id, at=at, only_id=promise.id)


def skip_day(
    session: Session, *, promise_id: int, farmer_id: int, market_day_id: int, at: datetime
) -> None:
    """Bring nothing on one market day; again changes nothing.

    :raises DayNotPromised: after the farmers' cut-off.
    :raises AlreadySold: if part of the day's lot is promised to a buyer.
    :raises LotFrozen: while the day is being cleared.
    """
    promise, day = _reachable(session, promise_id, farmer_id, market_day_id, at)
    mark = mark_of(session, promise, day)
    _withdraw_lot(session, mark, farmer_id, at)
    mark.skipped_at = mark.skipped_at or at
    session.flush()


def take_back(session: Session, *, promise: SupplyPromise, at: datetime) -> int:
    """Withdraw the unsold lots of days whose cut-off is ahead; return how many stay."""
    session.flush()
    rows = session.scalars(
        select(PromisedDay)
        .join(MarketDay, MarketDay.id == PromisedDay.market_day_id)
        .where(
            PromisedDay.promise_id == promise.id,
            PromisedDay.lot_id.is_not(None),
            MarketDay.state == MarketDayState.OPEN,
            MarketDay.farmers_cutoff_at > at,
        )
        .order_by(PromisedDay.id)
    ).all()
    kept = 0
    for mark in rows:
        try:
            with session.begin_nested():
                _withdraw_lot(session, mark, promise.farmer_id, at)
        except (AlreadySold, LotFrozen):
            kept += 1
    session.flush()
    return kept


def _reachable(
    session: Session, promise_id: int, farmer_id: int, market_day_id: int, at: datetime
) -> tuple[SupplyPromise, MarketDay]:
    promise = locked(session, promise_id=promise_id, farmer_id=farmer_id)
    day = session.get(MarketDay, market_day_id)
    if day is None or day.cooperative_id != promise.cooperative_id:
        raise NotFound
    if (
        day.state is not MarketDayState.OPEN
        or day.farmers_cutoff_at <= at
        or promise.withdrawn_at is not None
        or promise.paused_at is not None
        or market_date(day).weekday() not in promise.weekdays
        or not promise.starts_on <= market_date(day) <= promise.ends_on
    ):
        raise DayNotPromised
    return promise, day


def _withdraw_lot(
    session: Session,
    mark: PromisedDay,
    farmer_id: int,
    at: datetime,
    *,
    unless_g: int | None = None,
) -> bool:
    """Take a day's lot back, if there is one; False if it has the wanted quantity already."""
    if mark.lot_id is None:
        return True
    lot = session.get_one(Lot, mark.lot_id)
    if lot.withdrawn_at is None and lot.quantity_g == unless_g:
        return False
    harvests.withdraw(session, lot_id=lot.id, person_id=farmer_id, at=at)
    mark.lot_id = None
    session.flush()
    return True
