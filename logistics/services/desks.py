"""Open the desk of a plan, from this process's memory while nothing behind it changed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.kernel.errors import N_, NotFound, Refusal
from app.models import Cooperative, Hub, MarketDay, Plan, PlanKind, RoadLesson, Run, Stop, Vehicle
from logistics.services.batching import batches, position_of
from logistics.services.board_state import Routes, from_json
from logistics.services.desk import Desk, DeskStop
from logistics.services.planning import load_problem
from logistics.services.rest_of_day import rest_of_day, trucks_of, villages_of
from logistics.services.roads import closed_on, map_in_use

_KEPT_DESKS = 16


class NotByHand(Refusal):
    """Only village runs have a board."""

    code = "not_by_hand"
    message = N_("These runs cannot be changed on the board.")


_desks: OrderedDict[int, tuple[Hashable, Desk]] = OrderedDict()
_desks_guard = threading.Lock()


def open_desk(session: Session, *, plan_id: int, at: datetime) -> Desk:
    """Return the desk of a plan that may still be changed.

    :raises NotFound: if there is no such plan.
    :raises NotByHand: if it is not a plan of village runs.
    :raises DayNotToPlan: if the day is not between its matching and its collection.
    """
    plan = session.get(Plan, plan_id)
    if plan is None:
        raise NotFound
    if plan.kind is not PlanKind.COLLECTION:
        raise NotByHand
    stamp = _stamp(session, plan, at)
    with _desks_guard:
        held = _desks.get(plan_id)
    if held is not None and held[0] == stamp:
        return held[1]
    desk = _make(session, plan, at)
    with _desks_guard:
        _desks[plan_id] = (stamp, desk)
        _desks.move_to_end(plan_id)
        if len(_desks) > _KEPT_DESKS:
            _desks.popitem(last=False)
    return desk


def is_under_way(session: Session, plan: Plan) -> bool:
    """Return whether a truck of a published plan has left."""
    if plan.published_at is None:
        return False
    started = select(Run.id).where(Run.plan_id == plan.id, Run.started_at.is_not(None)).limit(1)
    return session.scalar(started) is not None


def _stamp(session: Session, plan: Plan, at: datetime) -> Hashable:
    """Return everything the desk was made from, as cheap to read as it can be."""
    # One connection's database is told apart from another's, as tests open many.
    where = str(session.get_bind().engine.url)
    hub = session.get_one(Hub, plan.hub_id)
    day = session.get_one(MarketDay, plan.market_day_id)
    cooperative = session.get_one(Cooperative, plan.cooperative_id)
    fleet = session.execute(
        select(Vehicle.__table__).where(Vehicle.hub_id == plan.hub_id).order_by(Vehicle.id)
    ).all()
    is_live = is_under_way(session, plan)
    rows: Hashable = ()
    if is_live:
        # On the road the hour counts too; a minute old is new enough.
        rows = (
            at.replace(second=0, microsecond=0),
            *(tuple(row) for row in session.execute(_live_rows(plan.id))),
        )
    goods = tuple(batches(session, market_day_id=plan.market_day_id, hub_id=plan.hub_id))
    villages = villages_of(session, [batch.village_id for batch in goods])
    return (
        where,
        day.state,
        (hub.called, hub.lat, hub.lon),
        tuple((village.called, village.lat, village.lon) for village in villages.values()),
        _roads(session, cooperative, day),
        tuple(tuple(row) for row in fleet),
        goods,
        rows,
    )


def _roads(session: Session, cooperative: Cooperative, day: MarketDay) -> Hashable:
    """Return what the distances rest on: map, closures of the day, and what runs taught."""
    extract = map_in_use(session, cooperative_id=cooperative.id)
    closures = closed_on(session, cooperative_id=cooperative.id, on=day.on)
    lesson = select(func.max(RoadLesson.id)).where(RoadLesson.cooperative_id == cooperative.id)
    return (
        cooperative.road_factor_percent,
        extract.id if extract is not None else None,
        tuple(closure.id for closure in closures),
        session.scalar(lesson),
    )


def _live_rows(plan_id: int) -> Select[*tuple[object, ...]]:
    return (
        select(
            Run.id,
            Run.started_at,
            Run.finished_at,
            Run.broken_at,
            Stop.id,
            Stop.position,
            Stop.done_at,
        )
        .outerjoin(Stop, Stop.run_id == Run.id)
        .where(Run.plan_id == plan_id)
        .order_by(Run.id, Stop.position)
    )


def _make(session: Session, plan: Plan, at: datetime) -> Desk:
    day = load_problem(session, market_day_id=plan.market_day_id, hub_id=plan.hub_id)
    if is_under_way(session, plan):
        return rest_of_day(session, plan=plan, day=day, at=at)
    hub = session.get_one(Hub, plan.hub_id)
    names = villages_of(session, [batch.village_id for batch in day.batches])
    stops = {
        str(batch.village_id): DeskStop(
            stop_id=str(batch.village_id),
            village_id=batch.village_id,
            village=names[batch.village_id].called,
            where=batch.position,
            load_g=batch.quantity_g,
        )
        for batch in day.batches
    }
    trucks = trucks_of(session, plan, {vehicle.id for vehicle in day.problem.vehicles})
    board = replace(from_json(plan.figures.get("board", {})), routes=_routes(session, plan))
    desk = Desk(
        plan_id=plan.id,
        day=day,
        problem=day.problem,
        stops=stops,
        trucks=trucks,
        start=board,
        is_live=False,
        hub=hub.called,
        hub_where=position_of(hub),
    )
    return replace(desk, start=desk.fitted(board))


def _routes(session: Session, plan: Plan) -> Routes:
    rows = session.execute(
        select(Run.vehicle_id, Stop.trip, Stop.village_id)
        .join(Stop, Stop.run_id == Run.id)
        .where(Run.plan_id == plan.id, Stop.village_id.is_not(None))
        .order_by(Run.id, Stop.position)
    )
    routes: Routes = {}
    for vehicle_id, trip, village_id in rows:
        trips = routes.setdefault(str(vehicle_id), [[]])
        while len(trips) <= trip:
            trips.append([])
        trips[trip].append(str(village_id))
    return routes
