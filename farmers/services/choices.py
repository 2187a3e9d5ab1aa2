"""What a listing form offers: crops, units, a price guide, what is added, when it is paid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median_low

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import freight
from app.kernel.clock import local
from app.kernel.geo import Position, distance_m
from app.models import (
    Cooperative,
    Crop,
    CropUnit,
    FreightTariff,
    Grade,
    Lot,
    MarketDay,
    MarketDayState,
    MarketDayStep,
    PickupPoint,
    Village,
    VillagePrice,
)

SEASON = timedelta(days=365)
GUIDE_DAYS = timedelta(days=60)
NEAR_VILLAGES = 8
SETTLED_DAYS = 10
_MOST_LOTS_COUNTED = 200


@dataclass(frozen=True)
class Unit:
    """A unit that a crop is counted in, and the grams of one."""

    code: str
    grams: int


@dataclass(frozen=True)
class Guide:
    """What farmers netted per kg where the crop last cleared, here or nearby."""

    price_minor: int
    on: date
    village: str


@dataclass(frozen=True)
class CropChoice:
    """One crop of the grid, with its units (the usual one first) and guides by grade."""

    id: int
    code: str
    names: dict[str, str]
    emoji: str | None
    units: tuple[Unit, ...]
    guides: dict[Grade, Guide]


@dataclass(frozen=True)
class Choices:
    """All that the form shows for one farmer's village.

    :param transport_minor: least and most published transport per kg to a pickup point,
        or None while none is published.
    :param fee_minor: the cooperative's fees per kg. Buyers pay both on top of the net ask.
    :param days: the coming open market days with the farmers' cut-off of each.
    :param paid_after_days: how long after a market day farmers were credited lately.
    """

    crops: tuple[CropChoice, ...]
    transport_minor: tuple[int, int] | None
    fee_minor: int
    days: tuple[tuple[date, datetime], ...]
    paid_after_days: int
    last: Lot | None


def choices(
    session: Session, *, cooperative_id: int, farmer_id: int, village_id: int, at: datetime
) -> Choices:
    """Return what a farmer may list, what it may earn, and the farmer's last listing."""
    cooperative = session.get_one(Cooperative, cooperative_id)
    today = local(at, cooperative.time_zone).date()
    days = session.execute(
        select(MarketDay.on, MarketDay.farmers_cutoff_at)
        .where(
            MarketDay.cooperative_id == cooperative_id,
            MarketDay.state == MarketDayState.OPEN,
            MarketDay.farmers_cutoff_at > at,
        )
        .order_by(MarketDay.on, MarketDay.id)
        .limit(6)
    )
    return Choices(
        crops=_crops(session, cooperative_id, farmer_id, village_id, today, at),
        transport_minor=_transport(session, village_id, at),
        fee_minor=freight.fee_per_kg(session, cooperative_id=cooperative_id, on=today),
        days=tuple((row.on, row.farmers_cutoff_at) for row in days),
        paid_after_days=_paid_after(session, cooperative),
        last=session.scalar(
            select(Lot)
            .where(
                Lot.farmer_id == farmer_id,
                Lot.cooperative_id == cooperative_id,
                Lot.surplus_of_id.is_(None),
            )
            .order_by(Lot.id.desc())
            .limit(1)
        ),
    )


def _crops(
    session: Session,
    cooperative_id: int,
    farmer_id: int,
    village_id: int,
    today: date,
    at: datetime,
) -> tuple[CropChoice, ...]:
    units: dict[int, list[Unit]] = defaultdict(list)
    for unit in session.scalars(
        select(CropUnit)
        .join(Crop, Crop.id == CropUnit.crop_id)
        .where(Crop.cooperative_id == cooperative_id)
        .order_by(CropUnit.crop_id, CropUnit.position, CropUnit.id)
    ):
        units[unit.crop_id].append(Unit(unit.code, unit.grams))
    guides = _guides(session, cooperative_id, village_id, today)
    mine, everyone = _uses(session, cooperative_id, farmer_id, at)
    rows = session.scalars(
        select(Crop)
        .where(Crop.cooperative_id == cooperative_id, Crop.is_traded.is_(True))
        .order_by(Crop.id)
    ).all()
    ordered = sorted(rows, key=lambda row: (-mine[row.id], -everyone[row.id], row.id))
    return tuple(
        CropChoice(
            id=row.id,
            code=row.code,
            names=row.names,
            emoji=row.emoji,
            units=tuple(units[row.id]) or (Unit("kg", 1000),),
            guides=guides.get(row.id, {}),
        )
        for row in ordered
    )


def _uses(
    session: Session, cooperative_id: int, farmer_id: int, at: datetime
) -> tuple[defaultdict[int, int], defaultdict[int, int]]:
    """Return how often each crop was listed of late, by the farmer and by everyone."""
    counts: list[defaultdict[int, int]] = []
    for whose in (Lot.farmer_id == farmer_id, Lot.cooperative_id == cooperative_id):
        newest = (
            select(Lot.crop_id)
            .where(whose, Lot.listed_at > at - SEASON)
            .order_by(Lot.id.desc())
            .limit(_MOST_LOTS_COUNTED)
            .subquery()
        )
        counted = session.execute(
            select(newest.c.crop_id, func.count()).group_by(newest.c.crop_id)
        ).all()
        counts.append(defaultdict(int, {row[0]: row[1] for row in counted}))
    return counts[0], counts[1]


def _guides(
    session: Session, cooperative_id: int, village_id: int, today: date
) -> dict[int, dict[Grade, Guide]]:
    near = near_villages(session, cooperative_id, village_id)
    rank = {village.id: place for place, village in enumerate(near)}
    rows = session.execute(
        select(VillagePrice, Village.called)
        .join(Village, Village.id == VillagePrice.village_id)
        .where(VillagePrice.village_id.in_(rank), VillagePrice.on > today - GUIDE_DAYS)
        .order_by(VillagePrice.on.desc(), VillagePrice.id.desc())
    )
    best: dict[tuple[int, Grade], tuple[int, Guide]] = {}
    for price, village in rows:
        place = rank[price.village_id]
        known = best.get((price.crop_id, price.grade))
        # The first row of a village is its newest; a nearer village is preferred.
        if known is None or place < known[0]:
            guide = Guide(price.price_minor, price.on, village)
            best[price.crop_id, price.grade] = (place, guide)
    guides: dict[int, dict[Grade, Guide]] = defaultdict(dict)
    for (crop_id, grade), (_, guide) in best.items():
        guides[crop_id][grade] = guide
    return guides


def near_villages(session: Session, cooperative_id: int, village_id: int) -> Sequence[Village]:
    """Return the village itself and the nearest others that have a position."""
    villages = session.scalars(
        select(Village).where(Village.cooperative_id == cooperative_id).order_by(Village.id)
    ).all()
    home = next(village for village in villages if village.id == village_id)
    here = _position(home)
    if here is None:
        return [home]
    away = [
        (distance_m(here, there), village.id, village)
        for village in villages
        if village.id != village_id and (there := _position(village)) is not None
    ]
    return [home, *(village for _, _, village in sorted(away)[:NEAR_VILLAGES])]


def _position(village: Village) -> Position | None:
    if village.lat is None or village.lon is None:
        return None
    return Position(village.lat, village.lon)


def _transport(session: Session, village_id: int, at: datetime) -> tuple[int, int] | None:
    rows = session.execute(
        select(FreightTariff.pickup_point_id, FreightTariff.price_minor)
        .join(PickupPoint, PickupPoint.id == FreightTariff.pickup_point_id)
        .where(
            FreightTariff.village_id == village_id,
            FreightTariff.valid_from_at <= at,
            PickupPoint.retired_at.is_(None),
        )
        .order_by(FreightTariff.valid_from_at, FreightTariff.id)
    )
    # Later rows overwrite earlier ones, so that the newest valid price stays.
    prices = {row.pickup_point_id: row.price_minor for row in rows}
    return (min(prices.values()), max(prices.values())) if prices else None


def _paid_after(session: Session, cooperative: Cooperative) -> int:
    """Return the usual days from a market day to its statement; 1 before the first one."""
    rows = session.execute(
        select(MarketDay.on, MarketDayStep.at)
        .join(MarketDayStep, MarketDayStep.market_day_id == MarketDay.id)
        .where(
            MarketDay.cooperative_id == cooperative.id,
            MarketDay.state == MarketDayState.SETTLED,
            MarketDayStep.name == "settle",
        )
        .order_by(MarketDay.on.desc(), MarketDayStep.id.desc())
        .limit(SETTLED_DAYS)
    ).all()
    waits = [(local(row.at, cooperative.time_zone).date() - row.on).days for row in rows]
    return max(0, median_low(waits)) if waits else 1
