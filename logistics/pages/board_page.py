"""What the board's page and its parts show, composed from the services' views."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import render_template
from sqlalchemy.orm import Session

from app.kernel.errors import Refusal
from app.kernel.geo import Position
from app.models import Plan
from app.web.forms import Form
from app.web.refusals import wording as refusal_wording
from app.web.session import current_cooperative, now
from app.web.translation import gettext
from logistics.pages import schematic, wording
from logistics.pages.map_data import MapData, map_data
from logistics.pages.schematic import Schematic
from logistics.services import board_changes, drafts, improving, plan_reading
from logistics.services.board_changes import OpenBoard
from logistics.services.board_state import BoardState, NotOnBoard, Spot
from logistics.services.board_view import (
    BoardView,
    RouteView,
    VisitView,
    WaitingView,
    changed_windows,
    see_board,
)
from logistics.services.day_times import DayTimes
from logistics.services.drafts import Change
from logistics.services.progress import Planning
from logistics.services.views import UnplannedView
from logistics.solver.recost import Insertion


@dataclass(frozen=True)
class Offer:
    """A position for a waiting stop, with the stop that it would come after."""

    insertion: Insertion
    vehicle: str
    after: str | None

    @property
    def spot(self) -> str:
        """Return the position as a form sends it."""
        at = self.insertion
        return f"{at.vehicle_id}:{at.trip}:{at.position}"


@dataclass(frozen=True)
class Chosen:
    """What the panel is about: a stop on a route, a waiting stop, or a truck."""

    visit: VisitView | None = None
    waiting: WaitingView | None = None
    route: RouteView | None = None
    offers: Sequence[Offer] = ()
    offers_refusal: str = ""
    reason: str = ""
    mend: str = ""
    can_mend: bool = False


@dataclass(frozen=True)
class BoardPage:
    """Everything the board shows."""

    plan_id: int
    market_day_id: int
    hub_id: int
    is_published: bool
    is_replaced: bool
    opened: OpenBoard
    view: BoardView
    before: BoardView
    planning: Planning | None
    refusal: str
    changes: Sequence[Change]
    chosen: Chosen | None
    changed_hours: int

    @property
    def version(self) -> int:
        """Return which board this is."""
        return self.opened.draft.version

    @property
    def added_cost_minor(self) -> int:
        """Return what the changes add to the plan's cost."""
        return self.view.cost_minor - self.before.cost_minor


@dataclass(frozen=True)
class _Seen:
    village: str
    where: Position | None
    position: int = 0


@dataclass(frozen=True)
class _Driven:
    vehicle: str
    stops: Sequence[_Seen]


@dataclass(frozen=True)
class _Drawn:
    hub: str
    hub_where: Position | None
    runs: Sequence[_Driven]
    unplanned: Sequence[_Seen]


def compose(session: Session, plan: Plan, *, chosen: str = "") -> BoardPage:
    """Return the board of a plan, with the panel of what is chosen.

    :param chosen: ``stop:ID`` of a waiting stop, ``truck:ID``, or ``at:VEHICLE:TRIP:POSITION``.
    """
    opened = board_changes.open_board(session, plan_id=plan.id, at=now())
    view = see_board(opened.desk, opened.board)
    before = see_board(opened.desk, opened.desk.start)
    version = opened.draft.version
    planning = improving.improvement_of(session, plan_id=plan.id, version=version)
    refusal = ""
    if planning is not None and planning.refusal is not None:
        message, figures = planning.refusal
        refusal = gettext(message, **figures)
    return BoardPage(
        plan_id=plan.id,
        market_day_id=plan.market_day_id,
        hub_id=plan.hub_id,
        is_published=plan.published_at is not None,
        is_replaced=plan.replaced_at is not None,
        opened=opened,
        view=view,
        before=before,
        planning=planning,
        refusal=refusal,
        changes=drafts.history(session, plan_id=plan.id),
        chosen=_choose(session, opened, view, chosen),
        changed_hours=changed_windows(before, view),
    )


def parts(page: BoardPage, form: Form, *, touched: set[str] | None) -> dict[str, str]:
    """Return the parts of the page that a change may alter, by their element's id.

    :param touched: the trucks whose column changed, or None for all of them.
    """
    found = {
        name: render_template(f"logistics/board/{name}.html", page=page, form=form)
        for name in ("head", "exceptions", "panel", "deeper")
    }
    for index, route in enumerate(page.view.routes):
        if touched is None or route.truck.vehicle_id in touched:
            found[f"route-{route.truck.vehicle_id}"] = render_template(
                "logistics/board/route.html", page=page, route=route, index=index
            )
    return found


def touched(before: BoardState, after: BoardState) -> set[str]:
    """Return the trucks whose column is another after a change."""
    trucks = {*before.routes, *after.routes}
    return {vehicle for vehicle in trucks if _column(before, vehicle) != _column(after, vehicle)}


def drawing(page: BoardPage) -> tuple[Schematic | None, MapData | None]:
    """Return the board as the drawn schematic, and as data for the map with tiles."""
    desk, view = page.opened.desk, page.view
    drawn = _Drawn(
        hub=desk.hub,
        hub_where=desk.hub_where,
        runs=[
            _Driven(
                route.truck.name,
                [_Seen(visit.village, visit.where, visit.number) for visit in route.visits],
            )
            for route in view.routes
        ],
        unplanned=[_Seen(stop.village, stop.where) for stop in view.waiting],
    )
    return schematic.draw(drawn), map_data(drawn)


def read_spot(typed: str) -> Spot | None:
    """Return the place on the board that a form names, or None for none.

    :raises NotOnBoard: if it is not a place.
    """
    if not typed:
        return None
    vehicle, _, rest = typed.partition(":")
    trip, _, position = rest.partition(":")
    if not (vehicle and trip.isascii() and trip.isdigit()):
        raise NotOnBoard
    if not (position.isascii() and position.isdigit()):
        raise NotOnBoard
    return Spot(vehicle, int(trip), int(position))


def numbered_spot(board: BoardState, vehicle: str, number: int) -> Spot:
    """Return the place that makes a stop the truck's so many-th of those still to drive to."""
    left = max(0, number - 1)
    trips = board.routes.get(vehicle, [[]])
    for trip, stops in enumerate(trips):
        if left <= len(stops):
            return Spot(vehicle, trip, left)
        left -= len(stops)
    return Spot(vehicle, len(trips) - 1, len(trips[-1]))


def _column(board: BoardState, vehicle: str) -> object:
    trips = board.routes.get(vehicle)
    on_route = {stop for trip in trips or () for stop in trip}
    fixed = board.fixed.get(vehicle, 0)
    return (trips, on_route & board.kept, fixed, vehicle in board.whole)


def _choose(session: Session, opened: OpenBoard, view: BoardView, chosen: str) -> Chosen | None:
    kind, _, name = chosen.partition(":")
    if kind == "truck":
        route = view.route(name)
        return None if route is None else Chosen(route=route)
    if kind == "stop":
        waiting = next((stop for stop in view.waiting if stop.stop_id == name), None)
        return None if waiting is None else _waiting(session, opened, view, waiting)
    if kind == "at":
        for route in view.routes:
            for visit in route.visits:
                at = visit.spot
                if f"{at.vehicle}:{at.trip}:{at.position}" == name:
                    return Chosen(visit=visit, route=route)
    return None


def _waiting(session: Session, opened: OpenBoard, view: BoardView, waiting: WaitingView) -> Chosen:
    offers: list[Offer] = []
    refusal = ""
    try:
        found = board_changes.insertions(opened, stop_id=waiting.stop_id)
    except Refusal as no:
        found, refusal = [], refusal_wording(no)
    for insertion in found:
        route = view.route(insertion.vehicle_id)
        offers.append(
            Offer(
                insertion,
                opened.desk.trucks[insertion.vehicle_id].name,
                _after(route, insertion),
            )
        )
    times = DayTimes(opened.desk.day.times.on, current_cooperative().time_zone)
    known = _reasons(session, opened.desk.plan_id).get(waiting.stop_id)
    vehicles = {int(name): truck.name for name, truck in opened.desk.trucks.items()}
    mends = board_changes.offered_mends(session, plan_id=opened.desk.plan_id)
    return Chosen(
        waiting=waiting,
        offers=offers,
        offers_refusal=refusal,
        reason="" if known is None else wording.reason_text(known, times),
        mend="" if known is None else wording.mend_text(known, times, vehicles),
        can_mend=waiting.stop_id in mends and not offers,
    )


def _after(route: RouteView | None, insertion: Insertion) -> str | None:
    if route is None or insertion.trip >= len(route.trips) or not insertion.position:
        return None
    trip = route.trips[insertion.trip]
    return trip[insertion.position - 1].village if insertion.position <= len(trip) else None


def _reasons(session: Session, plan_id: int) -> Mapping[str, UnplannedView]:
    view = plan_reading.read_left_out(session, plan_id=plan_id)
    return {str(village.village_id): village for village in view}
