"""What is offered on the day that takes orders now, with its price at a pickup point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import RowMapping, Select, select
from sqlalchemy.orm import Session

from app import calendar, freight
from app.kernel.errors import NotFound
from app.kernel.money import GRAMS_PER_KG
from app.models import (
    Cooperative,
    Crop,
    CropUnit,
    Grade,
    Lot,
    LotStock,
    MarketDay,
    MarketDayState,
    Person,
    Photo,
    PhotoState,
    PickupPoint,
    Village,
)
from app.orders.prices import PriceParts, farm_gate_minor, last_village_price

PAGE = 24


@dataclass(frozen=True)
class Offered:
    """One lot as a buyer sees it; ``price`` is empty where no transport price is published."""

    lot_id: int
    crop_id: int
    crop_code: str
    crop_names: Mapping[str, str]
    emoji: str | None
    grade: Grade
    village: str
    village_local: str | None
    farmer_id: int
    farmer: str
    ready_from_on: date
    ready_until_on: date
    is_uncertain: bool
    note: str
    offered_g: int
    left_g: int
    is_frozen: bool
    unit_code: str
    unit_grams: int
    price: PriceParts | None
    photo_id: int | None


@dataclass(frozen=True)
class OffersPage:
    """A page of offers, and the lot after which the next page begins."""

    day: MarketDay | None
    offers: tuple[Offered, ...]
    next_after: int | None


def offers(
    session: Session,
    *,
    cooperative_id: int,
    pickup_point_id: int,
    at: datetime,
    crop_id: int | None = None,
    after: int | None = None,
    limit: int = PAGE,
) -> OffersPage:
    """Return what is left of the open day's lots, newest first, in at most five queries.

    :param after: the last lot of the page before.
    """
    day = calendar.open_day(session, cooperative_id=cooperative_id, at=at)
    if day is None:
        return OffersPage(None, (), None)
    wanted = (
        _lots()
        .where(Lot.market_day_id == day.id, Lot.withdrawn_at.is_(None), LotStock.available_g > 0)
        .order_by(Lot.id.desc())
        .limit(limit + 1)
    )
    if crop_id is not None:
        wanted = wanted.where(Lot.crop_id == crop_id)
    if after is not None:
        wanted = wanted.where(Lot.id < after)
    rows = session.execute(wanted).mappings().all()
    tariffs = freight.tariffs(session, cooperative_id=cooperative_id, at=at)
    fee = freight.fee_per_kg(session, cooperative_id=cooperative_id, on=day.on)
    photos = _photos(session, [row["lot_id"] for row in rows[:limit]])
    shown = tuple(
        _offered(row, tariffs.get((row["village_id"], pickup_point_id)), fee, photos)
        for row in rows[:limit]
    )
    return OffersPage(day, shown, shown[-1].lot_id if len(rows) > limit else None)


def offered_lot(
    session: Session, *, cooperative_id: int, lot_id: int, pickup_point_id: int, at: datetime
) -> tuple[Offered, MarketDay]:
    """Return one lot with its market day, also when nothing is left of it.

    :raises NotFound: if the cooperative has no such lot on a market day.
    """
    wanted = _lots().where(
        Lot.id == lot_id, Lot.cooperative_id == cooperative_id, Lot.withdrawn_at.is_(None)
    )
    row = session.execute(wanted).mappings().one_or_none()
    if row is None or row["market_day_id"] is None:
        raise NotFound
    day = session.get_one(MarketDay, row["market_day_id"])
    tariffs = freight.tariffs(session, cooperative_id=cooperative_id, at=at)
    fee = freight.fee_per_kg(session, cooperative_id=cooperative_id, on=day.on)
    tariff = tariffs.get((row["village_id"], pickup_point_id))
    return _offered(row, tariff, fee, _photos(session, [lot_id])), day


def offers_of_farmer(
    session: Session,
    *,
    cooperative_id: int,
    farmer_id: int,
    pickup_point_id: int | None,
    at: datetime,
    limit: int = PAGE,
) -> tuple[Offered, ...]:
    """Return what one farmer has left on every day that takes orders, the soonest first.

    :param pickup_point_id: where the prices hold; without one there are none.
    """
    wanted = (
        _lots()
        .join(MarketDay, MarketDay.id == Lot.market_day_id)
        .where(
            Lot.farmer_id == farmer_id,
            Lot.cooperative_id == cooperative_id,
            Lot.withdrawn_at.is_(None),
            MarketDay.state == MarketDayState.OPEN,
            MarketDay.buyers_cutoff_at > at,
            LotStock.available_g > 0,
        )
        .add_columns(MarketDay.on.label("day_on"))
        .order_by(MarketDay.on, Lot.id.desc())
        .limit(limit)
    )
    rows = session.execute(wanted).mappings().all()
    photos = _photos(session, [row["lot_id"] for row in rows])
    fees = {
        on: freight.fee_per_kg(session, cooperative_id=cooperative_id, on=on)
        for on in {row["day_on"] for row in rows}
    }
    tariffs = {
        village_id: freight.tariff_or_none(
            session, village_id=village_id, pickup_point_id=pickup_point_id, at=at
        )
        for village_id in {row["village_id"] for row in rows}
    }
    return tuple(
        _offered(row, tariffs[row["village_id"]], fees[row["day_on"]], photos) for row in rows
    )


def offered_crops(session: Session, *, market_day_id: int) -> list[Crop]:
    """Return the crops of which something is left on a day, for the filter."""
    lots = (
        select(Lot.crop_id)
        .join(LotStock, LotStock.lot_id == Lot.id)
        .where(
            Lot.market_day_id == market_day_id,
            Lot.withdrawn_at.is_(None),
            LotStock.available_g > 0,
        )
    )
    return list(session.scalars(select(Crop).where(Crop.id.in_(lots)).order_by(Crop.code, Crop.id)))


def units_of(session: Session, *, crop_id: int) -> dict[str, int]:
    """Return the units a crop is counted in: code -> grams, in the cooperative's order."""
    rows = session.execute(
        select(CropUnit.code, CropUnit.grams)
        .where(CropUnit.crop_id == crop_id)
        .order_by(CropUnit.position, CropUnit.id)
    )
    # A kilogram needs no setting up; a crop without units is counted in it.
    return {row.code: row.grams for row in rows} or {"kg": GRAMS_PER_KG}


def traded_crops(session: Session, *, cooperative_id: int) -> list[Crop]:
    """Return the crops for which requests can be filed."""
    return list(
        session.scalars(
            select(Crop)
            .where(Crop.cooperative_id == cooperative_id, Crop.is_traded.is_(True))
            .order_by(Crop.category, Crop.code, Crop.id)
        )
    )


def ordering_days(session: Session, *, cooperative_id: int, at: datetime) -> list[MarketDay]:
    """Return the coming days that still take orders."""
    return list(
        session.scalars(
            select(MarketDay)
            .where(
                MarketDay.cooperative_id == cooperative_id,
                MarketDay.state == MarketDayState.OPEN,
                MarketDay.buyers_cutoff_at > at,
            )
            .order_by(MarketDay.on, MarketDay.id)
        )
    )


def pickup_points(session: Session, *, cooperative_id: int) -> list[PickupPoint]:
    """Return where buyers can collect, by name."""
    return list(
        session.scalars(
            select(PickupPoint)
            .where(PickupPoint.cooperative_id == cooperative_id, PickupPoint.retired_at.is_(None))
            .order_by(PickupPoint.name, PickupPoint.id)
        )
    )


def _lots() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Lot.id.label("lot_id"),
            Lot.market_day_id,
            Lot.crop_id,
            Lot.village_id,
            Crop.code.label("crop_code"),
            Crop.names.label("crop_names"),
            Crop.emoji,
            Lot.grade,
            Village.called.label("village"),
            Village.local_name.label("village_local"),
            Lot.farmer_id,
            Person.name.label("farmer"),
            Lot.ready_from_on,
            Lot.ready_until_on,
            Lot.is_uncertain,
            Lot.note,
            Lot.quantity_g.label("offered_g"),
            LotStock.available_g.label("left_g"),
            LotStock.is_frozen,
            Lot.unit_code,
            Lot.unit_grams,
            Lot.ask_minor,
            Cooperative.direct_margin_bp,
            last_village_price().label("village_price_minor"),
        )
        .join(LotStock, LotStock.lot_id == Lot.id)
        .join(Crop, Crop.id == Lot.crop_id)
        .join(Village, Village.id == Lot.village_id)
        .join(Person, Person.id == Lot.farmer_id)
        .join(Cooperative, Cooperative.id == Lot.cooperative_id)
    )


def _offered(row: RowMapping, tariff: int | None, fee: int, photos: Mapping[int, int]) -> Offered:
    price = None
    if tariff is not None:
        gate = farm_gate_minor(
            ask_minor=row["ask_minor"],
            village_price_minor=row["village_price_minor"],
            direct_margin_bp=row["direct_margin_bp"],
        )
        price = PriceParts(gate, tariff, fee)
    own = set(Offered.__dataclass_fields__) - {"price", "photo_id"}
    columns = {name: row[name] for name in own}
    return Offered(**columns, price=price, photo_id=photos.get(row["lot_id"]))


def _photos(session: Session, lot_ids: list[int]) -> dict[int, int]:
    if not lot_ids:
        return {}
    rows = session.execute(
        select(Photo.lot_id, Photo.id)
        .where(Photo.lot_id.in_(lot_ids), Photo.state == PhotoState.READY)
        .order_by(Photo.id)
    )
    return {row.lot_id: row.id for row in rows}
