"""Shops and the pickup points at their counters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.errors import N_, Refusal
from app.models import Cooperative, Hub, MarketDay, MarketDayState, Order, PickupPoint, Shop
from app.people.phones import normalised
from app.setting_up import own

_ENDED = (MarketDayState.SETTLED, MarketDayState.CANCELLED)


class PointBusy(Refusal):
    """Orders of a market day that has not ended are to be collected there."""

    code = "setup_point_busy"
    message = N_(
        "Buyers collect here on a market day that has not ended. Wait until it is settled."
    )


@dataclass(frozen=True)
class ShopDraft:
    """What a manager writes down of a shop; the phone as typed."""

    name: str
    local_name: str | None = None
    phone: str | None = None


@dataclass(frozen=True)
class PointDraft:
    """What a manager writes down of a pickup point; minutes are of the local day."""

    name: str
    shop_id: int
    hub_id: int
    local_name: str | None = None
    address: str | None = None
    opens_minute: int = 420
    closes_minute: int = 1260


def create(session: Session, *, cooperative_id: int, draft: ShopDraft) -> Shop:
    """Add a shop.

    :raises NameTaken: if another shop has the name.
    :raises NotAPhone: if its phone cannot be called.
    """
    shop = Shop(cooperative_id=cooperative_id)
    _write_shop(session, shop, draft)
    session.add(shop)
    session.flush()
    return shop


def change(session: Session, *, shop_id: int, cooperative_id: int, draft: ShopDraft) -> Shop:
    """Replace what is written of a shop.

    :raises NotFound: if the cooperative has no such shop.
    :raises NameTaken: if another shop has the name.
    """
    shop = own.row(session, Shop, shop_id, cooperative_id=cooperative_id)
    _write_shop(session, shop, draft)
    session.flush()
    return shop


def remove(session: Session, *, shop_id: int, cooperative_id: int) -> None:
    """Remove a shop that nothing belongs to.

    :raises NotFound: if the cooperative has no such shop.
    :raises StillUsed: if it has a pickup point, a keeper, a till or payments.
    """
    own.remove(session, own.row(session, Shop, shop_id, cooperative_id=cooperative_id))


def create_point(session: Session, *, cooperative_id: int, draft: PointDraft) -> PickupPoint:
    """Add a pickup point whose place is not known yet.

    :raises NameTaken: if another point has the name.
    :raises NotFound: if the shop or hub is another cooperative's.
    """
    point = PickupPoint(cooperative_id=cooperative_id)
    _write_point(session, point, draft)
    session.add(point)
    session.flush()
    return point


def change_point(
    session: Session, *, point_id: int, cooperative_id: int, draft: PointDraft
) -> PickupPoint:
    """Replace what is written of a pickup point; its place stays.

    :raises NotFound: if the cooperative has no such point, shop or hub.
    :raises NameTaken: if another point has the name.
    """
    point = own.row(session, PickupPoint, point_id, cooperative_id=cooperative_id)
    _write_point(session, point, draft)
    session.flush()
    return point


def retire_point(session: Session, *, point_id: int, cooperative_id: int, at: datetime) -> None:
    """Take a pickup point out of use.

    :raises NotFound: if the cooperative has no such point.
    :raises PointBusy: if orders of a day that has not ended are collected there.
    """
    point = own.row(session, PickupPoint, point_id, cooperative_id=cooperative_id)
    busy = (
        select(Order.id)
        .join(MarketDay, MarketDay.id == Order.market_day_id)
        .where(
            Order.pickup_point_id == point_id,
            Order.cancelled_at.is_(None),
            MarketDay.state.not_in(_ENDED),
        )
    )
    if session.scalar(busy.limit(1)) is not None:
        raise PointBusy
    point.retired_at = point.retired_at or at
    session.flush()


def restore_point(session: Session, *, point_id: int, cooperative_id: int) -> None:
    """Take a pickup point into use again.

    :raises NotFound: if the cooperative has no such point.
    """
    own.row(session, PickupPoint, point_id, cooperative_id=cooperative_id).retired_at = None
    session.flush()


def _write_shop(session: Session, shop: Shop, draft: ShopDraft) -> None:
    own.check_name(
        session, Shop, cooperative_id=shop.cooperative_id, name=draft.name, except_id=shop.id
    )
    country = session.get_one(Cooperative, shop.cooperative_id).country
    shop.name = draft.name
    shop.local_name = draft.local_name
    shop.phone = normalised(draft.phone, country=country) if draft.phone else None


def _write_point(session: Session, point: PickupPoint, draft: PointDraft) -> None:
    home_id = point.cooperative_id
    own.check_hours(draft.opens_minute, draft.closes_minute, field="closes")
    own.row(session, Shop, draft.shop_id, cooperative_id=home_id)
    own.row(session, Hub, draft.hub_id, cooperative_id=home_id)
    own.check_name(
        session, PickupPoint, cooperative_id=home_id, name=draft.name, except_id=point.id
    )
    point.name = draft.name
    point.shop_id = draft.shop_id
    point.hub_id = draft.hub_id
    point.local_name = draft.local_name
    point.address = draft.address
    point.opens_minute = draft.opens_minute
    point.closes_minute = draft.closes_minute
