"""Take part of a visible lot: reserve it at once, or keep the order while the lot is frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app import stock
from app.kernel.errors import N_, NotFound, Refusal
from app.models import (
    Allocation,
    Cooperative,
    Crop,
    Grade,
    LineKind,
    LineState,
    Lot,
    LotStock,
    MarketDay,
    MarketDayState,
)
from app.orders.drafts import Market, Placed, Terms, write
from app.orders.lines import set_line, write_allocation
from app.orders.opening import PickupPointClosed, open_point
from app.orders.prices import PriceParts, direct_price
from app.orders.telling import tell_buyer

_BEFORE_PLANNING = {MarketDayState.OPEN, MarketDayState.CLOSED, MarketDayState.CLEARED}


class LotNotOffered(Refusal):
    """The lot was withdrawn, or waits for a day that fits it."""

    code = "lot_not_offered"
    message = N_("This lot is no longer offered. Choose another one, or file a request.")


class CutOffPassed(Refusal):
    """The lot's market day takes no more orders."""

    code = "cut_off_passed"
    message = N_(
        "Orders for this market day are closed. You can file a request for the next market day."
    )


@dataclass(frozen=True)
class _Offer:
    market_day_id: int
    cooperative_id: int
    crop_id: int
    crop_names: Mapping[str, str]
    grade: Grade
    is_frozen: bool
    on: date
    state: MarketDayState
    buyers_cutoff_at: datetime
    pickup_at: datetime
    ceiling_bp: int


def take_part(session: Session, terms: Terms, lot_id: int) -> Placed:
    """Write a direct line and take its quantity, or keep the line as ``queued``.

    :raises LotNotOffered, CutOffPassed, NotEnoughLeft, PickupPointClosed, NoTariff,
        PaymentDiffers, CardEmpty, AccountLimitReached: as their names say.
    """
    _keep_day(session, lot_id)
    offer = _offer(session, lot_id)
    waits = _has_to_wait(offer, terms.at)
    point_id = terms.pickup_point_id
    if open_point(session, pickup_point_id=point_id) != offer.cooperative_id:
        raise PickupPointClosed(field="pickup_point")
    parts = direct_price(session, lot_id=lot_id, pickup_point_id=point_id, at=terms.at)
    market = Market(
        cooperative_id=offer.cooperative_id,
        market_day_id=offer.market_day_id,
        pickup_at=offer.pickup_at,
        ceiling_bp=offer.ceiling_bp,
        crop_id=offer.crop_id,
        crop_names=offer.crop_names,
        price_minor=parts.buyer_minor,
    )
    own = {
        "kind": LineKind.DIRECT,
        "state": LineState.QUEUED if waits else LineState.ALLOCATED,
        "allocated_g": 0 if waits else terms.quantity_g,
        "lot_id": lot_id,
        "least_grade": offer.grade,
        "first_on": offer.on,
        "last_on": offer.on,
    }
    order_id, line_id = write(session, terms, market, own)
    if waits or not _reserved(session, terms, market, lot_id, line_id, parts):
        tell_buyer(session, kind="line_queued", order_line_id=line_id, figures={}, at=terms.at)
        return Placed(order_id, line_id, market.market_day_id, LineState.QUEUED)
    return Placed(order_id, line_id, market.market_day_id, LineState.ALLOCATED)


def _keep_day(session: Session, lot_id: int) -> None:
    # The share lock keeps the lot's day where it is until the order is committed. It
    # comes before the card's and the lot's rows, as in the day's own transitions, so
    # that neither waits for the other.
    session.execute(
        select(MarketDay.id)
        .join(Lot, Lot.market_day_id == MarketDay.id)
        .where(Lot.id == lot_id)
        .with_for_update(read=True, of=MarketDay)
    )


def _offer(session: Session, lot_id: int) -> _Offer:
    row = session.execute(
        select(Lot.market_day_id, Lot.withdrawn_at).where(Lot.id == lot_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    if row.withdrawn_at is not None or row.market_day_id is None:
        raise LotNotOffered
    offer = session.execute(
        select(
            MarketDay.id.label("market_day_id"),
            Lot.cooperative_id,
            Lot.crop_id,
            Crop.names.label("crop_names"),
            Lot.grade,
            LotStock.is_frozen,
            MarketDay.on.label("on"),
            MarketDay.state,
            MarketDay.buyers_cutoff_at,
            MarketDay.pickup_at,
            Cooperative.ceiling_bp,
        )
        .join(LotStock, LotStock.lot_id == Lot.id)
        .join(Crop, Crop.id == Lot.crop_id)
        .join(Cooperative, Cooperative.id == Lot.cooperative_id)
        .join(MarketDay, MarketDay.id == Lot.market_day_id)
        .where(Lot.id == lot_id)
    ).one()
    return _Offer(**offer._mapping)


def _has_to_wait(offer: _Offer, at: datetime) -> bool:
    in_time = at < offer.buyers_cutoff_at
    if offer.state is MarketDayState.OPEN and in_time and not offer.is_frozen:
        return False
    # A manager may close the day before its hour; who came in time is kept all the same.
    closed_early = offer.state is MarketDayState.CLOSED and in_time
    if closed_early or (offer.is_frozen and offer.state in _BEFORE_PLANNING):
        return True
    raise CutOffPassed


def _reserved(
    session: Session, terms: Terms, market: Market, lot_id: int, line_id: int, parts: PriceParts
) -> bool:
    allocation_id = write_allocation(
        session,
        cooperative_id=market.cooperative_id,
        market_day_id=market.market_day_id,
        lot_id=lot_id,
        order_line_id=line_id,
        quantity_g=terms.quantity_g,
        parts=parts,
        at=terms.at,
    )
    try:
        stock.take(session, lot_id=lot_id, quantity_g=terms.quantity_g)
    except stock.LotFrozen:
        # The clearing began between the look and the taking.
        session.execute(delete(Allocation).where(Allocation.id == allocation_id))
        set_line(session, line_id, LineState.QUEUED, 0)
        return False
    return True
