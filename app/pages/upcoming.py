"""What comes next for somebody with these roles: the lines of the start page."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel.clock import local
from app.models import (
    Cooperative,
    Lot,
    MarketDay,
    MarketDayState,
    Order,
    PickupPoint,
    Plan,
    Role,
    RoleKind,
    Run,
    Stop,
    Vehicle,
    Village,
)

_OVER = (MarketDayState.SETTLED, MarketDayState.CANCELLED)
_FARMING = {RoleKind.FARMER, RoleKind.VILLAGE_LEAD}
_SHOWN_ORDERS = 3


@dataclass(frozen=True)
class NextDay:
    """The next market day that is open, with the cut-off that counts for the reader."""

    day: MarketDay
    is_for_farmers: bool
    cutoff_at: datetime
    days_left: int
    offered_lots: int
    offered_g: int


@dataclass(frozen=True)
class OpenOrder:
    """An order on its way, with the code that it is handed over for."""

    day: MarketDay
    point: PickupPoint
    code: str


@dataclass(frozen=True)
class NextRun:
    """A driver's next tour."""

    starts_at: datetime
    vehicle: str
    stops: int
    load_g: int


@dataclass(frozen=True)
class Upcoming:
    """All that comes next for one person."""

    next_day: NextDay | None
    running_day: MarketDay | None
    orders: list[OpenOrder]
    run: NextRun | None
    waiting_at_shop: int
    villages_without_pin: int


def upcoming(
    session: Session,
    *,
    cooperative: Cooperative,
    person_id: int,
    roles: Collection[Role],
    at: datetime,
) -> Upcoming:
    """Return what comes next for a person in a cooperative."""
    kinds = {role.kind for role in roles}
    is_manager = RoleKind.MANAGER in kinds
    return Upcoming(
        next_day=_next_day(session, cooperative, person_id, kinds, at),
        running_day=_running_day(session, cooperative.id) if is_manager else None,
        orders=_orders(session, cooperative.id, person_id) if RoleKind.BUYER in kinds else [],
        run=_run(session, person_id, at) if RoleKind.DRIVER in kinds else None,
        waiting_at_shop=_waiting(session, {role.shop_id for role in roles if role.shop_id}),
        villages_without_pin=_without_pin(session, cooperative.id) if is_manager else 0,
    )


def _next_day(
    session: Session,
    cooperative: Cooperative,
    person_id: int,
    kinds: Collection[RoleKind],
    at: datetime,
) -> NextDay | None:
    is_for_farmers = not _FARMING.isdisjoint(kinds)
    cutoff = MarketDay.farmers_cutoff_at if is_for_farmers else MarketDay.buyers_cutoff_at
    day = session.scalars(
        select(MarketDay)
        .where(
            MarketDay.cooperative_id == cooperative.id,
            MarketDay.state == MarketDayState.OPEN,
            cutoff > at,
        )
        .order_by(MarketDay.on, MarketDay.id)
        .limit(1)
    ).first()
    if day is None:
        return None
    cutoff_at = day.farmers_cutoff_at if is_for_farmers else day.buyers_cutoff_at
    zone = cooperative.time_zone
    offered = select(func.count(), func.coalesce(func.sum(Lot.quantity_g), 0)).where(
        Lot.market_day_id == day.id, Lot.withdrawn_at.is_(None)
    )
    if is_for_farmers:
        offered = offered.where(Lot.farmer_id == person_id)
    lots, offered_g = session.execute(offered).one()
    return NextDay(
        day=day,
        is_for_farmers=is_for_farmers,
        cutoff_at=cutoff_at,
        days_left=(local(cutoff_at, zone).date() - local(at, zone).date()).days,
        offered_lots=lots,
        offered_g=offered_g,
    )


def _running_day(session: Session, cooperative_id: int) -> MarketDay | None:
    """Return the earliest day that has closed and is not settled: the one to work on."""
    return session.scalars(
        select(MarketDay)
        .where(
            MarketDay.cooperative_id == cooperative_id,
            MarketDay.state.not_in((MarketDayState.OPEN, *_OVER)),
        )
        .order_by(MarketDay.on, MarketDay.id)
        .limit(1)
    ).first()


def _orders(session: Session, cooperative_id: int, person_id: int) -> list[OpenOrder]:
    rows = session.execute(
        select(MarketDay, PickupPoint, Order.code)
        .join(Order, Order.market_day_id == MarketDay.id)
        .join(PickupPoint, PickupPoint.id == Order.pickup_point_id)
        .where(
            Order.buyer_id == person_id,
            Order.cooperative_id == cooperative_id,
            Order.cancelled_at.is_(None),
            MarketDay.state.not_in(_OVER),
        )
        .order_by(MarketDay.on, Order.id)
        .limit(_SHOWN_ORDERS)
    )
    return [OpenOrder(day, point, code) for day, point, code in rows]


def _run(session: Session, person_id: int, at: datetime) -> NextRun | None:
    found = session.execute(
        select(Run, Vehicle.name)
        .join(Plan, Plan.id == Run.plan_id)
        .join(Vehicle, Vehicle.id == Run.vehicle_id)
        .where(
            Run.driver_id == person_id,
            Run.finished_at.is_(None),
            # A run that nobody finished stays on the page for a day, not for ever.
            Run.ends_at > at - timedelta(days=1),
            Plan.published_at.is_not(None),
            Plan.replaced_at.is_(None),
        )
        .order_by(Run.starts_at, Run.id)
        .limit(1)
    ).first()
    if found is None:
        return None
    run, vehicle = found
    stops = session.scalar(select(func.count()).select_from(Stop).where(Stop.run_id == run.id))
    return NextRun(run.starts_at, vehicle, stops or 0, run.load_g)


def _waiting(session: Session, shop_ids: set[int]) -> int:
    if not shop_ids:
        return 0
    return (
        session.scalar(
            select(func.count())
            .select_from(Order)
            .join(MarketDay, MarketDay.id == Order.market_day_id)
            .join(PickupPoint, PickupPoint.id == Order.pickup_point_id)
            .where(
                PickupPoint.shop_id.in_(shop_ids),
                Order.cancelled_at.is_(None),
                MarketDay.state == MarketDayState.COLLECTED,
            )
        )
        or 0
    )


def _without_pin(session: Session, cooperative_id: int) -> int:
    return (
        session.scalar(
            select(func.count())
            .select_from(Village)
            .where(
                Village.cooperative_id == cooperative_id,
                Village.lat.is_(None),
                Village.retired_at.is_(None),
            )
        )
        or 0
    )
