"""What the matching gave, crop by crop, each lot and request with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel.database import reading
from app.models import (
    ClearingRun,
    Crop,
    Grade,
    LineOutcome,
    Lot,
    LotOutcome,
    MarketDay,
    Order,
    OrderLine,
    Person,
    PickupPoint,
    RoleKind,
    Village,
    VillagePrice,
)
from app.pages.manager.blueprint import blueprint, own_day
from app.web.guards import role_required
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
class Price:
    """What a kilogram of a grade earned in a village, and how much was sold there."""

    village: str
    grade: Grade
    price_minor: int
    sold_g: int


@dataclass(frozen=True)
class CropOutcome:
    """One crop's run with its proof; ``undone``: the runs before it that were taken back.

    :param value_minor: what all trades gain, ``bound_minor``: more than which nothing
        could be gained even if every request could be divided, in minor units.
    """

    run: ClearingRun
    crop: Crop
    lots: list[Row]
    lines: list[Row]
    left_out: int
    prices: list[Price]
    undone: Sequence[ClearingRun]

    @property
    def value_minor(self) -> int:
        """Return what all trades gain."""
        return int(self.run.value_scaled) // 1000

    @property
    def bound_minor(self) -> int:
        """Return what could at most be gained."""
        return int(self.run.bound_scaled) // 1000

    @property
    def versions(self) -> str:
        """Return the programs that made the proof."""
        versions = self.run.certificate["versions"]
        return ", ".join(f"{name} {versions[name]}" for name in sorted(versions))


@blueprint.get("/market-days/<int:day_id>/outcome")
@role_required(RoleKind.MANAGER)
def show_outcome(day_id: int) -> ResponseReturnValue:
    """Show what the matching gave to each lot and request, and why."""
    with reading() as session:
        day = own_day(session, day_id)
        found = outcome(session, day)
    return render_template("manager/outcome.html", day=day, crops=found)


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
        CropOutcome(
            run=run,
            crop=crop,
            lots=_lots(session, run, places),
            lines=_lines(session, run, places),
            left_out=_left_out(session, run),
            prices=_prices(session, run),
            undone=_undone(session, run),
        )
        for run, crop in runs
    ]


def _left_out(session: Session, run: ClearingRun) -> int:
    """Return how many rows are too many for the page."""
    return sum(
        max(
            0,
            int(
                session.scalar(
                    select(func.count()).select_from(table).where(table.clearing_run_id == run.id)
                )
                or 0
            )
            - _MOST_ROWS,
        )
        for table in (LotOutcome, LineOutcome)
    )


def _prices(session: Session, run: ClearingRun) -> list[Price]:
    rows = session.execute(
        select(VillagePrice, Village)
        .join(Village, Village.id == VillagePrice.village_id)
        .where(VillagePrice.clearing_run_id == run.id)
        .order_by(Village.name, VillagePrice.id)
        .limit(_MOST_ROWS)
    )
    return [
        Price(place_name(village), price.grade, price.price_minor, price.sold_g)
        for price, village in rows
    ]


def _undone(session: Session, run: ClearingRun) -> Sequence[ClearingRun]:
    return session.scalars(
        select(ClearingRun)
        .where(
            ClearingRun.market_day_id == run.market_day_id,
            ClearingRun.crop_id == run.crop_id,
            ClearingRun.undone_at.is_not(None),
        )
        .order_by(ClearingRun.id)
    ).all()


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
