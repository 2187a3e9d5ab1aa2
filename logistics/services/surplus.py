"""Offer again what a farmer brought beyond the whole lot, instead of taking it home."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import calendar, messages, stock
from app.kernel.database import insert_if_new
from app.kernel.errors import N_, NotFound, Refusal
from app.models import Crop, Lot, MarketDay, Weighing, WeighingPlace
from logistics.services.readings import current, total_g


class NoSurplus(Refusal):
    """Nothing was brought beyond what was offered."""

    code = "no_surplus"
    message = N_("Nothing was brought beyond the offered quantity. The rest is on offer already.")


class NoDayForSurplus(Refusal):
    """The surplus would not keep until another market."""

    code = "no_day_for_surplus"
    message = N_("It does not keep until the next market day. It goes back to the farmer.")


def surplus_g(session: Session, *, lot_id: int) -> int:
    """Return the grams that the village's scale saw beyond the lot's own quantity.

    What lies between the allocated and the offered quantity is no surplus: it is the
    unsold rest, and stands in the lot's stock or moved on with it already.
    """
    lot = session.get_one(Lot, lot_id)
    weighed_g = session.scalar(
        current(WeighingPlace.VILLAGE)
        .with_only_columns(total_g(Weighing.net_g))
        .where(Weighing.lot_id == lot_id)
    )
    return max(0, (weighed_g or 0) - lot.quantity_g)


def offer_again(session: Session, *, lot_id: int, person_id: int, at: datetime) -> Lot:
    """Make a lot's surplus a new lot of the next market day that it keeps for; once.

    :raises NotFound: if there is no such lot.
    :raises NoSurplus: if nothing was brought beyond the lot's quantity.
    :raises NoDayForSurplus: if no coming day is early enough.
    """
    lot = session.get(Lot, lot_id)
    if lot is None:
        raise NotFound
    key = f"surplus:{lot_id}"
    known = select(Lot).where(Lot.surplus_of_id == lot_id, Lot.key == key)
    existing = session.scalar(known)
    if existing is not None:
        return existing
    quantity_g = surplus_g(session, lot_id=lot_id)
    if not quantity_g:
        raise NoSurplus
    day = _next_day(session, lot, at)
    values = {column.key: getattr(lot, column.key) for column in Lot.__mapper__.column_attrs}
    values |= {
        "market_day_id": day.id,
        "quantity_g": quantity_g,
        "ready_from_on": min(lot.ready_from_on, day.on),
        "ready_until_on": max(lot.ready_until_on, day.on),
        "rolled_from_id": lot.market_day_id,
        "surplus_of_id": lot_id,
        "listed_by_id": person_id,
        "key": key,
        "listed_at": at,
    }
    del values["id"]
    lot_id_again = insert_if_new(session, Lot, values)
    if lot_id_again is None:
        return session.scalars(known).one()
    again = session.get_one(Lot, lot_id_again)
    messages.tell(
        session,
        person_id=lot.farmer_id,
        cooperative_id=lot.cooperative_id,
        kind="lot_carried",
        event_key=f"lot:{again.id}",
        figures={
            "lot_id": again.id,
            "crop_id": lot.crop_id,
            "left_g": quantity_g,
            "day_on": day.on.isoformat(),
        },
        at=at,
    )
    stock.open_stock(session, lot_id=again.id, quantity_g=quantity_g)
    return again


def _next_day(session: Session, lot: Lot, at: datetime) -> MarketDay:
    crop = session.get_one(Crop, lot.crop_id)
    today = lot.ready_from_on
    if lot.market_day_id is not None:
        today = session.get_one(MarketDay, lot.market_day_id).on
    day = calendar.day_for_lot(
        session,
        cooperative_id=lot.cooperative_id,
        village_id=lot.village_id,
        ready_from_on=today,
        ready_until_on=today + timedelta(days=crop.keeps_days),
        at=at,
        after_on=today,
    )
    if day is None:
        raise NoDayForSurplus
    return day
