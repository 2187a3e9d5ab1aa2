"""Where things are: villages, hubs, shops, pickup points, and what joins them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, enumerated, foreign, grams, identity, minor
from app.models.names import TwiceNamed


class PlacePrecision(StrEnum):
    """How well a position is known; ``unknown`` asks the manager for a pin."""

    PIN = "pin"
    PHONE = "phone"
    TOWN = "town"
    DISTRICT = "district"
    UNKNOWN = "unknown"


class HubKind(StrEnum):
    """Rural hubs take in harvests, city hubs serve pickup points; one may be both."""

    RURAL = "rural"
    CITY = "city"
    BOTH = "both"


class Positioned:
    """A position in WGS-84 degrees with where it came from; both or neither are set."""

    lat: Mapped[float | None]
    lon: Mapped[float | None]
    place_source: Mapped[str] = mapped_column(String(40), default="none")
    place_precision: Mapped[PlacePrecision] = mapped_column(
        enumerated(PlacePrecision), default=PlacePrecision.UNKNOWN
    )


def _position_checks() -> tuple[CheckConstraint, ...]:
    return (
        CheckConstraint("(lat IS NULL) = (lon IS NULL)", name="position_whole"),
        CheckConstraint("lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180", name="position"),
    )


class Village(TwiceNamed, Positioned, Base):
    """A village with the gathering point where the truck stops."""

    __tablename__ = "village"

    id: Mapped[identity]
    cooperative_id: Mapped[int] = mapped_column(foreign("cooperative.id"))
    hub_id: Mapped[int | None] = mapped_column(foreign("hub.id"))
    name: Mapped[str] = mapped_column(String(120))
    local_name: Mapped[str | None] = mapped_column(String(120))
    admin: Mapped[str | None] = mapped_column(String(200))
    gathering_point: Mapped[str | None] = mapped_column(String(200))
    opens_minute: Mapped[int] = mapped_column(default=360)
    closes_minute: Mapped[int] = mapped_column(default=1080)
    retired_at: Mapped[datetime | None]

    __table_args__ = (
        *_position_checks(),
        UniqueConstraint("cooperative_id", "name", "admin"),
        CheckConstraint("0 <= opens_minute AND opens_minute < closes_minute", name="hours"),
    )


class Hub(TwiceNamed, Positioned, Base):
    """Where runs end and goods are sorted by pickup point."""

    __tablename__ = "hub"

    id: Mapped[identity]
    cooperative_id: Mapped[int] = mapped_column(foreign("cooperative.id"))
    name: Mapped[str] = mapped_column(String(120))
    local_name: Mapped[str | None] = mapped_column(String(120))
    kind: Mapped[HubKind] = mapped_column(enumerated(HubKind))

    __table_args__ = (*_position_checks(), UniqueConstraint("cooperative_id", "name"))


class Shop(TwiceNamed, Base):
    """A city shop; what it sells besides and whom it shares members with comes later."""

    __tablename__ = "shop"

    id: Mapped[identity]
    cooperative_id: Mapped[int] = mapped_column(foreign("cooperative.id"))
    name: Mapped[str] = mapped_column(String(120))
    local_name: Mapped[str | None] = mapped_column(String(120))
    phone: Mapped[str | None] = mapped_column(String(20))

    __table_args__ = (UniqueConstraint("cooperative_id", "name"),)


class PickupPoint(TwiceNamed, Positioned, Base):
    """Where buyers collect; usually at a shop's counter."""

    __tablename__ = "pickup_point"

    id: Mapped[identity]
    cooperative_id: Mapped[int] = mapped_column(foreign("cooperative.id"))
    shop_id: Mapped[int] = mapped_column(foreign("shop.id"), index=True)
    hub_id: Mapped[int] = mapped_column(foreign("hub.id"))
    name: Mapped[str] = mapped_column(String(120))
    local_name: Mapped[str | None] = mapped_column(String(120))
    address: Mapped[str | None] = mapped_column(String(200))
    opens_minute: Mapped[int] = mapped_column(default=420)
    closes_minute: Mapped[int] = mapped_column(default=1260)
    retired_at: Mapped[datetime | None]

    __table_args__ = (
        *_position_checks(),
        UniqueConstraint("cooperative_id", "name"),
        CheckConstraint("0 <= opens_minute AND opens_minute < closes_minute", name="hours"),
    )


class Vehicle(Base):
    """A truck: what it carries, what it costs, when it works (minutes of the local day)."""

    __tablename__ = "vehicle"

    id: Mapped[identity]
    cooperative_id: Mapped[int] = mapped_column(foreign("cooperative.id"))
    hub_id: Mapped[int] = mapped_column(foreign("hub.id"))
    driver_id: Mapped[int | None] = mapped_column(foreign("person.id"))
    name: Mapped[str] = mapped_column(String(80))
    plate: Mapped[str | None] = mapped_column(String(20))
    capacity_g: Mapped[grams]
    crates: Mapped[int] = mapped_column(default=0)
    cold_crates: Mapped[int] = mapped_column(default=0)
    cost_per_km_minor: Mapped[minor] = mapped_column(default=0)
    cost_per_hour_minor: Mapped[minor] = mapped_column(default=0)
    starts_minute: Mapped[int] = mapped_column(default=300)
    ends_minute: Mapped[int] = mapped_column(default=1080)
    retired_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("cooperative_id", "name"),
        CheckConstraint("capacity_g > 0", name="capacity"),
        CheckConstraint("0 <= starts_minute AND starts_minute < ends_minute", name="shift"),
    )


class VillageRoute(Base):
    """A standing milk run: villages in order, on weekdays (0 = Monday), with a truck."""

    __tablename__ = "village_route"

    id: Mapped[identity]
    cooperative_id: Mapped[int] = mapped_column(foreign("cooperative.id"))
    name: Mapped[str] = mapped_column(String(120))
    weekdays: Mapped[list[int]]
    vehicle_id: Mapped[int | None] = mapped_column(foreign("vehicle.id"))
    starts_minute: Mapped[int] = mapped_column(default=300)
    retired_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("cooperative_id", "name"),)


class VillageRouteStop(Base):
    """One village of a standing route, at its position."""

    __tablename__ = "village_route_stop"

    village_route_id: Mapped[int] = mapped_column(foreign("village_route.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    village_id: Mapped[int] = mapped_column(foreign("village.id"), index=True)

    __table_args__ = (UniqueConstraint("village_route_id", "village_id"),)


class LineHaul(Base):
    """A regular leg between a rural hub and a city hub (departure in minutes of the day)."""

    __tablename__ = "line_haul"

    id: Mapped[identity]
    cooperative_id: Mapped[int] = mapped_column(foreign("cooperative.id"), index=True)
    from_hub_id: Mapped[int] = mapped_column(foreign("hub.id"))
    to_hub_id: Mapped[int] = mapped_column(foreign("hub.id"))
    carrier: Mapped[str] = mapped_column(String(120))
    departs_minute: Mapped[int]
    duration_s: Mapped[int]
    capacity_g: Mapped[grams]
    price_minor: Mapped[minor]
    retired_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("from_hub_id <> to_hub_id", name="two_hubs"),
        CheckConstraint("duration_s > 0 AND capacity_g > 0 AND price_minor >= 0", name="figures"),
    )


class FreightTariff(Base):
    """The published price per kg from a village to a pickup point, from an instant on."""

    __tablename__ = "freight_tariff"

    id: Mapped[identity]
    cooperative_id: Mapped[int] = mapped_column(foreign("cooperative.id"))
    village_id: Mapped[int] = mapped_column(foreign("village.id"))
    pickup_point_id: Mapped[int] = mapped_column(foreign("pickup_point.id"))
    price_minor: Mapped[minor]
    source: Mapped[str] = mapped_column(String(20))
    valid_from_at: Mapped[datetime]

    __table_args__ = (
        Index("ix_freight_tariff_pair", "village_id", "pickup_point_id", "valid_from_at"),
        UniqueConstraint("village_id", "pickup_point_id", "valid_from_at"),
        CheckConstraint("price_minor >= 0", name="price"),
    )
