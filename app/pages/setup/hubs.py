"""Hubs: list with the legs between them, add, change, pin, remove."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, flash, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.kernel.database import reading
from app.kernel.errors import N_
from app.models import Hub, HubKind, RoleKind
from app.pages.setup import fields, placing
from app.places import services as places
from app.setting_up import hubs, own
from app.setting_up.hubs import HubDraft
from app.web.forms import Form
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.session import current_cooperative
from app.web.translation import gettext
from app.web.words import place_name
from app.web.writing import write_once

blueprint = Blueprint("hubs", __name__, template_folder="templates")

KINDS = {
    HubKind.RURAL: N_("Rural: takes in harvests"),
    HubKind.CITY: N_("City: serves pickup points"),
    HubKind.BOTH: N_("Both in one place"),
}


@dataclass(frozen=True)
class HubPage:
    """One hub with its form; ``hub`` is missing while it is being added."""

    hub: Hub | None
    kinds: list[tuple[str, str, str]]
    place: placing.PlacePart | None


@blueprint.app_template_filter()
def hub_kind_name(kind: HubKind) -> str:
    """Return what a hub is for, in words."""
    return gettext(KINDS[kind])


@blueprint.get("/set-up/hubs")
@role_required(RoleKind.MANAGER)
def index() -> ResponseReturnValue:
    """List the hubs and the legs between them."""
    home_id = current_cooperative().id
    with reading() as session:
        found = own.all_of(session, Hub, cooperative_id=home_id)
        legs = hubs.line_hauls(session, cooperative_id=home_id)
    names = {hub.id: place_name(hub) for hub in found}
    return render_template("setup/hubs.html", hubs=found, legs=legs, names=names)


@blueprint.get("/set-up/hubs/new")
@role_required(RoleKind.MANAGER)
def new() -> ResponseReturnValue:
    """Show an empty form."""
    return _page(None, Form({}), Form({}))


@blueprint.post("/set-up/hubs")
@role_required(RoleKind.MANAGER)
def create() -> ResponseReturnValue:
    """Add a hub; the gazetteer places it where its name is known once."""
    form, home_id = Form(), current_cooperative().id
    draft = _read(form)

    def do(session: Session) -> Answer:
        hub = hubs.create(session, cooperative_id=home_id, draft=draft)
        placing.place_at_once(session, hub, near=None)
        flash(gettext("%(name)s is added. Check its place on the map.", name=hub.name), "good")
        return Answer(url_for("hubs.show", hub_id=hub.id))

    return write_once(form, do) or _page(None, form, Form({}))


@blueprint.get("/set-up/hubs/<int:hub_id>")
@role_required(RoleKind.MANAGER)
def show(hub_id: int) -> ResponseReturnValue:
    """Show a hub in its form, with its place."""
    return _page(hub_id, Form({}), Form({}))


@blueprint.post("/set-up/hubs/<int:hub_id>")
@role_required(RoleKind.MANAGER)
def change(hub_id: int) -> ResponseReturnValue:
    """Save what was written of a hub."""
    form, home_id = Form(), current_cooperative().id
    _own(hub_id)
    draft = _read(form)

    def do(session: Session) -> Answer:
        hubs.change(session, hub_id=hub_id, cooperative_id=home_id, draft=draft)
        flash(gettext("Saved."), "good")
        return Answer(url_for("hubs.index"))

    return write_once(form, do) or _page(hub_id, form, Form({}))


@blueprint.post("/set-up/hubs/<int:hub_id>/place")
@role_required(RoleKind.MANAGER)
def put(hub_id: int) -> ResponseReturnValue:
    """Put a hub where it was pinned or found."""
    form = Form()
    place = placing.read_place(form, _own(hub_id))

    def do(session: Session) -> Answer:
        hub = own.row(session, Hub, hub_id, cooperative_id=current_cooperative().id)
        if place is not None:
            places.settle(session, row=hub, place=place)
        flash(gettext("The place is saved."), "good")
        return Answer(url_for("hubs.show", hub_id=hub_id))

    return write_once(form, do) or _page(hub_id, Form({}), form)


@blueprint.post("/set-up/hubs/<int:hub_id>/removal")
@role_required(RoleKind.MANAGER)
def remove(hub_id: int) -> ResponseReturnValue:
    """Remove a hub that nothing belongs to."""
    form, home_id = Form(), current_cooperative().id
    _own(hub_id)

    def do(session: Session) -> Answer:
        hubs.remove(session, hub_id=hub_id, cooperative_id=home_id)
        flash(gettext("Removed."), "good")
        return Answer(url_for("hubs.index"))

    return write_once(form, do) or _page(hub_id, form, Form({}))


def _own(hub_id: int) -> Hub:
    with reading() as session:
        return own.row(session, Hub, hub_id, cooperative_id=current_cooperative().id)


def _read(form: Form) -> HubDraft:
    return HubDraft(
        name=form.text("name", maximum=120),
        local_name=fields.text_or_none(form, "local_name", maximum=120),
        kind=form.choice("kind", HubKind),
    )


def _page(hub_id: int | None, form: Form, place_form: Form) -> ResponseReturnValue:
    with reading() as session:
        hub = None
        if hub_id is not None:
            hub = own.row(session, Hub, hub_id, cooperative_id=current_cooperative().id)
        page = HubPage(
            hub=hub,
            kinds=[(kind.value, gettext(name), "") for kind, name in KINDS.items()],
            place=None if hub is None else placing.place_part(session, hub),
        )
    status = max(form.status, place_form.status)
    return render_template("setup/hub.html", page=page, form=form, place_form=place_form), status
