"""The rows that every valley stands on: cooperative, hubs, a shop's counter, a cleared day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

from sqlalchemy.orm import Session

from app.models import (
    Base,
    Cooperative,
    Crop,
    Hub,
    HubKind,
    MarketDay,
    MarketDayState,
    PickupPoint,
    PlacePrecision,
    Shop,
)

Row = TypeVar("Row", bound=Base)

ON = date(2026, 5, 5)
# Four in the morning in Enshi, an hour before the trucks leave.
AT = datetime(2026, 5, 4, 20, 0, tzinfo=UTC)
ENSHI = (30.283, 109.479)
WUHAN = (30.593, 114.305)


def save(session: Session, row: Row) -> Row:
    """Write a row and return it with its id."""
    session.add(row)
    session.flush()
    return row


def cooperative(session: Session, slug: str) -> Cooperative:
    """Return a cooperative on Chinese time."""
    return save(
        session,
        Cooperative(
            name=f"Hills of {slug}",
            slug=slug,
            country="CN",
            currency="CNY",
            time_zone="Asia/Shanghai",
            languages=["en", "zh"],
            phone="+8671812345",
            created_at=AT,
        ),
    )


def hub(
    session: Session, home: Cooperative, name: str, kind: HubKind, at: tuple[float, float]
) -> Hub:
    """Return a hub with a pin."""
    return save(
        session,
        Hub(
            cooperative_id=home.id,
            name=name,
            kind=kind,
            lat=at[0],
            lon=at[1],
            place_precision=PlacePrecision.PIN,
        ),
    )


def pickup_point(session: Session, city: Hub) -> PickupPoint:
    """Return the counter of a shop in the city."""
    shop = save(session, Shop(cooperative_id=city.cooperative_id, name="Hankou Greens"))
    return save(
        session,
        PickupPoint(
            cooperative_id=city.cooperative_id,
            shop_id=shop.id,
            hub_id=city.id,
            name="Hankou",
            lat=WUHAN[0],
            lon=WUHAN[1],
        ),
    )


def market_day(session: Session, home: Cooperative) -> MarketDay:
    """Return a day that was matched yesterday; buyers collect the next afternoon."""
    return save(
        session,
        MarketDay(
            cooperative_id=home.id,
            on=ON,
            state=MarketDayState.CLEARED,
            farmers_cutoff_at=AT - timedelta(hours=12),
            buyers_cutoff_at=AT - timedelta(hours=12),
            confirm_by_at=AT - timedelta(hours=10),
            pickup_at=AT + timedelta(hours=37),
            created_at=AT - timedelta(days=7),
        ),
    )


def cabbage(session: Session, home: Cooperative) -> Crop:
    """Return the crop of the valley."""
    return save(
        session,
        Crop(
            cooperative_id=home.id,
            code="cabbage",
            names={"en": "Cabbage", "zh": "卷心菜"},
            category="leaf",
        ),
    )
