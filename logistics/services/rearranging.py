"""Change published runs while trucks are on the road; tell only those concerned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app import messages
from app.kernel.clock import local
from app.models import (
    Allocation,
    Cooperative,
    LineHaul,
    LineHaulTrip,
    MarketDay,
    Order,
    OrderLine,
    PickupPoint,
    Plan,
    Run,
    Stop,
    StopLot,
    UnplannedStop,
    Vehicle,
)
from logistics.services.board_changes import OpenBoard
from logistics.services.board_view import BoardView, RouteView, VisitView
from logistics.services.publishing import send_plan_on
from logistics.services.telling import (
    collected_from,
    shape_of,
    tell_driver,
    tell_farmers,
    tell_left_out,
)
from logistics.solver.schedule import route_cost_minor

# Positions that no run reaches hold the stops while they change places.
_ASIDE = 100_000
# Why a stop that a day on the road left out is on no run.
_TAKEN_OUT = "set_aside"


@dataclass(frozen=True)
class _Before:
    """How things were, to tell who is concerned."""

    shapes: dict[int, str]
    ready: dict[int, datetime]
    farmers: set[tuple[int, int]]


def rearrange(session: Session, *, opened: OpenBoard, view: BoardView, at: datetime) -> None:
    """Make the board the rest of the day on the plan's own runs.

    Stops keep their rows, so a phone that is offline still names the right one; what is
    done is not touched. Farmers whose hour changed, drivers whose run did, and buyers
    whose goods reach the city later are told.
    """
    plan = session.get_one(Plan, opened.desk.plan_id, with_for_update=True)
    runs = {
        run.vehicle_id: run
        for run in session.scalars(select(Run).where(Run.plan_id == plan.id).order_by(Run.id))
    }
    before = _Before(
        {run.id: shape_of(session, run) for run in runs.values()},
        _ready(session, plan),
        collected_from(session, plan.id),
    )
    _break_down(opened, runs, at)
    for route in view.routes:
        if route.visits and int(route.truck.vehicle_id) not in runs:
            run = _new_run(session, plan, route)
            runs[run.vehicle_id] = run
    _put_aside(session, opened)
    for route in view.routes:
        driven = runs.get(int(route.truck.vehicle_id))
        if driven is not None and driven.finished_at is None:
            _drive(session, opened, driven, route)
    _leave_out(session, plan, view, opened)
    session.flush()
    send_plan_on(session, plan)
    session.flush()
    _tell(session, plan, runs, before, at)


def _break_down(opened: OpenBoard, runs: dict[int, Run], at: datetime) -> None:
    for vehicle in opened.board.broken:
        run = runs.get(int(vehicle))
        if run is not None and run.broken_at is None:
            run.broken_at = at
            run.started_at = run.started_at or at


def _new_run(session: Session, plan: Plan, route: RouteView) -> Run:
    vehicle = session.get_one(Vehicle, int(route.truck.vehicle_id))
    run = Run(
        plan_id=plan.id,
        vehicle_id=vehicle.id,
        driver_id=vehicle.driver_id,
        starts_at=route.starts_at,
        ends_at=route.ends_at,
        distance_m=0,
        duration_s=0,
        load_g=0,
        cost_minor=0,
    )
    session.add(run)
    session.flush()
    return run


def _put_aside(session: Session, opened: OpenBoard) -> None:
    rows = [stop.row_id for stop in opened.desk.stops.values() if stop.row_id is not None]
    session.execute(
        update(Stop)
        .where(Stop.id.in_(rows))
        .values(position=Stop.id + _ASIDE)
        .execution_options(synchronize_session=False)
    )
    session.expire_all()


def _drive(session: Session, opened: OpenBoard, run: Run, route: RouteView) -> None:
    """Give a run its stops in order, with the figures of the done and the coming part."""
    done = session.scalars(
        select(Stop).where(Stop.run_id == run.id, Stop.done_at.is_not(None)).order_by(Stop.position)
    ).all()
    last = max((stop.position for stop in done), default=0)
    for position, visit in enumerate(route.visits, start=last + 1):
        _put(session, opened, run, visit, position)
    day, _ = opened.desk.ready(opened.board)
    if route.starts_at is not None and route.ends_at is not None:
        if not done and run.started_at is None:
            run.starts_at = route.starts_at
        run.ends_at = route.ends_at
    elif done:
        run.ends_at = done[-1].departs_at
    run.distance_m = sum(stop.distance_m for stop in done) + route.distance_m
    run.duration_s = max(0, int((run.ends_at - run.starts_at).total_seconds()))
    run.load_g = sum(stop.load_g for stop in done) + route.load_g
    vehicle = day.vehicle_of[route.truck.vehicle_id]
    run.cost_minor = route_cost_minor(day, vehicle, run.distance_m, run.duration_s)
    session.flush()


def _put(session: Session, opened: OpenBoard, run: Run, visit: VisitView, position: int) -> None:
    known = opened.desk.stops[visit.stop_id]
    stop = None if known.row_id is None else session.get_one(Stop, known.row_id)
    if stop is None:
        stop = Stop(
            village_id=known.village_id,
            load_g=visit.load_g,
            takes_over_run_id=known.takes_over_run_id,
        )
        session.add(stop)
    stop.run_id = run.id
    stop.position = position
    stop.trip = visit.spot.trip
    stop.arrives_at = visit.arrives_at
    stop.departs_at = visit.departs_at
    stop.distance_m = visit.leg_m
    session.flush()


def _leave_out(session: Session, plan: Plan, view: BoardView, opened: OpenBoard) -> None:
    """Take stops that no truck has any more off the runs, and say that they are left out."""
    for left in view.waiting:
        known = opened.desk.stops[left.stop_id]
        if known.row_id is None:
            continue
        session.execute(delete(StopLot).where(StopLot.stop_id == known.row_id))
        session.execute(delete(Stop).where(Stop.id == known.row_id))
        session.add(
            UnplannedStop(
                plan_id=plan.id,
                village_id=left.village_id,
                quantity_g=left.load_g,
                code=_TAKEN_OUT,
                figures={},
            )
        )


def _tell(
    session: Session, plan: Plan, runs: dict[int, Run], before: _Before, at: datetime
) -> None:
    tell_farmers(session, plan, at)
    tell_left_out(session, plan, before.farmers, at)
    for run in runs.values():
        if run.broken_at is None and shape_of(session, run) != before.shapes.get(run.id):
            tell_driver(session, run=run, at=at, kind="run_changed")
    for hub_id, ready_at in _ready(session, plan).items():
        if ready_at != before.ready.get(hub_id):
            _tell_buyers(session, plan, hub_id, ready_at, at)


def _ready(session: Session, plan: Plan) -> dict[int, datetime]:
    """Return when buyers can collect what comes from this hub, by city hub."""
    day = session.get_one(MarketDay, plan.market_day_id)
    rows = session.execute(
        select(LineHaul.to_hub_id, func.max(LineHaulTrip.arrives_at))
        .join(LineHaul, LineHaul.id == LineHaulTrip.line_haul_id)
        .where(
            LineHaulTrip.market_day_id == plan.market_day_id,
            LineHaul.from_hub_id == plan.hub_id,
        )
        .group_by(LineHaul.to_hub_id)
    )
    return {hub_id: max(arrives_at, day.pickup_at) for hub_id, arrives_at in rows}


def _tell_buyers(
    session: Session, plan: Plan, hub_id: int, ready_at: datetime, at: datetime
) -> None:
    """Tell the buyers whose goods are on this plan when they are ready in the city now."""
    home = session.get_one(Cooperative, plan.cooperative_id)
    rows = session.execute(
        select(Order.id, Order.buyer_id, PickupPoint)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(Allocation, Allocation.order_line_id == OrderLine.id)
        .join(PickupPoint, PickupPoint.id == Order.pickup_point_id)
        .join(StopLot, StopLot.lot_id == Allocation.lot_id)
        .join(Stop, Stop.id == StopLot.stop_id)
        .join(Run, Run.id == Stop.run_id)
        .where(
            Run.plan_id == plan.id,
            PickupPoint.hub_id == hub_id,
            Allocation.market_day_id == plan.market_day_id,
            Allocation.released_at.is_(None),
        )
        .order_by(Order.id)
    )
    orders = {order_id: (buyer_id, point) for order_id, buyer_id, point in rows}
    for order_id, (buyer_id, point) in orders.items():
        messages.tell(
            session,
            person_id=buyer_id,
            cooperative_id=plan.cooperative_id,
            kind="order_later",
            event_key=f"{order_id}:{ready_at:%Y%m%d%H%M}",
            figures={
                "order_id": order_id,
                "point": point.called.figure(),
                "ready_on": local(ready_at, home.time_zone).date().isoformat(),
                "ready_at": ready_at.isoformat(),
            },
            at=at,
        )
