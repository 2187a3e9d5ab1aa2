"""Choose the line-haul departures that carry a day's harvest to the city hubs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.kernel.money import line_amount_minor
from app.models import (
    Allocation,
    Cooperative,
    LineHaul,
    LineHaulTrip,
    Lot,
    MarketDay,
    Order,
    OrderLine,
    PickupPoint,
    Plan,
    Run,
    Stop,
    StopLot,
)
from logistics.services.day_times import DayTimes
from logistics.services.readings import total_g

# Sorting by pickup point and loading at the rural hub, after the last truck.
SORTING = timedelta(minutes=45)


@dataclass(frozen=True)
class Waiting:
    """Goods that no departure carries, and why.

    ``code`` is ``no_line_haul`` or ``over_capacity``.
    """

    hub_id: int
    quantity_g: int
    code: str

    def figures(self) -> dict[str, object]:
        """Return the plain figures that a plan keeps."""
        return {"hub_id": self.hub_id, "quantity_g": self.quantity_g, "code": self.code}


@dataclass(frozen=True)
class _Departure:
    """One line haul on its next departure after the goods are sorted."""

    line: LineHaul
    departs_at: datetime
    arrives_at: datetime


def send_on(session: Session, *, plan_id: int, collected_at: datetime) -> list[Waiting]:
    """Put a plan's goods on line-haul departures; return what none of them carries.

    A departure is fit when it leaves after the goods are sorted. Those that arrive
    before the buyers' pickup come first, the cheapest of them before the earlier; what
    one cannot carry goes to the next. Trips that were chosen before for this market
    day and hub are replaced.

    :param collected_at: when the last truck reaches the rural hub.
    """
    plan = session.get_one(Plan, plan_id)
    day = session.get_one(MarketDay, plan.market_day_id)
    cooperative = session.get_one(Cooperative, plan.cooperative_id)
    lines = session.scalars(
        select(LineHaul)
        .where(LineHaul.from_hub_id == plan.hub_id, LineHaul.retired_at.is_(None))
        .order_by(LineHaul.id)
    ).all()
    _forget(session, plan)
    times = DayTimes(day.on, cooperative.time_zone)
    waiting: list[Waiting] = []
    for hub_id, quantity_g in city_loads(session, plan_id=plan_id).items():
        if hub_id == plan.hub_id:
            continue
        there = [line for line in lines if line.to_hub_id == hub_id]
        departures = [_next(line, times, collected_at + SORTING) for line in there]
        departures.sort(key=lambda d: _preference(d, day.pickup_at))
        left_g = _load(session, day.id, departures, quantity_g)
        if left_g:
            code = "over_capacity" if there else "no_line_haul"
            waiting.append(Waiting(hub_id, left_g, code))
    session.flush()
    return waiting


def city_loads(session: Session, *, plan_id: int) -> dict[int, int]:
    """Return the grams a plan collects for each city hub, by the buyers' pickup points.

    A lot that a plan carries only in part counts in that part, shared over its buyers.
    """
    planned = dict(
        session.execute(
            select(StopLot.lot_id, total_g(StopLot.quantity_g))
            .join(Stop, Stop.id == StopLot.stop_id)
            .join(Run, Run.id == Stop.run_id)
            .where(Run.plan_id == plan_id)
            .group_by(StopLot.lot_id)
        ).all()
    )
    plan = session.get_one(Plan, plan_id)
    rows = session.execute(
        select(Allocation.lot_id, PickupPoint.hub_id, Allocation.quantity_g)
        .join(Lot, Lot.id == Allocation.lot_id)
        .join(OrderLine, OrderLine.id == Allocation.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .join(PickupPoint, PickupPoint.id == Order.pickup_point_id)
        .where(
            Allocation.market_day_id == plan.market_day_id,
            Allocation.released_at.is_(None),
            Allocation.lot_id.in_(planned),
        )
        .order_by(PickupPoint.hub_id, Allocation.id)
    )
    loads: dict[int, int] = {}
    for lot_id, hub_id, quantity_g in rows:
        part_g = min(quantity_g, planned[lot_id])
        planned[lot_id] -= part_g
        loads[hub_id] = loads.get(hub_id, 0) + part_g
    return loads


def _forget(session: Session, plan: Plan) -> None:
    lines = select(LineHaul.id).where(LineHaul.from_hub_id == plan.hub_id)
    session.execute(
        delete(LineHaulTrip).where(
            LineHaulTrip.market_day_id == plan.market_day_id, LineHaulTrip.line_haul_id.in_(lines)
        )
    )


def _next(line: LineHaul, times: DayTimes, ready_at: datetime) -> _Departure:
    minute = line.departs_minute
    # A truck that has left today leaves again tomorrow at the same wall-clock time.
    while times.at_minute(minute) < ready_at:
        minute += 24 * 60
    departs_at = times.at_minute(minute)
    return _Departure(line, departs_at, departs_at + timedelta(seconds=line.duration_s))


def _preference(departure: _Departure, wanted_at: datetime) -> tuple[bool, int, datetime, int]:
    late = departure.arrives_at > wanted_at
    # Late goods are not made cheaper by coming later still.
    price = 0 if late else departure.line.price_minor
    return (late, price, departure.arrives_at, departure.line.id)


def _load(
    session: Session, market_day_id: int, departures: Sequence[_Departure], quantity_g: int
) -> int:
    """Fill departures in order and return the grams that are left."""
    for departure in departures:
        if not quantity_g:
            break
        load_g = min(quantity_g, departure.line.capacity_g)
        quantity_g -= load_g
        session.add(
            LineHaulTrip(
                market_day_id=market_day_id,
                line_haul_id=departure.line.id,
                departs_at=departure.departs_at,
                arrives_at=departure.arrives_at,
                load_g=load_g,
                cost_minor=line_amount_minor(load_g, departure.line.price_minor),
            )
        )
    return quantity_g
