"""Read a day as a route problem, and solve it: villages to one rural hub."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel.errors import N_, NotFound, Refusal
from app.models import (
    Cooperative,
    Hub,
    MarketDay,
    MarketDayState,
    Plan,
    PlanKind,
    Run,
    Stop,
    Vehicle,
    VillageRoute,
    VillageRouteStop,
)
from logistics.services.batching import Batch, batches, position_of
from logistics.services.day_times import DayTimes
from logistics.services.roads import Ways, ways_of
from logistics.solver import plan as solver_plan
from logistics.solver import problem as solver
from logistics.solver.memory import refuse_too_large
from logistics.solver.solve import Progress, solve

# Stop ids per vehicle id and trip.
Sequences = dict[str, list[list[str]]]


class HubNotPinned(Refusal):
    """Nothing can be planned to a hub whose place is unknown."""

    code = "hub_not_pinned"
    message = N_("The place of the hub %(hub)s is not known. Set a pin for it on the map.")


class DayNotToPlan(Refusal):
    """Routes belong to a day that is cleared and not yet collected."""

    code = "day_not_to_plan"
    message = N_("Routes are planned after matching and before the trucks have collected.")


@dataclass(frozen=True)
class DayProblem:
    """What a plan is made from: the solver's problem and the batches behind it.

    Stops are named by village id, vehicles and hubs by their own ids. ``standing``
    is the order of the standing village routes of this weekday, by vehicle; ``last``
    that of the day's newest plan; ``closed`` are villages that no road leads to today.
    """

    market_day_id: int
    cooperative_id: int
    hub_id: int
    times: DayTimes
    batches: tuple[Batch, ...]
    problem: solver.Problem
    standing: Sequences
    standing_routes: dict[str, int]
    last: Sequences
    closed: frozenset[int] = frozenset()


def load_problem(session: Session, *, market_day_id: int, hub_id: int) -> DayProblem:
    """Return the collection problem of one hub on one market day.

    :raises NotFound: if there is no such day or hub.
    :raises DayNotToPlan: if the day is not cleared or already collected.
    :raises HubNotPinned: if the hub has no place.
    :raises HubOffRoads: if the road map has no road at the hub.
    :raises TooLarge: if this machine cannot hold the distances of so many villages.
    """
    day, hub = session.get(MarketDay, market_day_id), session.get(Hub, hub_id)
    if day is None or hub is None or hub.cooperative_id != day.cooperative_id:
        raise NotFound
    if day.state not in (MarketDayState.CLEARED, MarketDayState.PLANNED):
        raise DayNotToPlan
    cooperative = session.get_one(Cooperative, day.cooperative_id)
    times = DayTimes(day.on, cooperative.time_zone)
    found = tuple(batches(session, market_day_id=market_day_id, hub_id=hub_id))
    vehicles = session.scalars(
        select(Vehicle)
        .where(Vehicle.hub_id == hub_id, Vehicle.retired_at.is_(None))
        .order_by(Vehicle.id)
    ).all()
    standing, routes = _standing(session, day, {batch.village_id for batch in found})
    ways = ways_of(session, cooperative=cooperative, on=day.on)
    return DayProblem(
        market_day_id=market_day_id,
        cooperative_id=day.cooperative_id,
        hub_id=hub_id,
        times=times,
        batches=found,
        problem=_problem(hub, vehicles, found, times, ways),
        standing=standing,
        standing_routes=routes,
        last=_last(session, market_day_id, hub_id),
        closed=ways.closed,
    )


def find_plan(
    day: DayProblem,
    *,
    seed: int,
    seconds: float | None = None,
    iterations: int | None = None,
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> solver_plan.Plan:
    """Solve a day's problem, starting from its last plan or the standing village routes.

    So a plan made again after a small change leaves most farmers their hour.

    Call it outside of any transaction: it takes seconds. The checker has proved the plan.

    :raises BadInput: if the day is too large for this machine.
    """
    return solve(
        day.problem,
        seed=seed,
        seconds=seconds,
        iterations=iterations,
        warm=day.last or day.standing or None,
        progress=progress,
        stop=stop,
    )


def _problem(
    hub: Hub,
    vehicles: Sequence[Vehicle],
    found: Sequence[Batch],
    times: DayTimes,
    ways: Ways,
) -> solver.Problem:
    where = position_of(hub)
    if where is None:
        raise HubNotPinned(hub=hub.called)
    places = [solver.Place(where.lat, where.lon)]
    villages: list[int | None] = [None]
    stops: list[solver.Stop] = []
    for batch in found:
        place = None
        if batch.position is not None:
            place = len(places)
            places.append(solver.Place(batch.position.lat, batch.position.lon))
            villages.append(batch.village_id)
        service_s = ways.lesson(batch.village_id).service_s(batch.quantity_g)
        stops.append(_stop(batch, place, times, str(hub.id), service_s))
    refuse_too_large(len(stops), len(places))
    return solver.Problem(
        places=tuple(places),
        hubs=(solver.Hub(id=str(hub.id), place=0),),
        vehicles=tuple(_vehicle(vehicle, times) for vehicle in vehicles),
        stops=tuple(stops),
        matrix=ways.matrix(places, villages, str(hub.called)),
    )


def _stop(
    batch: Batch, place: int | None, times: DayTimes, hub: str, service_s: int
) -> solver.Stop:
    window = solver.Window(
        times.second_of(batch.opens_minute), times.second_of(batch.closes_minute)
    )
    return solver.Stop(
        id=str(batch.village_id),
        place=place,
        load_g=batch.quantity_g,
        windows=(window,),
        service_s=service_s,
        hub=hub,
    )


def _vehicle(vehicle: Vehicle, times: DayTimes) -> solver.Vehicle:
    return solver.Vehicle(
        id=str(vehicle.id),
        start_place=0,
        end_hub=str(vehicle.hub_id),
        capacity_g=vehicle.capacity_g,
        crates=vehicle.crates,
        cold_crates=vehicle.cold_crates,
        cost_per_km_minor=vehicle.cost_per_km_minor,
        cost_per_hour_minor=vehicle.cost_per_hour_minor,
        shift_start_s=times.second_of(vehicle.starts_minute),
        shift_end_s=times.second_of(vehicle.ends_minute),
    )


def _standing(
    session: Session, day: MarketDay, villages: set[int]
) -> tuple[Sequences, dict[str, int]]:
    """Return the weekday's standing routes as sequences by vehicle, and their ids."""
    rows = session.execute(
        select(VillageRoute, VillageRouteStop.village_id)
        .join(VillageRouteStop, VillageRouteStop.village_route_id == VillageRoute.id)
        .where(
            VillageRoute.cooperative_id == day.cooperative_id,
            VillageRoute.retired_at.is_(None),
            VillageRoute.vehicle_id.is_not(None),
        )
        .order_by(VillageRoute.id, VillageRouteStop.position)
    ).all()
    sequences: Sequences = {}
    routes: dict[str, int] = {}
    for route, village_id in rows:
        if day.on.weekday() not in route.weekdays or village_id not in villages:
            continue
        vehicle = str(route.vehicle_id)
        # One truck drives one standing route a day; of two, the older one holds.
        if routes.setdefault(vehicle, route.id) == route.id:
            sequences.setdefault(vehicle, [[]])[0].append(str(village_id))
    return sequences, routes


def _last(session: Session, market_day_id: int, hub_id: int) -> Sequences:
    """Return the runs of the newest plan of a hub's day as sequences by vehicle."""
    newest = (
        select(func.max(Plan.id))
        .where(
            Plan.market_day_id == market_day_id,
            Plan.hub_id == hub_id,
            Plan.kind == PlanKind.COLLECTION,
            Plan.replaced_at.is_(None),
        )
        .scalar_subquery()
    )
    rows = session.execute(
        select(Run.vehicle_id, Stop.village_id)
        .join(Stop, Stop.run_id == Run.id)
        .where(Run.plan_id == newest, Stop.village_id.is_not(None))
        .order_by(Run.id, Stop.position)
    )
    sequences: Sequences = {}
    for vehicle_id, village_id in rows:
        sequences.setdefault(str(vehicle_id), [[]])[0].append(str(village_id))
    return sequences
