"""Standing village routes: list, write, change, retire, and save a run as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.database import reading
from app.models import RoleKind, Vehicle, Village
from app.web.formatting import minute_of_day
from app.web.forms import Form, NoSuchChoice
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.session import current_cooperative, now
from app.web.words import called_name
from app.web.writing import write_once
from logistics.services import village_routes as routes
from logistics.services.village_routes import RouteDraft

blueprint = Blueprint("village_routes", __name__, template_folder="templates")

# Empty lines under the chosen villages, for more of them without any script.
_SPARE_LINES = 6
_MOST_LINES = 60


@dataclass(frozen=True)
class RouteForm:
    """What the form offers, and what is chosen in it."""

    address: str
    route_id: int | None
    title_name: str
    villages: Sequence[tuple[int, str]]
    vehicles: Sequence[tuple[int, str]]
    weekdays: frozenset[int]
    lines: Sequence[int | None]
    name: str
    vehicle_id: int | None
    starts: str


@blueprint.get("/village-routes")
@role_required(RoleKind.MANAGER)
def index() -> ResponseReturnValue:
    """List the standing routes."""
    with reading() as session:
        found = routes.routes(session, cooperative_id=current_cooperative().id)
    return render_template("logistics/village_routes.html", routes=found)


@blueprint.get("/village-routes/new")
@role_required(RoleKind.MANAGER)
def new() -> ResponseReturnValue:
    """Show an empty form, or with ``?run=`` one that is filled from a run."""
    run_id = request.args.get("run", type=int)
    draft = RouteDraft("", (), None, 300, ())
    if run_id is not None:
        with reading() as session:
            draft = routes.draft_of_run(
                session, run_id=run_id, cooperative_id=current_cooperative().id
            )
    return _form_page(Form({}), draft, None)


@blueprint.post("/village-routes")
@role_required(RoleKind.MANAGER)
def create() -> ResponseReturnValue:
    """Save a new route."""
    form = Form()
    draft = _read(form)

    def do(session: Session) -> Answer:
        routes.create(session, cooperative_id=current_cooperative().id, draft=draft)
        return Answer(url_for("village_routes.index"))

    return write_once(form, do) or _form_page(form, draft, None)


@blueprint.get("/village-routes/<int:route_id>")
@role_required(RoleKind.MANAGER)
def show(route_id: int) -> ResponseReturnValue:
    """Show a route in its form."""
    with reading() as session:
        route = routes.read_route(
            session, route_id=route_id, cooperative_id=current_cooperative().id
        )
    draft = RouteDraft(
        route.name, route.weekdays, route.vehicle_id, route.starts_minute, route.village_ids
    )
    return _form_page(Form({}), draft, route_id)


@blueprint.post("/village-routes/<int:route_id>")
@role_required(RoleKind.MANAGER)
def change(route_id: int) -> ResponseReturnValue:
    """Save a changed route."""
    form = Form()
    draft = _read(form)

    def do(session: Session) -> Answer:
        routes.change(
            session,
            route_id=route_id,
            cooperative_id=current_cooperative().id,
            draft=draft,
        )
        return Answer(url_for("village_routes.index"))

    with reading() as session:
        routes.read_route(session, route_id=route_id, cooperative_id=current_cooperative().id)
    return write_once(form, do) or _form_page(form, draft, route_id)


@blueprint.post("/village-routes/<int:route_id>/retirement")
@role_required(RoleKind.MANAGER)
def retire(route_id: int) -> ResponseReturnValue:
    """Drive a route no more."""
    form = Form()

    def do(session: Session) -> Answer:
        routes.retire(session, route_id=route_id, cooperative_id=current_cooperative().id, at=now())
        return Answer(url_for("village_routes.index"))

    return write_once(form, do) or show(route_id)


def _read(form: Form) -> RouteDraft:
    with reading() as session:
        villages, vehicles = _villages(session), _vehicles(session)
    starts = form.time("starts")
    vehicle = form.typed("vehicle").strip()
    return RouteDraft(
        name=form.text("name", maximum=100),
        weekdays=tuple(_numbers(form, "weekdays", range(7))),
        vehicle_id=form.identifier("vehicle", [i for i, _ in vehicles]) if vehicle else None,
        starts_minute=starts.hour * 60 + starts.minute,
        village_ids=tuple(_numbers(form, "villages", [i for i, _ in villages])),
    )


def _numbers(form: Form, name: str, offered: Sequence[int]) -> list[int]:
    """Read the chosen ones of several fields with one name, in the order they stand."""
    typed = [value for value in form.chosen(name)[:_MOST_LINES] if value]
    allowed = {str(number): number for number in offered}
    if not set(typed) <= allowed.keys():
        form.refuse(NoSuchChoice(field=name))
        return []
    return [allowed[value] for value in typed]


def _form_page(form: Form, draft: RouteDraft, route_id: int | None) -> ResponseReturnValue:
    with reading() as session:
        villages, vehicles = _villages(session), _vehicles(session)
    if route_id is None:
        address = url_for("village_routes.create")
    else:
        address = url_for("village_routes.change", route_id=route_id)
    page = RouteForm(
        address=address,
        route_id=route_id,
        title_name=draft.name,
        villages=villages,
        vehicles=vehicles,
        weekdays=frozenset(draft.weekdays),
        lines=[*draft.village_ids, *[None] * _SPARE_LINES],
        name=draft.name,
        vehicle_id=draft.vehicle_id,
        starts=minute_of_day(draft.starts_minute),
    )
    return render_template("logistics/village_route.html", page=page, form=form), form.status


def _villages(session: Session) -> list[tuple[int, str]]:
    rows = session.execute(
        select(Village.id, Village.called)
        .where(Village.cooperative_id == current_cooperative().id, Village.retired_at.is_(None))
        .order_by(Village.name, Village.id)
    )
    return [(village_id, called_name(name)) for village_id, name in rows]


def _vehicles(session: Session) -> list[tuple[int, str]]:
    rows = session.execute(
        select(Vehicle.id, Vehicle.name)
        .where(Vehicle.cooperative_id == current_cooperative().id, Vehicle.retired_at.is_(None))
        .order_by(Vehicle.name, Vehicle.id)
    )
    return [(vehicle_id, name) for vehicle_id, name in rows]
