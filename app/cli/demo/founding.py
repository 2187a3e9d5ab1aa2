"""Set a cooperative up in a region: places, crops, trucks, fees, calendar and people.

Prices, sizes and numbers of people are assumptions of the demo; the places are real.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app import freight
from app.catalogue.services import adopt
from app.cli.demo import names
from app.cli.demo.prices import CROP_PRICES
from app.cli.demo.region import Region
from app.kernel.clock import local
from app.market_days import opening
from app.models import (
    BuyerTerms,
    CalendarRule,
    Cooperative,
    Crop,
    Fee,
    Hub,
    HubKind,
    LineHaul,
    PickupPoint,
    RoleKind,
    Shop,
    Vehicle,
    Village,
)
from app.people.enrolling import enrol
from app.people.roles import RoleWanted
from app.places.place import Place
from app.places.services import settle

DEMO_SLUG = "demo"
_TRUCK_G = 1_800_000
# Buyers collect in the evening, or the next morning where a line haul lies between.
_SAME_DAY, _NEXT_DAY = 17 * 60, 32 * 60
_ACCOUNT_LIMIT_MINOR = 100_000_000
_USUAL_LOT_G = 110_000


@dataclass(frozen=True)
class Founded:
    """The ids of a new cooperative and of the people that a rehearsal acts for."""

    cooperative_id: int
    crops: dict[int, int]
    villages: tuple[int, ...]
    points: tuple[int, ...]
    farmers: tuple[tuple[int, int], ...]
    buyers: tuple[tuple[int, int], ...]
    manager_id: int
    driver_ids: tuple[int, ...]
    shopkeeper_ids: tuple[int, ...]


def found(
    session: Session, region: Region, *, farmers: int, buyers: int, seed: int, at: datetime
) -> Founded:
    """Set up a cooperative with its market days and return whom and what it has.

    :param farmers: how many people farm, spread over the villages.
    """
    dice = random.Random(seed)
    cooperative = _cooperative(session, region, at)
    rural, city = _hubs(session, cooperative.id, region)
    villages = [_village(session, cooperative.id, rural.id, place) for place in region.villages]
    points = [_point(session, cooperative.id, city.id, place) for place in region.points]
    crops = _crops(session, cooperative.id)
    _rules(session, cooperative, at, pickup_minute=_SAME_DAY if rural is city else _NEXT_DAY)
    people = names.people(dice)

    def person(kind: RoleKind, **scope: int) -> int:
        row, _code = enrol(
            session,
            cooperative_id=cooperative.id,
            name=next(people),
            phone=None,
            language=region.languages[0],
            roles=[RoleWanted(kind, **scope)],
            created_by_id=None,
            at=at,
        )
        return row.id

    manager_id = person(RoleKind.MANAGER)
    drivers = _trucks(session, cooperative.id, rural.id, farmers, person)
    shopkeepers = tuple(person(RoleKind.SHOPKEEPER, shop_id=point.shop_id) for point in points)
    person(RoleKind.HUB_WORKER, hub_id=rural.id)
    person(RoleKind.VILLAGE_LEAD, village_id=villages[0].id)
    growers = _growers(dice, farmers, villages, person)
    customers = _customers(session, cooperative.id, buyers, points, person)
    freight.publish_tariffs(session, cooperative_id=cooperative.id, at=at)
    opening.open_coming_days(session, cooperative_id=cooperative.id, at=at)
    return Founded(
        cooperative_id=cooperative.id,
        crops={crop.id: CROP_PRICES[crop.code] for crop in crops},
        villages=tuple(village.id for village in villages),
        points=tuple(point.id for point in points),
        farmers=tuple(growers),
        buyers=tuple(customers),
        manager_id=manager_id,
        driver_ids=drivers,
        shopkeeper_ids=shopkeepers,
    )


def _cooperative(session: Session, region: Region, at: datetime) -> Cooperative:
    row = Cooperative(
        name=region.name,
        slug=DEMO_SLUG,
        country=region.country,
        currency=region.currency,
        time_zone=region.time_zone,
        languages=list(region.languages),
        freight_base_minor=18,
        freight_per_100km_minor=22,
        created_at=at,
    )
    session.add(row)
    session.flush()
    return row


def _hubs(session: Session, cooperative_id: int, region: Region) -> tuple[Hub, Hub]:
    is_one = region.rural_hub == region.city_hub
    rural = Hub(
        cooperative_id=cooperative_id,
        name=region.rural_hub.name,
        local_name=region.rural_hub.local_name,
        kind=HubKind.BOTH if is_one else HubKind.RURAL,
    )
    session.add(rural)
    settle(session, row=rural, place=region.rural_hub)
    if is_one:
        return rural, rural
    city = Hub(
        cooperative_id=cooperative_id,
        name=region.city_hub.name,
        local_name=region.city_hub.local_name,
        kind=HubKind.CITY,
    )
    session.add(city)
    settle(session, row=city, place=region.city_hub)
    session.add(
        LineHaul(
            cooperative_id=cooperative_id,
            from_hub_id=rural.id,
            to_hub_id=city.id,
            carrier="Qingjiang Freight",
            departs_minute=20 * 60,
            duration_s=8 * 3600,
            capacity_g=30_000_000,
            price_minor=38,
        )
    )
    session.flush()
    return rural, city


def _village(session: Session, cooperative_id: int, hub_id: int, place: Place) -> Village:
    row = Village(
        cooperative_id=cooperative_id,
        hub_id=hub_id,
        name=place.name,
        local_name=place.local_name,
        admin=place.admin,
    )
    session.add(row)
    settle(session, row=row, place=place)
    return row


def _point(session: Session, cooperative_id: int, hub_id: int, place: Place) -> PickupPoint:
    shop = Shop(
        cooperative_id=cooperative_id,
        name=f"{place.name} Corner Shop",
        local_name=f"{place.local_name}便民店" if place.local_name else None,
    )
    session.add(shop)
    session.flush()
    point = PickupPoint(
        cooperative_id=cooperative_id,
        shop_id=shop.id,
        hub_id=hub_id,
        name=shop.name,
        local_name=shop.local_name,
    )
    session.add(point)
    settle(session, row=point, place=place)
    return point


def _crops(session: Session, cooperative_id: int) -> Sequence[Crop]:
    return list(adopt(session, cooperative_id=cooperative_id, codes=CROP_PRICES).values())


def _rules(session: Session, cooperative: Cooperative, at: datetime, *, pickup_minute: int) -> None:
    session.add(
        Fee(
            cooperative_id=cooperative.id,
            name="Cooperative",
            price_minor=12,
            starts_on=local(at, cooperative.time_zone).date(),
        )
    )
    # Every day but Sunday: farmers until six in the evening before, buyers until eight.
    for weekday in range(6):
        session.add(
            CalendarRule(
                cooperative_id=cooperative.id,
                weekday=weekday,
                farmers_cutoff_minute=-6 * 60,
                buyers_cutoff_minute=-4 * 60,
                confirm_by_minute=-3 * 60,
                pickup_minute=pickup_minute,
            )
        )
    session.flush()


def _trucks(
    session: Session,
    cooperative_id: int,
    hub_id: int,
    farmers: int,
    person: names.Enrol,
) -> tuple[int, ...]:
    # A fifth more room than usual lots would need, and never fewer than two trucks.
    number = max(2, -(-farmers * _USUAL_LOT_G * 6 // (5 * _TRUCK_G)))
    drivers = []
    for count in range(1, number + 1):
        driver_id = person(RoleKind.DRIVER)
        drivers.append(driver_id)
        session.add(
            Vehicle(
                cooperative_id=cooperative_id,
                hub_id=hub_id,
                driver_id=driver_id,
                name=f"Truck {count}",
                capacity_g=_TRUCK_G,
                crates=90,
                cost_per_km_minor=260,
                cost_per_hour_minor=3_200,
            )
        )
    session.flush()
    return tuple(drivers)


def _customers(
    session: Session,
    cooperative_id: int,
    buyers: int,
    points: Sequence[PickupPoint],
    person: names.Enrol,
) -> list[tuple[int, int]]:
    customers = []
    for number in range(buyers):
        point = points[number % len(points)]
        buyer_id = person(RoleKind.BUYER, pickup_point_id=point.id)
        session.add(
            BuyerTerms(
                person_id=buyer_id,
                cooperative_id=cooperative_id,
                account_limit_minor=_ACCOUNT_LIMIT_MINOR,
            )
        )
        customers.append((buyer_id, point.id))
    session.flush()
    return customers


def _growers(
    dice: random.Random, farmers: int, villages: Sequence[Village], person: names.Enrol
) -> list[tuple[int, int]]:
    growers = []
    for number in range(farmers):
        # Each village has somebody first; after that, larger ones grow by chance.
        village = villages[number] if number < len(villages) else dice.choice(villages)
        growers.append((person(RoleKind.FARMER, village_id=village.id), village.id))
    return growers
