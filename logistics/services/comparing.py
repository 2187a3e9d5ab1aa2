"""Compare a plan as it stands with another one, or with the standing village routes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Plan, VillageRoute
from logistics.services.board_changes import OpenBoard
from logistics.services.board_view import BoardView
from logistics.services.plan_reading import read_plan
from logistics.services.telling import window


@dataclass(frozen=True)
class Visited:
    """When which truck comes to a village."""

    vehicle: str
    arrives_at: datetime


@dataclass(frozen=True)
class Arrangement:
    """A plan's figures, and who comes to each village when."""

    runs: int
    distance_m: int
    duration_s: int
    cost_minor: int
    load_g: int
    visits: Mapping[int, tuple[Visited, ...]]
    names: Mapping[int, str]


@dataclass(frozen=True)
class Moved:
    """A village that another truck serves, at another hour, or that is out or in."""

    village: str
    before: tuple[Visited, ...]
    after: tuple[Visited, ...]


@dataclass(frozen=True)
class RouteKept:
    """What became of a standing village route: who left it, and whether its order holds."""

    name: str
    vehicle: str
    left: tuple[str, ...]
    is_reordered: bool


@dataclass(frozen=True)
class PlanChoice:
    """A plan of the same hub and day to compare with."""

    plan_id: int
    planned_at: datetime
    is_published: bool


def of_plan(session: Session, *, plan_id: int) -> Arrangement:
    """Return a saved plan as an arrangement.

    :raises NotFound: if there is no such plan.
    """
    plan = read_plan(session, plan_id=plan_id)
    visits: dict[int, list[Visited]] = {}
    names: dict[int, str] = {stop.village_id: stop.village for stop in plan.unplanned}
    for run in plan.runs:
        for stop in run.stops:
            visits.setdefault(stop.village_id, []).append(Visited(run.vehicle, stop.arrives_at))
            names[stop.village_id] = stop.village
    return Arrangement(
        runs=len(plan.runs),
        distance_m=plan.distance_m,
        duration_s=sum(run.duration_s for run in plan.runs),
        cost_minor=plan.cost_minor,
        load_g=plan.load_g,
        visits={village_id: tuple(found) for village_id, found in visits.items()},
        names=names,
    )


def of_board(opened: OpenBoard, view: BoardView) -> Arrangement:
    """Return a board as an arrangement."""
    visits: dict[int, list[Visited]] = {}
    for route in view.routes:
        for visit in route.visits:
            village_id = opened.desk.stops[visit.stop_id].village_id
            visits.setdefault(village_id, []).append(Visited(route.truck.name, visit.arrives_at))
    return Arrangement(
        runs=sum(bool(route.visits) for route in view.routes),
        distance_m=view.distance_m,
        duration_s=view.duration_s,
        cost_minor=view.cost_minor,
        load_g=view.load_g,
        visits={village_id: tuple(found) for village_id, found in visits.items()},
        names={stop.village_id: stop.village for stop in opened.desk.stops.values()},
    )


def moved(before: Arrangement, after: Arrangement) -> list[Moved]:
    """Return the villages whose truck or hour is another one, by name."""
    names = {**before.names, **after.names}
    found = [
        Moved(names[village], before.visits.get(village, ()), after.visits.get(village, ()))
        for village in {*before.visits, *after.visits}
        if _told(before.visits.get(village, ())) != _told(after.visits.get(village, ()))
    ]
    return sorted(found, key=lambda one: str(one.village))


def choices(session: Session, *, plan: Plan) -> list[PlanChoice]:
    """Return the latest plans of the same hub and day, this one too, the newest first."""
    rows = session.scalars(
        select(Plan)
        .where(
            Plan.market_day_id == plan.market_day_id,
            Plan.hub_id == plan.hub_id,
            Plan.kind == plan.kind,
        )
        .order_by(Plan.id.desc())
        .limit(20)
    )
    return [PlanChoice(row.id, row.planned_at, row.published_at is not None) for row in rows]


def standing(session: Session, opened: OpenBoard) -> list[RouteKept]:
    """Return what a board makes of the standing village routes of its weekday."""
    day = opened.desk.day
    names = {str(stop.village_id): stop.village for stop in opened.desk.stops.values()}
    titles = dict(
        session.execute(
            select(VillageRoute.id, VillageRoute.name).where(
                VillageRoute.id.in_(day.standing_routes.values())
            )
        ).all()
    )
    found = []
    for vehicle, route_id in sorted(day.standing_routes.items()):
        wanted = [stop for trip in day.standing.get(vehicle, []) for stop in trip]
        driven = _villages(opened, vehicle)
        stayed = [stop for stop in wanted if stop in driven]
        order = [stop for stop in driven if stop in stayed]
        found.append(
            RouteKept(
                name=titles[route_id],
                vehicle=opened.desk.trucks[vehicle].name if vehicle in opened.desk.trucks else "",
                left=tuple(names[stop] for stop in wanted if stop not in driven and stop in names),
                is_reordered=list(dict.fromkeys(order)) != stayed,
            )
        )
    return found


def _villages(opened: OpenBoard, vehicle: str) -> list[str]:
    trips = opened.board.routes.get(vehicle, [])
    return [str(opened.desk.stops[stop].village_id) for trip in trips for stop in trip]


def _told(visits: Sequence[Visited]) -> list[tuple[str, datetime]]:
    """Return what a farmer is told: the truck, and the hour rather than the minute."""
    return sorted((visit.vehicle, window(visit.arrives_at)[0]) for visit in visits)
