"""What a shop sees: its days, its orders by code or name, and totals per crop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Integer, case, func, select
from sqlalchemy.orm import Session

from app.kernel.errors import NotFound
from app.models import (
    Crop,
    LineState,
    MarketDay,
    MarketDayState,
    Order,
    OrderLine,
    Person,
    PickupPoint,
)
from app.orders.opening import read_code
from app.orders.reading import details, headings
from app.orders.views import Detail, Heading

PAGE = 50
IN_HAND = (
    MarketDayState.CLEARED,
    MarketDayState.PLANNED,
    MarketDayState.COLLECTED,
    MarketDayState.DELIVERED,
)
# What a shop hands over, or did.
HANDED = (
    LineState.ALLOCATED,
    LineState.COLLECTED,
    LineState.REFUSED,
    LineState.UNCOLLECTED,
)


@dataclass(frozen=True)
class ShopOrder:
    """An order in a shop's list."""

    order_id: int
    code: str
    buyer: str
    pickup_point: str
    lines: int
    open_lines: int
    allocated_g: int


@dataclass(frozen=True)
class CropTotal:
    """What of one crop comes to a shop on a day."""

    crop_id: int
    crop_names: Mapping[str, str]
    orders: int
    allocated_g: int
    open_g: int
    billed_g: int


@dataclass(frozen=True)
class ShopList:
    """A page of a shop's orders, and the order after which the next page begins."""

    orders: tuple[ShopOrder, ...]
    next_after: int | None


def points_of(session: Session, *, shop_id: int) -> list[int]:
    """Return the pickup points of a shop."""
    return list(
        session.scalars(
            select(PickupPoint.id).where(PickupPoint.shop_id == shop_id).order_by(PickupPoint.id)
        )
    )


def days_in_hand(session: Session, *, pickup_point_ids: Sequence[int]) -> list[MarketDay]:
    """Return the days of which goods are on their way to these points or lie there."""
    with_orders = select(Order.market_day_id).where(Order.pickup_point_id.in_(pickup_point_ids))
    return list(
        session.scalars(
            select(MarketDay)
            .where(MarketDay.id.in_(with_orders), MarketDay.state.in_(IN_HAND))
            .order_by(MarketDay.on, MarketDay.id)
        )
    )


def shop_list(
    session: Session,
    *,
    pickup_point_ids: Sequence[int],
    market_day_id: int,
    search: str = "",
    after: int = 0,
    limit: int = PAGE,
) -> ShopList:
    """Return the orders of a day by id, all or those whose code or buyer matches."""
    is_open = case((OrderLine.state == LineState.ALLOCATED, 1), else_=0)
    wanted = (
        select(
            Order.id.label("order_id"),
            Order.code,
            Person.name.label("buyer"),
            PickupPoint.called.label("pickup_point"),
            func.count(OrderLine.id).label("lines"),
            func.sum(is_open, type_=Integer).label("open_lines"),
            func.sum(OrderLine.allocated_g).label("allocated_g"),
        )
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(Person, Person.id == Order.buyer_id)
        .join(PickupPoint, PickupPoint.id == Order.pickup_point_id)
        .where(
            Order.market_day_id == market_day_id,
            Order.pickup_point_id.in_(pickup_point_ids),
            OrderLine.state.in_(HANDED),
            Order.id > after,
        )
        .group_by(Order.id, Order.code, Person.name, PickupPoint.id)
        .order_by(Order.id)
        .limit(limit + 1)
    )
    if search.strip():
        code, name = read_code(search), search.strip()
        by_code = Order.code.startswith(code, autoescape=True) if code else Order.code == ""
        wanted = wanted.where(by_code | Person.name.icontains(name, autoescape=True))
    rows = [
        ShopOrder(**{**row._mapping, "allocated_g": int(row.allocated_g)})
        for row in session.execute(wanted)
    ]
    shown = tuple(rows[:limit])
    return ShopList(shown, shown[-1].order_id if len(rows) > limit else None)


def crop_totals(
    session: Session, *, pickup_point_ids: Sequence[int], market_day_id: int
) -> list[CropTotal]:
    """Return what of each crop comes to these points on a day."""
    still_open = case((OrderLine.state == LineState.ALLOCATED, OrderLine.allocated_g), else_=0)
    rows = session.execute(
        select(
            Crop.id.label("crop_id"),
            func.count(func.distinct(Order.id)).label("orders"),
            func.sum(OrderLine.allocated_g).label("allocated_g"),
            func.sum(still_open).label("open_g"),
            func.coalesce(func.sum(OrderLine.billed_g), 0).label("billed_g"),
        )
        .join(OrderLine, OrderLine.crop_id == Crop.id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(
            Order.market_day_id == market_day_id,
            Order.pickup_point_id.in_(pickup_point_ids),
            OrderLine.state.in_(HANDED),
        )
        .group_by(Crop.id)
        .order_by(Crop.id)
    ).all()
    # A JSON column cannot be grouped by on PostgreSQL, so the names come apart.
    names = {
        crop.id: crop.names
        for crop in session.scalars(select(Crop).where(Crop.id.in_([row.crop_id for row in rows])))
    }
    return [
        CropTotal(
            crop_id=row.crop_id,
            crop_names=names[row.crop_id],
            orders=row.orders,
            allocated_g=int(row.allocated_g),
            open_g=int(row.open_g),
            billed_g=int(row.billed_g),
        )
        for row in rows
    ]


def shop_order(
    session: Session, *, order_id: int, pickup_point_ids: Sequence[int], at: datetime
) -> tuple[Detail, str]:
    """Return one order of these points and its buyer's name.

    :raises NotFound: if none of the points has it.
    """
    row = session.execute(
        headings().where(Order.id == order_id, Order.pickup_point_id.in_(pickup_point_ids))
    ).one_or_none()
    if row is None:
        raise NotFound
    heading = Heading(**row._mapping)
    name = session.scalars(select(Person.name).where(Person.id == heading.buyer_id)).one()
    return details(session, [heading], at=at)[0], name
