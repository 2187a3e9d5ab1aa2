"""Offer a harvest, withdraw it, and find the market day that it goes to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import calendar, messages, stock
from app.kernel.clock import local
from app.kernel.errors import NotAllowed, NotFound
from app.models import (
    Allocation,
    Cooperative,
    Crop,
    Grade,
    Lot,
    LotStock,
    MarketDay,
    MarketDayState,
    Role,
    RoleKind,
    Village,
)
from farmers.services.refusals import (
    AlreadySold,
    CropNotTraded,
    OfferKeyReused,
    QuantityOutOfRange,
    WindowOver,
    WindowTooLong,
    WindowUpsideDown,
)

MOST_PER_LOT_G = 50_000_000
LONGEST_WINDOW = timedelta(days=60)


@dataclass(frozen=True)
class Offer:
    """What a farmer offers; quantities in grams, the ask in minor units per kg, net."""

    farmer_id: int
    village_id: int
    crop_id: int
    grade: Grade
    quantity_g: int
    unit_code: str
    unit_grams: int
    ask_minor: int
    ready_from_on: date
    ready_until_on: date
    is_uncertain: bool = False
    note: str = ""


def offer(
    session: Session,
    *,
    cooperative_id: int,
    listed_by_id: int,
    offered: Offer,
    key: str,
    at: datetime,
) -> Lot:
    """List a harvest and return its lot; the same person and key make only one.

    A lot that no coming market day fits is parked with the reason; one that is too late
    for its first day goes to the next and remembers the day it missed.

    :raises OfferKeyReused: if the key stands for another listing.
    :raises BadInput: a subclass names the field that cannot be used.
    :raises NotAllowed: if the farmer does not belong to the village or cooperative.
    """
    existing = session.scalar(select(Lot).where(Lot.listed_by_id == listed_by_id, Lot.key == key))
    if existing is not None:
        if _as_offer(existing) != offered:
            raise OfferKeyReused
        return existing
    _check(session, cooperative_id, offered, at)
    day, missed = _day_for(session, cooperative_id, offered, at)
    lot = Lot(
        cooperative_id=cooperative_id,
        market_day_id=day.id if day else None,
        farmer_id=offered.farmer_id,
        village_id=offered.village_id,
        crop_id=offered.crop_id,
        grade=offered.grade,
        quantity_g=offered.quantity_g,
        unit_code=offered.unit_code,
        unit_grams=offered.unit_grams,
        ask_minor=offered.ask_minor,
        ready_from_on=offered.ready_from_on,
        ready_until_on=offered.ready_until_on,
        is_uncertain=offered.is_uncertain,
        note=offered.note,
        parked_reason=None if day else "no_market_day",
        rolled_from_id=missed.id if missed else None,
        listed_by_id=listed_by_id,
        key=key,
        listed_at=at,
    )
    session.add(lot)
    session.flush()
    _tell_of_day(session, lot, day, at)
    stock.open_stock(session, lot_id=lot.id, quantity_g=offered.quantity_g)
    return lot


def withdraw(session: Session, *, lot_id: int, person_id: int, at: datetime) -> Lot:
    """Take a lot off the market while none of it is sold; a second time changes nothing.

    :raises AlreadySold: if part of it is promised to a buyer.
    :raises LotFrozen: while its day is being cleared.
    """
    lot = session.get(Lot, lot_id)
    if lot is None:
        raise NotFound
    if lot.withdrawn_at is not None:
        return lot
    if is_promised(session, lot_id):
        raise AlreadySold
    # The stock before the lot, as where a day is cancelled, so that neither waits for
    # the other. A buyer may come between the look and this: so it is looked at again.
    stock.drain(session, lot_id=lot_id)
    if is_promised(session, lot_id):
        raise AlreadySold
    lot.withdrawn_at = at
    lot.withdrawn_by_id = person_id
    session.flush()
    return lot


def is_promised(session: Session, lot_id: int) -> bool:
    """Return whether a buyer was promised part of a lot."""
    promised = select(Allocation.id).where(
        Allocation.lot_id == lot_id, Allocation.released_at.is_(None)
    )
    return session.scalar(promised.limit(1)) is not None


def place_parked(session: Session, *, cooperative_id: int, at: datetime) -> int:
    """Give parked lots a market day where one fits by now; return how many found one."""
    parked = session.scalars(
        select(Lot)
        .where(
            Lot.cooperative_id == cooperative_id,
            Lot.market_day_id.is_(None),
            Lot.withdrawn_at.is_(None),
        )
        .order_by(Lot.id)
    )
    placed = 0
    for lot in parked.all():
        day = calendar.day_for_lot(
            session,
            cooperative_id=cooperative_id,
            village_id=lot.village_id,
            ready_from_on=lot.ready_from_on,
            ready_until_on=lot.ready_until_on,
            at=at,
        )
        if day is not None:
            lot.market_day_id = day.id
            lot.parked_reason = None
            placed += 1
    session.flush()
    return placed


def move_on(
    session: Session,
    *,
    lot: Lot,
    from_day: MarketDay,
    at: datetime,
    after_on: date | None = None,
) -> MarketDay | None:
    """Move a whole lot to the next day that fits its window, or park it; tell the farmer.

    :param after_on: look only at later days than this; else than the day it leaves.
    """
    day = calendar.day_for_lot(
        session,
        cooperative_id=lot.cooperative_id,
        village_id=lot.village_id,
        ready_from_on=lot.ready_from_on,
        ready_until_on=lot.ready_until_on,
        at=at,
        after_on=after_on or from_day.on,
    )
    lot.rolled_from_id = from_day.id
    lot.market_day_id = day.id if day else None
    lot.parked_reason = None if day else "no_market_day"
    session.flush()
    left_g = session.scalars(select(LotStock.available_g).where(LotStock.lot_id == lot.id)).one()
    _tell(session, lot, day, "lot_carried", {"left_g": left_g}, at)
    return day


def _check(session: Session, cooperative_id: int, offered: Offer, at: datetime) -> None:
    if not 0 < offered.quantity_g <= MOST_PER_LOT_G:
        raise QuantityOutOfRange(field="quantity")
    if offered.ready_until_on < offered.ready_from_on:
        raise WindowUpsideDown(field="ready_until")
    if offered.ready_until_on - offered.ready_from_on > LONGEST_WINDOW:
        raise WindowTooLong(field="ready_until")
    cooperative = session.get_one(Cooperative, cooperative_id)
    if offered.ready_until_on < local(at, cooperative.time_zone).date():
        raise WindowOver(field="ready_until")
    crop = session.get(Crop, offered.crop_id)
    if crop is None or crop.cooperative_id != cooperative_id or not crop.is_traded:
        raise CropNotTraded(field="crop")
    village = session.get(Village, offered.village_id)
    if village is None or village.cooperative_id != cooperative_id:
        raise NotFound(field="village")
    farms_here = session.scalar(
        select(Role.id).where(
            Role.person_id == offered.farmer_id,
            Role.cooperative_id == cooperative_id,
            Role.kind.in_([RoleKind.FARMER, RoleKind.VILLAGE_LEAD]),
            Role.ended_at.is_(None),
        )
    )
    if farms_here is None:
        raise NotAllowed(field="farmer")


def _day_for(
    session: Session, cooperative_id: int, offered: Offer, at: datetime
) -> tuple[MarketDay | None, MarketDay | None]:
    """Return the day a lot goes to and the earlier day that it is too late for."""
    day = calendar.day_for_lot(
        session,
        cooperative_id=cooperative_id,
        village_id=offered.village_id,
        ready_from_on=offered.ready_from_on,
        ready_until_on=offered.ready_until_on,
        at=at,
    )
    missed = select(MarketDay).where(
        MarketDay.cooperative_id == cooperative_id,
        MarketDay.state != MarketDayState.CANCELLED,
        MarketDay.farmers_cutoff_at <= at,
        MarketDay.pickup_at > at,
        MarketDay.on >= offered.ready_from_on,
        MarketDay.on <= offered.ready_until_on,
    )
    if day is not None:
        missed = missed.where(MarketDay.on < day.on)
    return day, session.scalar(missed.order_by(MarketDay.on).limit(1))


def _tell_of_day(session: Session, lot: Lot, day: MarketDay | None, at: datetime) -> None:
    if day is not None and lot.rolled_from_id is None:
        return
    _tell(session, lot, day, "lot_rolled", {}, at)


def _tell(
    session: Session,
    lot: Lot,
    day: MarketDay | None,
    kind: str,
    figures: dict[str, int | str],
    at: datetime,
) -> None:
    figures |= {"lot_id": lot.id, "crop_id": lot.crop_id}
    if day is not None:
        figures["day_on"] = day.on.isoformat()
    messages.tell(
        session,
        person_id=lot.farmer_id,
        cooperative_id=lot.cooperative_id,
        kind=kind if day else "lot_parked",
        # A lot may come to one end from several days, and each time is an event.
        event_key=f"lot:{lot.id}:{lot.rolled_from_id or 0}:{day.id if day else 0}",
        figures=figures,
        at=at,
    )


def _as_offer(lot: Lot) -> Offer:
    return Offer(
        farmer_id=lot.farmer_id,
        village_id=lot.village_id,
        crop_id=lot.crop_id,
        grade=lot.grade,
        quantity_g=lot.quantity_g,
        unit_code=lot.unit_code,
        unit_grams=lot.unit_grams,
        ask_minor=lot.ask_minor,
        ready_from_on=lot.ready_from_on,
        ready_until_on=lot.ready_until_on,
        is_uncertain=lot.is_uncertain,
        note=lot.note,
    )
