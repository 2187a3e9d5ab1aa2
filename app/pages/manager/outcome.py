"""What the matching gave, crop by crop, each lot and request with its reason."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import (
    ClearingRun,
    Crop,
    LineOutcome,
    Lot,
    LotOutcome,
    MarketDay,
    Order,
    OrderLine,
    Person,
    PickupPoint,
    Village,
)
from app.web.reasons import places_of, reason_text
from app.web.words import place_name

_MOST_ROWS = 500


@dataclass(frozen=True)
class Row:
    """One lot or request: whose, where, how much of how much, and why."""

    who: str
    where: str
    wanted_g: int
    got_g: int
    reason: str


@dataclass(frozen=True)
class CropOutcome:
    """One crop's run with its proof."""

    run: ClearingRun
    crop: Crop
    lots: list[Row]
    lines: list[Row]


def outcome(session: Session, day: MarketDay) -> list[CropOutcome]:
    """Return every crop that was matched on a day."""
    places = places_of(session, cooperative_id=day.cooperative_id)
    runs = session.execute(
        select(ClearingRun, Crop)
        .join(Crop, Crop.id == ClearingRun.crop_id)
        .where(
            ClearingRun.market_day_id == day.id,
            ClearingRun.applied_at.is_not(None),
            ClearingRun.undone_at.is_(None),
        )
        .order_by(ClearingRun.crop_id)
    ).all()
    return [
        CropOutcome(run, crop, _lots(session, run, places), _lines(session, run, places))
        for run, crop in runs
    ]


def _lots(session: Session, run: ClearingRun, places: dict[str, str]) -> list[Row]:
    rows = session.execute(
        select(LotOutcome, Lot.quantity_g, Person.name, Village)
        .join(Lot, Lot.id == LotOutcome.lot_id)
        .join(Person, Person.id == Lot.farmer_id)
        .join(Village, Village.id == Lot.village_id)
        .where(LotOutcome.clearing_run_id == run.id)
        .order_by(LotOutcome.lot_id)
        .limit(_MOST_ROWS)
    )
    return [
        Row(
            who=name,
            where=place_name(village),
            wanted_g=quantity_g,
            got_g=found.sold_g,
            reason=reason_text(found.code, found.figures, places),
        )
        for found, quantity_g, name, village in rows
    ]


def _lines(session: Session, run: ClearingRun, places: dict[str, str]) -> list[Row]:
    rows = session.execute(
        select(LineOutcome, OrderLine.ordered_g, Person.name, PickupPoint)
        .join(OrderLine, OrderLine.id == LineOutcome.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Person, Person.id == Order.buyer_id)
        .join(PickupPoint, PickupPoint.id == Order.pickup_point_id)
        .where(LineOutcome.clearing_run_id == run.id)
        .order_by(LineOutcome.order_line_id)
        .limit(_MOST_ROWS)
    )
    return [
        Row(
            who=name,
            where=place_name(point),
            wanted_g=ordered_g,
            got_g=found.filled_g,
            reason=reason_text(found.code, found.figures, places),
        )
        for found, ordered_g, name, point in rows
    ]
