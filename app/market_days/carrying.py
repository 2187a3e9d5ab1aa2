"""Offer again what a day left over: a whole lot moves on, a rest becomes a lot of its own."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import calendar, messages, stock
from app.kernel.database import insert_if_new
from app.models import Lot, LotStock, MarketDay
from farmers.services import harvests


def carry_over(session: Session, *, day: MarketDay, at: datetime) -> int:
    """Move what is left of a day's lots to the next day that fits; return how many moved.

    What keeps no longer than this day stays where it is.
    """
    rows = session.execute(
        select(Lot, LotStock.available_g)
        .join(LotStock, LotStock.lot_id == Lot.id)
        .where(
            Lot.market_day_id == day.id,
            Lot.withdrawn_at.is_(None),
            Lot.ready_until_on > day.on,
            LotStock.available_g > 0,
        )
        .order_by(Lot.id)
    ).all()
    moved = 0
    for lot, left_g in rows:
        if left_g == lot.quantity_g:
            moved += harvests.move_on(session, lot=lot, from_day=day, at=at) is not None
        else:
            moved += _carry_rest(session, lot, left_g, day, at)
    return moved


def _carry_rest(session: Session, lot: Lot, left_g: int, day: MarketDay, at: datetime) -> bool:
    next_day = calendar.day_for_lot(
        session,
        cooperative_id=lot.cooperative_id,
        village_id=lot.village_id,
        ready_from_on=lot.ready_from_on,
        ready_until_on=lot.ready_until_on,
        at=at,
        after_on=day.on,
    )
    if next_day is None:
        return False
    # What a buyer gives back after the rest was carried over is another rest.
    earlier = session.scalar(
        select(func.count()).select_from(Lot).where(Lot.surplus_of_id == lot.id)
    )
    rest_id = insert_if_new(
        session,
        Lot,
        {
            "cooperative_id": lot.cooperative_id,
            "market_day_id": next_day.id,
            "farmer_id": lot.farmer_id,
            "village_id": lot.village_id,
            "crop_id": lot.crop_id,
            "grade": lot.grade,
            "quantity_g": left_g,
            "unit_code": lot.unit_code,
            "unit_grams": lot.unit_grams,
            "ask_minor": lot.ask_minor,
            "ready_from_on": lot.ready_from_on,
            "ready_until_on": lot.ready_until_on,
            "is_uncertain": lot.is_uncertain,
            "note": lot.note,
            "rolled_from_id": day.id,
            "surplus_of_id": lot.id,
            "listed_by_id": lot.listed_by_id,
            "key": f"rest:{lot.id}:{earlier}",
            "listed_at": at,
        },
    )
    if rest_id is None:
        return False
    messages.tell(
        session,
        person_id=lot.farmer_id,
        cooperative_id=lot.cooperative_id,
        kind="lot_carried",
        event_key=f"lot:{rest_id}",
        figures={
            "lot_id": rest_id,
            "crop_id": lot.crop_id,
            "left_g": left_g,
            "day_on": next_day.on.isoformat(),
        },
        at=at,
    )
    stock.open_stock(session, lot_id=rest_id, quantity_g=left_g)
    stock.take(session, lot_id=lot.id, quantity_g=left_g)
    return True
