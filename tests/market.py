"""One small market with the people that the tests speak of.

Enshi Hills trades potatoes and cabbage from two villages to one shop in Wuhan:
Tan Guihua farms in Baiyangping, Xiang Lan in Sancha, Zhou Min buys for her breakfast
shop, Luo Jie manages, Peng Bo drives, Wu Fang keeps the shop.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy.orm import Session

from app import freight
from app.models import (
    CalendarRule,
    Cooperative,
    Crop,
    CropUnit,
    Fee,
    Grade,
    Hub,
    HubKind,
    LineHaul,
    Lot,
    Person,
    PickupPoint,
    PlacePrecision,
    Role,
    RoleKind,
    Shop,
    Vehicle,
    Village,
)
from farmers.services import harvests
from farmers.services.harvests import Offer

# A Monday morning in Enshi; there is a market every Tuesday and Friday.
AT = datetime(2026, 5, 4, 1, 0, tzinfo=UTC)
TUESDAY = date(2026, 5, 5)
FRIDAY = date(2026, 5, 8)


@dataclass(frozen=True)
class Market:
    """The ids of one cooperative and its people."""

    cooperative_id: int
    potato_id: int
    cabbage_id: int
    baiyangping_id: int
    sancha_id: int
    rural_hub_id: int
    city_hub_id: int
    shop_id: int
    pickup_point_id: int
    vehicle_id: int
    tan_id: int
    xiang_id: int
    zhou_id: int
    luo_id: int
    peng_id: int
    wu_id: int


def make_market(session: Session, *, slug: str = "enshi", at: datetime = AT) -> Market:
    """Set up the market, without a market day yet."""
    cooperative = Cooperative(
        name="Enshi Hills",
        slug=slug,
        country="CN",
        currency="CNY",
        time_zone="Asia/Shanghai",
        languages=["en", "zh"],
        freight_base_minor=20,
        freight_per_100km_minor=15,
        created_at=at,
    )
    session.add(cooperative)
    session.flush()
    places = _places(session, cooperative.id)
    crops = [_crop(session, cooperative.id, code) for code in ("potato", "cabbage")]
    people = _people(session, cooperative.id, slug, places, at)
    vehicle = Vehicle(
        cooperative_id=cooperative.id,
        hub_id=places["rural_hub"],
        driver_id=people["peng"],
        name="Truck 1",
        capacity_g=1_500_000,
        cost_per_km_minor=250,
        cost_per_hour_minor=3000,
    )
    session.add(vehicle)
    session.add(
        Fee(
            cooperative_id=cooperative.id,
            name="Cooperative",
            price_minor=10,
            starts_on=date(2026, 1, 1),
        )
    )
    for weekday in (1, 4):
        session.add(
            CalendarRule(
                cooperative_id=cooperative.id,
                weekday=weekday,
                farmers_cutoff_minute=-8 * 60,
                buyers_cutoff_minute=-6 * 60,
                confirm_by_minute=-4 * 60,
                pickup_minute=32 * 60,
            )
        )
    session.flush()
    freight.publish_tariffs(session, cooperative_id=cooperative.id, at=at)
    return Market(
        cooperative_id=cooperative.id,
        potato_id=crops[0],
        cabbage_id=crops[1],
        vehicle_id=vehicle.id,
        **{f"{name}_id": row_id for name, row_id in (places | people).items()},
    )


def potatoes(market: Market, **changes: object) -> Offer:
    """Return an offer of 120 kg of Tan Guihua's potatoes at 1.80 net, ready for a week."""
    values: dict[str, object] = {
        "farmer_id": market.tan_id,
        "village_id": market.baiyangping_id,
        "crop_id": market.potato_id,
        "grade": Grade.CLASS_I,
        "quantity_g": 120_000,
        "unit_code": "kg",
        "unit_grams": 1000,
        "ask_minor": 180,
        "ready_from_on": AT.date(),
        "ready_until_on": AT.date() + timedelta(days=7),
    }
    return Offer(**(values | changes))  # type: ignore[arg-type]


def listed(
    session: Session, market: Market, *, key: str, at: datetime = AT, **changes: object
) -> Lot:
    """Offer potatoes with some changes and return the lot."""
    offered = potatoes(market, **changes)
    return harvests.offer(
        session,
        cooperative_id=market.cooperative_id,
        listed_by_id=offered.farmer_id,
        offered=offered,
        key=key,
        at=at,
    )


def _places(session: Session, cooperative_id: int) -> dict[str, int]:
    def at(lat: float, lon: float) -> dict[str, object]:
        return {
            "cooperative_id": cooperative_id,
            "lat": lat,
            "lon": lon,
            "place_source": "manager",
            "place_precision": PlacePrecision.PIN,
        }

    rural = Hub(name="Enshi hub", kind=HubKind.RURAL, **at(30.3, 109.4833))
    city = Hub(name="Wuhan hub", kind=HubKind.CITY, **at(30.5833, 114.2667))
    shop = Shop(cooperative_id=cooperative_id, name="Wu's Corner")
    session.add_all([rural, city, shop])
    session.flush()
    baiyangping = Village(name="Baiyangping", local_name="白杨坪镇", **at(30.43, 109.66))
    sancha = Village(name="Sancha", local_name="三岔镇", **at(30.37, 109.68))
    point = PickupPoint(name="Wu's Corner", shop_id=shop.id, hub_id=city.id, **at(30.553, 114.31))
    haul = LineHaul(
        cooperative_id=cooperative_id,
        from_hub_id=rural.id,
        to_hub_id=city.id,
        carrier="Qingjiang Freight",
        departs_minute=19 * 60,
        duration_s=8 * 3600,
        capacity_g=12_000_000,
        price_minor=35,
    )
    session.add_all([baiyangping, sancha, point, haul])
    session.flush()
    return {
        "rural_hub": rural.id,
        "city_hub": city.id,
        "shop": shop.id,
        "baiyangping": baiyangping.id,
        "sancha": sancha.id,
        "pickup_point": point.id,
    }


def _crop(session: Session, cooperative_id: int, code: str) -> int:
    names = {"potato": ("potato", "土豆"), "cabbage": ("cabbage", "卷心菜")}[code]
    crop = Crop(
        cooperative_id=cooperative_id,
        code=code,
        names=dict(zip(("en", "zh"), names, strict=True)),
        category="vegetable",
    )
    session.add(crop)
    session.flush()
    for position, (unit, grams) in enumerate((("kg", 1000), ("jin", 500), ("crate", 20_000))):
        session.add(CropUnit(crop_id=crop.id, code=unit, grams=grams, position=position))
    session.flush()
    return crop.id


def _people(
    session: Session, cooperative_id: int, slug: str, places: dict[str, int], at: datetime
) -> dict[str, int]:
    cast = [
        ("tan", "Tan Guihua", RoleKind.FARMER, {"village_id": places["baiyangping"]}),
        ("xiang", "Xiang Lan", RoleKind.FARMER, {"village_id": places["sancha"]}),
        ("zhou", "Zhou Min", RoleKind.BUYER, {"pickup_point_id": places["pickup_point"]}),
        ("luo", "Luo Jie", RoleKind.MANAGER, {}),
        ("peng", "Peng Bo", RoleKind.DRIVER, {}),
        ("wu", "Wu Fang", RoleKind.SHOPKEEPER, {"shop_id": places["shop"]}),
    ]
    ids = {}
    for number, (key, name, kind, scope) in enumerate(cast, start=1):
        person = Person(name=name, member_number=f"{slug}-{number}", language="en", created_at=at)
        session.add(person)
        session.flush()
        session.add(
            Role(
                person_id=person.id,
                cooperative_id=cooperative_id,
                kind=kind,
                started_at=at,
                **scope,
            )
        )
        ids[key] = person.id
    session.flush()
    return ids
