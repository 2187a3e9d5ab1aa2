"""Vehicles: list, add, change, take out of use and back."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, flash, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.kernel.database import reading
from app.models import Hub, RoleKind, Vehicle
from app.pages.setup import fields
from app.people import directory
from app.setting_up import own, vehicles
from app.setting_up.vehicles import VehicleDraft
from app.web.formatting import minute_of_day
from app.web.forms import Form
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.session import current_cooperative, now
from app.web.translation import gettext
from app.web.words import place_name
from app.web.writing import write_once

blueprint = Blueprint("vehicles", __name__, template_folder="templates")


@dataclass(frozen=True)
class VehiclePage:
    """One vehicle with its form; ``vehicle`` is missing while it is being added."""

    vehicle: Vehicle | None
    hubs: list[tuple[int, str]]
    drivers: list[tuple[int, str]]
    starts: str
    ends: str


@blueprint.get("/set-up/vehicles")
@role_required(RoleKind.MANAGER)
def index() -> ResponseReturnValue:
    """List the vehicles."""
    home_id = current_cooperative().id
    with reading() as session:
        found = own.all_of(session, Vehicle, cooperative_id=home_id)
        hubs = dict(_hubs(session))
        ids = [vehicle.driver_id for vehicle in found if vehicle.driver_id is not None]
        drivers = {one.id: one.name for one in directory.named(session, person_ids=ids)}
    found.sort(key=lambda vehicle: vehicle.retired_at is not None)
    return render_template("setup/vehicles.html", vehicles=found, hubs=hubs, drivers=drivers)


@blueprint.get("/set-up/vehicles/new")
@role_required(RoleKind.MANAGER)
def new() -> ResponseReturnValue:
    """Show an empty form."""
    return _page(None, Form({}))


@blueprint.post("/set-up/vehicles")
@role_required(RoleKind.MANAGER)
def create() -> ResponseReturnValue:
    """Add a vehicle."""
    form, home_id = Form(), current_cooperative().id
    draft = _read(form, None)

    def do(session: Session) -> Answer:
        vehicles.create(session, cooperative_id=home_id, draft=draft)
        flash(gettext("Saved."), "good")
        return Answer(url_for("vehicles.index"))

    return write_once(form, do) or _page(None, form)


@blueprint.get("/set-up/vehicles/<int:vehicle_id>")
@role_required(RoleKind.MANAGER)
def show(vehicle_id: int) -> ResponseReturnValue:
    """Show a vehicle in its form."""
    return _page(vehicle_id, Form({}))


@blueprint.post("/set-up/vehicles/<int:vehicle_id>")
@role_required(RoleKind.MANAGER)
def change(vehicle_id: int) -> ResponseReturnValue:
    """Save what was written of a vehicle."""
    form, home_id = Form(), current_cooperative().id
    draft = _read(form, _own(vehicle_id))

    def do(session: Session) -> Answer:
        vehicles.change(session, vehicle_id=vehicle_id, cooperative_id=home_id, draft=draft)
        flash(gettext("Saved."), "good")
        return Answer(url_for("vehicles.index"))

    return write_once(form, do) or _page(vehicle_id, form)


@blueprint.post("/set-up/vehicles/<int:vehicle_id>/retirement")
@role_required(RoleKind.MANAGER)
def retire(vehicle_id: int) -> ResponseReturnValue:
    """Take a vehicle out of use."""
    form, home_id = Form(), current_cooperative().id
    _own(vehicle_id)

    def do(session: Session) -> Answer:
        vehicles.retire(session, vehicle_id=vehicle_id, cooperative_id=home_id, at=now())
        return Answer(url_for("vehicles.index"))

    return write_once(form, do) or _page(vehicle_id, form)


@blueprint.post("/set-up/vehicles/<int:vehicle_id>/return")
@role_required(RoleKind.MANAGER)
def restore(vehicle_id: int) -> ResponseReturnValue:
    """Take a vehicle into use again."""
    form, home_id = Form(), current_cooperative().id
    _own(vehicle_id)

    def do(session: Session) -> Answer:
        vehicles.restore(session, vehicle_id=vehicle_id, cooperative_id=home_id)
        return Answer(url_for("vehicles.index"))

    return write_once(form, do) or _page(vehicle_id, form)


def _own(vehicle_id: int) -> Vehicle:
    with reading() as session:
        return own.row(session, Vehicle, vehicle_id, cooperative_id=current_cooperative().id)


def _read(form: Form, vehicle: Vehicle | None) -> VehicleDraft:
    home = current_cooperative()
    with reading() as session:
        hub_ids = [hub_id for hub_id, _ in _hubs(session)]
        driver_ids = [person_id for person_id, _ in _drivers(session, vehicle)]
    return VehicleDraft(
        name=form.text("name", maximum=80),
        hub_id=form.identifier("hub", hub_ids),
        capacity_g=form.quantity_g("capacity"),
        plate=fields.text_or_none(form, "plate", maximum=20),
        driver_id=fields.identifier_or_none(form, "driver", driver_ids),
        crates=form.whole_or_none("crates", maximum=10_000) or 0,
        cold_crates=form.whole_or_none("cold_crates", maximum=10_000) or 0,
        cost_per_km_minor=form.money_minor_or_none("cost_per_km", currency=home.currency) or 0,
        cost_per_hour_minor=form.money_minor_or_none("cost_per_hour", currency=home.currency) or 0,
        starts_minute=fields.minute(form, "starts"),
        ends_minute=fields.minute(form, "ends"),
    )


def _hubs(session: Session) -> list[tuple[int, str]]:
    found = own.all_of(session, Hub, cooperative_id=current_cooperative().id)
    return [(hub.id, place_name(hub)) for hub in found]


def _drivers(session: Session, vehicle: Vehicle | None) -> list[tuple[int, str]]:
    found = vehicles.drivers(session, cooperative_id=current_cooperative().id)
    offered = {person.id: person.name for person in found}
    if vehicle is not None and vehicle.driver_id is not None:
        # Who drives it now stays choosable, also after his or her role has ended.
        for person in directory.named(session, person_ids=[vehicle.driver_id]):
            offered.setdefault(person.id, person.name)
    return list(offered.items())


def _page(vehicle_id: int | None, form: Form) -> ResponseReturnValue:
    with reading() as session:
        vehicle = None
        if vehicle_id is not None:
            vehicle = own.row(session, Vehicle, vehicle_id, cooperative_id=current_cooperative().id)
        page = VehiclePage(
            vehicle=vehicle,
            hubs=_hubs(session),
            drivers=_drivers(session, vehicle),
            starts=minute_of_day(300 if vehicle is None else vehicle.starts_minute),
            ends=minute_of_day(1080 if vehicle is None else vehicle.ends_minute),
        )
    return render_template("setup/vehicle.html", page=page, form=form), form.status
