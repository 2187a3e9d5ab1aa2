"""Publish and read the freight tariff and the cooperative's fees.

A tariff is the only transport that is ever charged. Until runs have taught better it
is the cooperative's base per kg, plus its price per 100 km of road (geodesic distance
times the road factor) to the rural hub and from the city hub, plus the line haul
between the two.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel.errors import N_, Refusal
from app.kernel.geo import Position, distance_m
from app.models import (
    Cooperative,
    Fee,
    FreightTariff,
    Hub,
    HubKind,
    LineHaul,
    PickupPoint,
    Village,
)

_METRES_PER_100KM = 100_000
Row = TypeVar("Row", Hub, LineHaul, Village, PickupPoint)


class NoTariff(Refusal):
    """No price from this village to this pickup point has been published."""

    code = "no_tariff"
    message = N_("No transport price is published from this village to this pickup point yet.")


def tariff(session: Session, *, village_id: int, pickup_point_id: int, at: datetime) -> int:
    """Return the published price in minor units per kg that holds at an instant.

    :raises NoTariff: if none has been published.
    """
    price = tariff_or_none(session, village_id=village_id, pickup_point_id=pickup_point_id, at=at)
    if price is None:
        raise NoTariff
    return price


def tariff_or_none(
    session: Session, *, village_id: int, pickup_point_id: int | None, at: datetime
) -> int | None:
    """Return the same price, or None where none is published or no point is given."""
    return session.scalar(
        select(FreightTariff.price_minor)
        .where(
            FreightTariff.village_id == village_id,
            FreightTariff.pickup_point_id == pickup_point_id,
            FreightTariff.valid_from_at <= at,
        )
        .order_by(FreightTariff.valid_from_at.desc())
        .limit(1)
    )


def tariffs(session: Session, *, cooperative_id: int, at: datetime) -> dict[tuple[int, int], int]:
    """Return every tariff that holds at an instant: (village, pickup point) -> minor per kg."""
    rows = session.execute(
        select(FreightTariff.village_id, FreightTariff.pickup_point_id, FreightTariff.price_minor)
        .where(FreightTariff.cooperative_id == cooperative_id, FreightTariff.valid_from_at <= at)
        .order_by(FreightTariff.valid_from_at, FreightTariff.id)
    )
    # Later rows overwrite earlier ones, so that the newest valid price stays.
    return {(row.village_id, row.pickup_point_id): row.price_minor for row in rows}


def fee_per_kg(session: Session, *, cooperative_id: int, on: date) -> int:
    """Return the sum of the cooperative's fees of a day, in minor units per kg."""
    total = session.scalar(
        select(func.coalesce(func.sum(Fee.price_minor), 0)).where(
            Fee.cooperative_id == cooperative_id,
            Fee.starts_on <= on,
            (Fee.ends_on.is_(None)) | (Fee.ends_on >= on),
        )
    )
    return int(total or 0)


def set_tariff(
    session: Session,
    *,
    cooperative_id: int,
    village_id: int,
    pickup_point_id: int,
    price_minor: int,
    source: str,
    at: datetime,
) -> None:
    """Publish one price from an instant on; repeating it at the same instant changes nothing."""
    known = session.scalar(
        select(FreightTariff.id).where(
            FreightTariff.village_id == village_id,
            FreightTariff.pickup_point_id == pickup_point_id,
            FreightTariff.valid_from_at == at,
        )
    )
    if known is None:
        session.add(
            FreightTariff(
                cooperative_id=cooperative_id,
                village_id=village_id,
                pickup_point_id=pickup_point_id,
                price_minor=price_minor,
                source=source,
                valid_from_at=at,
            )
        )
        session.flush()


def publish_tariffs(
    session: Session, *, cooperative_id: int, at: datetime, only_missing: bool = True
) -> int:
    """Publish the distance tariff for every village and pickup point; return how many.

    A village whose place is unknown gets the dearest price of the others to the same
    point, so that its farmers can offer and nobody pays for a guess that was too low.

    :param only_missing: leave pairs alone that have a price already.
    """
    cooperative = session.get_one(Cooperative, cooperative_id)
    hubs = {hub.id: hub for hub in _of(session, Hub, cooperative_id)}
    hauls = {
        (haul.from_hub_id, haul.to_hub_id): haul.price_minor
        for haul in _of(session, LineHaul, cooperative_id)
        if haul.retired_at is None
    }
    known = tariffs(session, cooperative_id=cooperative_id, at=at) if only_missing else {}
    villages = [row for row in _of(session, Village, cooperative_id) if row.retired_at is None]
    published = 0
    for point in _of(session, PickupPoint, cooperative_id):
        if point.retired_at is not None:
            continue
        prices = {
            village.id: _distance_price(cooperative, hubs, hauls, village, point)
            for village in villages
        }
        dearest = max((price for price in prices.values() if price is not None), default=None)
        fallback = cooperative.freight_base_minor if dearest is None else dearest
        for village_id, price in prices.items():
            if (village_id, point.id) in known:
                continue
            set_tariff(
                session,
                cooperative_id=cooperative_id,
                village_id=village_id,
                pickup_point_id=point.id,
                price_minor=fallback if price is None else price,
                source="distance" if price is not None else "dearest",
                at=at,
            )
            published += 1
    return published


def rural_hub(hubs: dict[int, Hub], village: Village) -> Hub | None:
    """Return the hub a village delivers to: its own, or the nearest rural one."""
    if village.hub_id is not None:
        return hubs[village.hub_id]
    rural = [hub for hub in hubs.values() if hub.kind is not HubKind.CITY]
    here = _position(village)
    if here is None or not rural:
        return rural[0] if rural else None
    return min(
        rural,
        key=lambda hub: (
            distance_m(here, spot) if (spot := _position(hub)) else 1 << 62,
            hub.id,
        ),
    )


def _distance_price(
    cooperative: Cooperative,
    hubs: dict[int, Hub],
    hauls: dict[tuple[int, int], int],
    village: Village,
    point: PickupPoint,
) -> int | None:
    start, end = _position(village), _position(point)
    from_hub, to_hub = rural_hub(hubs, village), hubs[point.hub_id]
    if start is None or from_hub is None:
        return None
    first, last = _position(from_hub), _position(to_hub)
    metres = distance_m(start, first) if first else 0
    haul_minor = 0
    if from_hub.id != to_hub.id:
        if (from_hub.id, to_hub.id) in hauls:
            haul_minor = hauls[from_hub.id, to_hub.id]
        elif first and last:
            metres += distance_m(first, last)
    if end and last:
        metres += distance_m(last, end)
    road_m = metres * cooperative.road_factor_percent // 100
    by_distance = (2 * road_m * cooperative.freight_per_100km_minor + _METRES_PER_100KM) // (
        2 * _METRES_PER_100KM
    )
    return cooperative.freight_base_minor + haul_minor + by_distance


def _position(place: Village | Hub | PickupPoint) -> Position | None:
    if place.lat is None or place.lon is None:
        return None
    return Position(place.lat, place.lon)


def _of(session: Session, table: type[Row], cooperative_id: int) -> list[Row]:
    return list(
        session.scalars(
            select(table).where(table.cooperative_id == cooperative_id).order_by(table.id)
        )
    )
