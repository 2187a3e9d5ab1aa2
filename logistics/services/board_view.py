"""The board as its page shows it: every route timed, costed and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.kernel.geo import Position
from app.models.names import PlaceName
from logistics.services.board_state import BoardState, Spot
from logistics.services.desk import Desk, Truck
from logistics.services.telling import window
from logistics.solver.plan import Plan, Route, Visit
from logistics.solver.problem import Vehicle
from logistics.solver.recost import recost_prepared
from logistics.solver.violation import Violation

# What contradicts itself is no manager's decision, so it is never shown or kept.
CONTRADICTIONS = frozenset(
    {
        "time_runs_backwards",
        "figures_wrong",
        "stop_served_twice",
        "stop_forgotten",
        "stop_unknown",
        "load_not_whole",
        "place_unknown",
        "vehicle_unknown_or_used_twice",
    }
)


@dataclass(frozen=True)
class VisitView:
    """One stop of a route on the board."""

    stop_id: str
    spot: Spot
    number: int
    village: PlaceName
    where: Position | None
    arrives_at: datetime
    begins_at: datetime
    departs_at: datetime
    leg_m: int
    load_g: int
    is_kept: bool
    is_fixed: bool
    is_cargo: bool
    parts: int
    broken: tuple[Violation, ...]


@dataclass(frozen=True)
class RouteView:
    """One truck's column: its visits by trip, its figures, and what it breaks."""

    truck: Truck
    trips: tuple[tuple[VisitView, ...], ...]
    starts_at: datetime | None
    ends_at: datetime | None
    distance_m: int
    duration_s: int
    load_g: int
    capacity_g: int
    cost_minor: int
    is_whole: bool
    broken: tuple[Violation, ...]

    @property
    def visits(self) -> tuple[VisitView, ...]:
        """Return the visits of all trips in order."""
        return tuple(visit for trip in self.trips for visit in trip)

    @property
    def most_g(self) -> int:
        """Return the heaviest trip's load with what is aboard already."""
        loads = [sum(visit.load_g for visit in trip) for trip in self.trips]
        first_g = self.truck.cargo_g + (loads[0] if loads else 0)
        return max([first_g, *loads[1:]])

    @property
    def load_percent(self) -> int:
        """Return the heaviest load as percent of what the truck carries, rounded down."""
        return 100 * self.most_g // self.capacity_g

    @property
    def cost_per_kg_minor(self) -> int:
        """Return what carrying a kilogram costs on this route, rounded half up."""
        return (2000 * self.cost_minor + self.load_g) // (2 * self.load_g) if self.load_g else 0

    @property
    def is_broken(self) -> bool:
        """Return whether a limit is broken somewhere on this route."""
        return bool(self.broken) or any(visit.broken for visit in self.visits)


@dataclass(frozen=True)
class WaitingView:
    """A stop, or a part of one, that no truck has."""

    stop_id: str
    village_id: int
    village: PlaceName
    where: Position | None
    load_g: int
    is_cargo: bool


@dataclass(frozen=True)
class BoardView:
    """The whole board with its totals."""

    routes: tuple[RouteView, ...]
    waiting: tuple[WaitingView, ...]
    cost_minor: int
    distance_m: int
    duration_s: int
    load_g: int
    is_estimate: bool
    violations: tuple[Violation, ...]
    plan: Plan

    @property
    def waiting_g(self) -> int:
        """Return the grams that no truck has."""
        return sum(stop.load_g for stop in self.waiting)

    def route(self, vehicle_id: str) -> RouteView | None:
        """Return a truck's column."""
        return next((r for r in self.routes if r.truck.vehicle_id == vehicle_id), None)


def see_board(desk: Desk, board: BoardState) -> BoardView:
    """Time, cost and check a board; only routes that were not met before are timed."""
    day, known = desk.ready(board)
    recosted = recost_prepared(day, board.routes, known)
    routes = {route.vehicle_id: route for route in recosted.plan.routes}
    vehicles = {vehicle.id: vehicle for vehicle in day.vehicles}
    columns = tuple(
        _route(
            desk, board, desk.trucks[name], vehicles[name], routes.get(name), recosted.violations
        )
        for name in desk.trucks
        if name in vehicles
    )
    waiting = tuple(
        WaitingView(
            stop_id=left.stop_id,
            village_id=desk.stops[left.stop_id].village_id,
            village=desk.stops[left.stop_id].village,
            where=desk.stops[left.stop_id].where,
            load_g=left.load_g,
            is_cargo=desk.stops[left.stop_id].takes_over_run_id is not None,
        )
        for left in recosted.plan.unplanned
    )
    return BoardView(
        routes=columns,
        waiting=waiting,
        cost_minor=recosted.plan.cost_minor,
        distance_m=recosted.plan.distance_m,
        duration_s=recosted.plan.duration_s,
        load_g=sum(column.load_g for column in columns),
        is_estimate=recosted.plan.estimated,
        violations=recosted.violations,
        plan=recosted.plan,
    )


def changed_windows(before: BoardView, after: BoardView) -> int:
    """Return at how many stops the farmers' hour is another one, or gone."""
    old, new = _windows(before), _windows(after)
    return sum(old.get(stop) != new.get(stop) for stop in {*old, *new})


def _windows(view: BoardView) -> Mapping[str, Sequence[datetime]]:
    found: dict[str, list[datetime]] = {}
    for route in view.routes:
        for visit in route.visits:
            found.setdefault(visit.stop_id, []).append(window(visit.arrives_at)[0])
    return found


def _route(
    desk: Desk,
    board: BoardState,
    truck: Truck,
    vehicle: Vehicle,
    route: Route | None,
    violations: Sequence[Violation],
) -> RouteView:
    mine = [found for found in violations if found.vehicle_id == truck.vehicle_id]
    times = desk.day.times
    visits = () if route is None else route.visits
    trips: list[list[VisitView]] = [[] for _ in range(1 + (len(route.reloads) if route else 0))]
    for number, visit in enumerate(visits, start=truck.done + 1):
        spot = Spot(truck.vehicle_id, visit.trip, len(trips[visit.trip]))
        trips[visit.trip].append(_visit(desk, board, visit, spot, number, mine))
    at_stops = {visit.stop_id for visit in visits}
    return RouteView(
        truck=truck,
        trips=tuple(tuple(trip) for trip in trips),
        starts_at=None if route is None else times.at_second(route.start_s),
        ends_at=None if route is None else times.at_second(route.end_s),
        distance_m=0 if route is None else route.distance_m,
        duration_s=0 if route is None else route.duration_s,
        load_g=sum(visit.takes_g for visit in visits),
        capacity_g=vehicle.capacity_g,
        cost_minor=0 if route is None else route.cost_minor,
        is_whole=truck.vehicle_id in board.whole,
        broken=tuple(found for found in mine if found.stop_id not in at_stops),
    )


def _visit(
    desk: Desk,
    board: BoardState,
    visit: Visit,
    spot: Spot,
    number: int,
    violations: Sequence[Violation],
) -> VisitView:
    stop = desk.stops[visit.stop_id]
    times = desk.day.times
    return VisitView(
        stop_id=visit.stop_id,
        spot=spot,
        number=number,
        village=stop.village,
        where=stop.where,
        arrives_at=times.at_second(visit.arrive_s),
        begins_at=times.at_second(visit.start_s),
        departs_at=times.at_second(visit.depart_s),
        leg_m=visit.leg_m,
        load_g=visit.takes_g,
        is_kept=visit.stop_id in board.kept,
        is_fixed=spot.trip == 0 and spot.position < board.fixed.get(spot.vehicle, 0),
        is_cargo=stop.takes_over_run_id is not None,
        parts=visit.parts,
        broken=tuple(found for found in violations if found.stop_id == visit.stop_id),
    )
