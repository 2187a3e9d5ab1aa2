"""Standing village routes: the milk runs that farmers know by heart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.kernel.clock import local
from app.kernel.errors import N_, BadInput, NotFound, Refusal
from app.models import (
    Cooperative,
    Plan,
    Run,
    Stop,
    Vehicle,
    Village,
    VillageRoute,
    VillageRouteStop,
)


class RouteNameTaken(Refusal):
    """Two routes of a cooperative cannot have one name."""

    code = "route_name_taken"
    message = N_("There is a village route named %(name)s already. Choose another name.")


class NoVillages(BadInput):
    """A route without villages goes nowhere."""

    code = "no_villages"
    message = N_("Choose at least one village.")


class NoWeekday(BadInput):
    """A route that is never driven."""

    code = "no_weekday"
    message = N_("Choose at least one weekday.")


@dataclass(frozen=True)
class RouteDraft:
    """What a manager writes down: weekdays from 0 (Monday), villages in driving order."""

    name: str
    weekdays: tuple[int, ...]
    vehicle_id: int | None
    starts_minute: int
    village_ids: tuple[int, ...]


@dataclass(frozen=True)
class RouteView:
    """A standing route with its villages' names in order."""

    route_id: int
    name: str
    weekdays: tuple[int, ...]
    vehicle_id: int | None
    vehicle: str | None
    starts_minute: int
    village_ids: tuple[int, ...]
    villages: tuple[str, ...]


def routes(session: Session, *, cooperative_id: int) -> list[RouteView]:
    """Return a cooperative's standing routes by name."""
    rows = session.execute(
        select(VillageRoute, Vehicle.name)
        .outerjoin(Vehicle, Vehicle.id == VillageRoute.vehicle_id)
        .where(VillageRoute.cooperative_id == cooperative_id, VillageRoute.retired_at.is_(None))
        .order_by(VillageRoute.name, VillageRoute.id)
    )
    villages = _villages(session, cooperative_id)
    return [_view(route, vehicle, villages.get(route.id, [])) for route, vehicle in rows]


def read_route(session: Session, *, route_id: int, cooperative_id: int) -> RouteView:
    """Return one standing route of a cooperative.

    :raises NotFound: if it has no such route.
    """
    for route in routes(session, cooperative_id=cooperative_id):
        if route.route_id == route_id:
            return route
    raise NotFound


def create(session: Session, *, cooperative_id: int, draft: RouteDraft) -> VillageRoute:
    """Write a new standing route down.

    :raises RouteNameTaken: if another route has the name.
    :raises BadInput: a subclass names what is missing.
    :raises NotFound: if a village or the vehicle is not of this cooperative.
    """
    _check(session, cooperative_id, draft, route_id=None)
    route = VillageRoute(
        cooperative_id=cooperative_id,
        name=draft.name,
        weekdays=sorted(set(draft.weekdays)),
        vehicle_id=draft.vehicle_id,
        starts_minute=draft.starts_minute,
    )
    session.add(route)
    session.flush()
    _set_villages(session, route.id, draft.village_ids)
    return route


def change(
    session: Session, *, route_id: int, cooperative_id: int, draft: RouteDraft
) -> VillageRoute:
    """Replace what a standing route says; plans that were made keep their runs.

    :raises NotFound: if the route, a village or the vehicle is not of this cooperative.
    :raises RouteNameTaken: if another route has the name.
    """
    route = _own(session, route_id, cooperative_id)
    _check(session, cooperative_id, draft, route_id=route_id)
    route.name = draft.name
    route.weekdays = sorted(set(draft.weekdays))
    route.vehicle_id = draft.vehicle_id
    route.starts_minute = draft.starts_minute
    _set_villages(session, route_id, draft.village_ids)
    return route


def retire(session: Session, *, route_id: int, cooperative_id: int, at: datetime) -> None:
    """Drive a standing route no more; a second time changes nothing.

    :raises NotFound: if the cooperative has no such route.
    """
    route = _own(session, route_id, cooperative_id)
    if route.retired_at is None:
        route.retired_at = at
        # The name is free again for a route that takes this one's place.
        route.name = f"{route.name[:100]} #{route.id}"
        session.flush()


def draft_of_run(session: Session, *, run_id: int, cooperative_id: int) -> RouteDraft:
    """Return a run as the draft of a standing route, for the manager to name.

    :raises NotFound: if the cooperative has no such run.
    """
    run = session.get(Run, run_id)
    plan = None if run is None else session.get_one(Plan, run.plan_id)
    if run is None or plan is None or plan.cooperative_id != cooperative_id:
        raise NotFound
    cooperative = session.get_one(Cooperative, cooperative_id)
    vehicle = session.get_one(Vehicle, run.vehicle_id)
    starts = local(run.starts_at, cooperative.time_zone)
    villages = session.scalars(
        select(Stop.village_id).where(Stop.run_id == run_id).order_by(Stop.position)
    )
    # A village whose load was split over trips of one truck is one stop of the route.
    ordered = dict.fromkeys(village_id for village_id in villages if village_id is not None)
    return RouteDraft(
        name=vehicle.name,
        weekdays=(starts.weekday(),),
        vehicle_id=vehicle.id,
        starts_minute=starts.hour * 60 + starts.minute,
        village_ids=tuple(ordered),
    )


def _own(session: Session, route_id: int, cooperative_id: int) -> VillageRoute:
    route = session.get(VillageRoute, route_id)
    if route is None or route.cooperative_id != cooperative_id:
        raise NotFound
    return route


def _check(
    session: Session, cooperative_id: int, draft: RouteDraft, *, route_id: int | None
) -> None:
    if not draft.village_ids:
        raise NoVillages(field="villages")
    if not draft.weekdays or not set(draft.weekdays) <= set(range(7)):
        raise NoWeekday(field="weekdays")
    known = session.scalars(
        select(Village.id).where(
            Village.cooperative_id == cooperative_id, Village.id.in_(draft.village_ids)
        )
    ).all()
    if set(known) != set(draft.village_ids):
        raise NotFound(field="villages")
    if draft.vehicle_id is not None:
        vehicle = session.get(Vehicle, draft.vehicle_id)
        if vehicle is None or vehicle.cooperative_id != cooperative_id:
            raise NotFound(field="vehicle")
    same_name = select(func.count(VillageRoute.id)).where(
        VillageRoute.cooperative_id == cooperative_id, VillageRoute.name == draft.name
    )
    if route_id is not None:
        same_name = same_name.where(VillageRoute.id != route_id)
    if session.scalar(same_name):
        raise RouteNameTaken(field="name", name=draft.name)


def _set_villages(session: Session, route_id: int, village_ids: Sequence[int]) -> None:
    session.execute(delete(VillageRouteStop).where(VillageRouteStop.village_route_id == route_id))
    session.add_all(
        VillageRouteStop(village_route_id=route_id, position=position, village_id=village_id)
        for position, village_id in enumerate(dict.fromkeys(village_ids), start=1)
    )
    session.flush()


def _villages(session: Session, cooperative_id: int) -> dict[int, list[tuple[int, str]]]:
    rows = session.execute(
        select(VillageRouteStop.village_route_id, Village.id, Village.called)
        .join(Village, Village.id == VillageRouteStop.village_id)
        .where(Village.cooperative_id == cooperative_id)
        .order_by(VillageRouteStop.village_route_id, VillageRouteStop.position)
    )
    found: dict[int, list[tuple[int, str]]] = {}
    for route_id, village_id, name in rows:
        found.setdefault(route_id, []).append((village_id, name))
    return found


def _view(route: VillageRoute, vehicle: str | None, villages: list[tuple[int, str]]) -> RouteView:
    return RouteView(
        route_id=route.id,
        name=route.name,
        weekdays=tuple(route.weekdays),
        vehicle_id=route.vehicle_id,
        vehicle=vehicle,
        starts_minute=route.starts_minute,
        village_ids=tuple(village_id for village_id, _ in villages),
        villages=tuple(name for _, name in villages),
    )
