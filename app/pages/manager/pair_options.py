"""Lots and requests as the options of a select field: whose, where, how much, at what price."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import (
    LineKind,
    LineState,
    Lot,
    LotStock,
    MarketDay,
    Order,
    OrderLine,
    Person,
    PickupPoint,
    Village,
)
from app.web.formatting import price_per_kg, quantity
from app.web.translation import gettext
from app.web.words import place_name

_MOST_OPTIONS = 500


def lot_options(
    session: Session, day: MarketDay, crop_id: int, *, only: Sequence[int] | None = None
) -> list[tuple[int, str]]:
    """Return the lots of a crop and day, or only some of them, as a select field shows them."""
    wanted = (
        select(Lot, Person.name, Village, LotStock.available_g)
        .join(Person, Person.id == Lot.farmer_id)
        .join(Village, Village.id == Lot.village_id)
        .join(LotStock, LotStock.lot_id == Lot.id)
        .where(Lot.market_day_id == day.id, Lot.crop_id == crop_id, Lot.withdrawn_at.is_(None))
        .order_by(Person.name, Lot.id)
        .limit(_MOST_OPTIONS)
    )
    if only is not None:
        wanted = wanted.where(Lot.id.in_(only))
    return [
        (
            lot.id,
            gettext(
                "%(who)s, %(place)s: %(quantity)s at %(price)s",
                who=name,
                place=place_name(village),
                quantity=quantity(left_g),
                price=price_per_kg(lot.ask_minor),
            ),
        )
        for lot, name, village, left_g in session.execute(wanted)
    ]


def line_options(
    session: Session, day: MarketDay, crop_id: int, *, only: Sequence[int] | None = None
) -> list[tuple[int, str]]:
    """Return the requests of a crop and day, or only some of them, in the same way."""
    wanted = (
        select(OrderLine, Person.name, PickupPoint)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Person, Person.id == Order.buyer_id)
        .join(PickupPoint, PickupPoint.id == Order.pickup_point_id)
        .where(
            Order.market_day_id == day.id,
            OrderLine.crop_id == crop_id,
            OrderLine.kind == LineKind.REQUEST,
            OrderLine.state != LineState.CANCELLED,
        )
        .order_by(Person.name, OrderLine.id)
        .limit(_MOST_OPTIONS)
    )
    if only is not None:
        wanted = wanted.where(OrderLine.id.in_(only))
    return [
        (
            line.id,
            gettext(
                "%(who)s, %(place)s: %(quantity)s at %(price)s",
                who=name,
                place=place_name(point),
                quantity=quantity(line.ordered_g),
                price=price_per_kg(line.limit_minor),
            ),
        )
        for line, name, point in session.execute(wanted)
    ]
