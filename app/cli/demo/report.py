"""What a rehearsed day came to, read back from the database."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.ledger import checks
from app.models import (
    Allocation,
    LineOutcome,
    LineState,
    Lot,
    LotStock,
    MarketDay,
    Order,
    OrderLine,
    Plan,
    Run,
    Stop,
    UnplannedStop,
    Vehicle,
    Village,
)
from farmers.services import statements
from logistics.services.weights import weights


@dataclass(frozen=True)
class Unfilled:
    """What buyers asked for and did not get, by reason."""

    reason: str
    quantity_g: int


@dataclass(frozen=True)
class Route:
    """One truck's run."""

    vehicle: str
    villages: list[str]
    distance_m: int
    duration_s: int
    load_percent: int


@dataclass(frozen=True)
class Unplanned:
    """A village that no truck visited."""

    village: str
    reason: str


@dataclass(frozen=True)
class FarmerTotal:
    """What a farmer earned: gross less transport and fees is net."""

    gross_minor: int
    transport_minor: int
    fees_minor: int
    net_minor: int


@dataclass(frozen=True)
class Report:
    """A day in figures: grams, minor units, metres, seconds.

    offered = allocated + left, and allocated + over = received + short.
    """

    lots: int
    orders: int
    offered_g: int
    asked_g: int
    allocated_g: int
    left_g: int
    over_g: int
    received_g: int
    short_g: int
    unfilled: list[Unfilled]
    routes: list[Route]
    unplanned: list[Unplanned]
    farmers: list[FarmerTotal]
    ledger_sum_minor: int

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


@dataclass(frozen=True)
class Offered:
    """What a day's lots held after its clearing, before a rest moved to the next day."""

    lots: int
    offered_g: int
    left_g: int


def offered(session: Session, *, market_day_id: int) -> Offered:
    """Return what a day's lots hold now."""
    lots, offered_g, left_g = session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(Lot.quantity_g), 0),
            func.coalesce(func.sum(LotStock.available_g), 0),
        )
        .join(LotStock, LotStock.lot_id == Lot.id)
        .where(Lot.market_day_id == market_day_id)
    ).one()
    return Offered(lots, offered_g, left_g)


def report(session: Session, *, market_day_id: int, of: Offered) -> Report:
    """Read a settled day."""
    lines, asked_g = session.execute(
        select(func.count(), func.coalesce(func.sum(OrderLine.ordered_g), 0))
        .join(Order, Order.id == OrderLine.order_id)
        .where(Order.market_day_id == market_day_id, OrderLine.state != LineState.CANCELLED)
    ).one()
    weighed = weights(session, market_day_id=market_day_id)
    return Report(
        lots=of.lots,
        orders=lines,
        offered_g=of.offered_g,
        asked_g=asked_g,
        allocated_g=sum(row.allocated_g for row in weighed),
        left_g=of.left_g,
        over_g=sum(row.over_g for row in weighed),
        received_g=sum(row.received_g for row in weighed),
        short_g=sum(row.short_g for row in weighed),
        unfilled=_unfilled(session, market_day_id),
        routes=_routes(session, market_day_id),
        unplanned=_unplanned(session, market_day_id),
        farmers=_farmers(session, market_day_id),
        ledger_sum_minor=checks.ledger_sum_minor(session),
    )


def _unfilled(session: Session, market_day_id: int) -> list[Unfilled]:
    missing = OrderLine.ordered_g - LineOutcome.filled_g
    rows = session.execute(
        select(LineOutcome.code, func.sum(missing))
        .join(OrderLine, OrderLine.id == LineOutcome.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(Order.market_day_id == market_day_id, missing > 0)
        .group_by(LineOutcome.code)
        .order_by(LineOutcome.code)
    )
    return [Unfilled(code, quantity_g) for code, quantity_g in rows]


def _routes(session: Session, market_day_id: int) -> list[Route]:
    runs = session.execute(
        select(Run, Vehicle.name, Vehicle.capacity_g)
        .join(Vehicle, Vehicle.id == Run.vehicle_id)
        .where(Run.plan_id.in_(_published(market_day_id)))
        .order_by(Run.id)
    ).all()
    stops = session.execute(
        select(Stop.run_id, Village.name)
        .join(Village, Village.id == Stop.village_id)
        .where(Stop.run_id.in_([run.id for run, _, _ in runs]))
        .order_by(Stop.run_id, Stop.position)
    )
    villages: dict[int, list[str]] = defaultdict(list)
    for run_id, village in stops:
        villages[run_id].append(village)
    return [
        Route(
            vehicle=vehicle,
            villages=villages[run.id],
            distance_m=run.distance_m,
            duration_s=run.duration_s,
            load_percent=round(100 * run.load_g / capacity_g),
        )
        for run, vehicle, capacity_g in runs
    ]


def _unplanned(session: Session, market_day_id: int) -> list[Unplanned]:
    rows = session.execute(
        select(Village.name, UnplannedStop.code)
        .join(Village, Village.id == UnplannedStop.village_id)
        .where(UnplannedStop.plan_id.in_(_published(market_day_id)))
        .order_by(UnplannedStop.id)
    )
    return [Unplanned(village, code) for village, code in rows]


def _farmers(session: Session, market_day_id: int) -> list[FarmerTotal]:
    day = session.get_one(MarketDay, market_day_id)
    sold = (
        select(Lot.farmer_id)
        .join(Allocation, Allocation.lot_id == Lot.id)
        .where(Allocation.market_day_id == day.id, Allocation.released_at.is_(None))
        .distinct()
        .order_by(Lot.farmer_id)
    )
    totals = []
    for farmer_id in session.scalars(sold).all():
        lots = statements.statement(
            session,
            farmer_id=farmer_id,
            cooperative_id=day.cooperative_id,
            market_day_id=day.id,
            limit=1000,
        )
        earned = statements.total(lots)
        totals.append(
            FarmerTotal(
                earned.gross_minor, earned.transport_minor, earned.fees_minor, earned.net_minor
            )
        )
    return totals


def _published(market_day_id: int) -> Select[int]:
    return select(Plan.id).where(
        Plan.market_day_id == market_day_id,
        Plan.published_at.is_not(None),
        Plan.replaced_at.is_(None),
    )
