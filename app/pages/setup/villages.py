"""Villages: list, add, change, pin, take out of use and back."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, flash, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.kernel.database import reading
from app.models import Hub, HubKind, PlacePrecision, RoleKind, Village
from app.pages.setup import fields, placing
from app.places import services as places
from app.setting_up import own, villages
from app.setting_up.villages import VillageDraft
from app.web.formatting import minute_of_day
from app.web.forms import Form
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.session import current_cooperative, now
from app.web.translation import gettext
from app.web.words import place_name
from app.web.writing import write_once

blueprint = Blueprint("villages", __name__, template_folder="templates")


@dataclass(frozen=True)
class VillagePage:
    """One village with its form; ``village`` is missing while it is being added."""

    village: Village | None
    hubs: list[tuple[int, str]]
    opens: str
    closes: str
    place: placing.PlacePart | None


@blueprint.get("/set-up/villages")
@role_required(RoleKind.MANAGER)
def index() -> ResponseReturnValue:
    """List the villages, first those that have no place yet."""
    with reading() as session:
        found = own.all_of(session, Village, cooperative_id=current_cooperative().id)
        hubs = dict(_hubs(session))
    used = [village for village in found if village.retired_at is None]
    unknown = PlacePrecision.UNKNOWN
    used.sort(key=lambda village: village.place_precision is not unknown)
    return render_template(
        "setup/villages.html",
        villages=used,
        retired=[village for village in found if village.retired_at is not None],
        waiting=sum(village.place_precision is unknown for village in used),
        hubs=hubs,
    )


@blueprint.get("/set-up/villages/new")
@role_required(RoleKind.MANAGER)
def new() -> ResponseReturnValue:
    """Show an empty form."""
    return _page(None, Form({}), Form({}))


@blueprint.post("/set-up/villages")
@role_required(RoleKind.MANAGER)
def create() -> ResponseReturnValue:
    """Add a village; the gazetteer places it where its name is known once."""
    form, home_id = Form(), current_cooperative().id
    draft = _read(form)

    def do(session: Session) -> Answer:
        village = villages.create(session, cooperative_id=home_id, draft=draft)
        around = placing.neighbours(session, village)
        near = around[0].where if around else None
        placing.place_at_once(session, village, near=near)
        flash(gettext("%(name)s is added. Check its place on the map.", name=village.name), "good")
        return Answer(url_for("villages.show", village_id=village.id))

    return write_once(form, do) or _page(None, form, Form({}))


@blueprint.get("/set-up/villages/<int:village_id>")
@role_required(RoleKind.MANAGER)
def show(village_id: int) -> ResponseReturnValue:
    """Show a village in its form, with its place."""
    return _page(village_id, Form({}), Form({}))


@blueprint.post("/set-up/villages/<int:village_id>")
@role_required(RoleKind.MANAGER)
def change(village_id: int) -> ResponseReturnValue:
    """Save what was written of a village."""
    form, home_id = Form(), current_cooperative().id
    _own(village_id)
    draft = _read(form)

    def do(session: Session) -> Answer:
        villages.change(session, village_id=village_id, cooperative_id=home_id, draft=draft)
        flash(gettext("Saved."), "good")
        return Answer(url_for("villages.index"))

    return write_once(form, do) or _page(village_id, form, Form({}))


@blueprint.post("/set-up/villages/<int:village_id>/place")
@role_required(RoleKind.MANAGER)
def put(village_id: int) -> ResponseReturnValue:
    """Put a village's gathering point where it was pinned or found."""
    form = Form()
    place = placing.read_place(form, _own(village_id))

    def do(session: Session) -> Answer:
        village = own.row(session, Village, village_id, cooperative_id=current_cooperative().id)
        if place is not None:
            places.settle(session, row=village, place=place)
        flash(gettext("The place is saved."), "good")
        return Answer(url_for("villages.show", village_id=village_id))

    return write_once(form, do) or _page(village_id, Form({}), form)


@blueprint.post("/set-up/villages/<int:village_id>/retirement")
@role_required(RoleKind.MANAGER)
def retire(village_id: int) -> ResponseReturnValue:
    """Take a village out of use."""
    form, home_id = Form(), current_cooperative().id
    _own(village_id)

    def do(session: Session) -> Answer:
        villages.retire(session, village_id=village_id, cooperative_id=home_id, at=now())
        return Answer(url_for("villages.index"))

    return write_once(form, do) or _page(village_id, form, Form({}))


@blueprint.post("/set-up/villages/<int:village_id>/return")
@role_required(RoleKind.MANAGER)
def restore(village_id: int) -> ResponseReturnValue:
    """Take a village into use again."""
    form, home_id = Form(), current_cooperative().id
    _own(village_id)

    def do(session: Session) -> Answer:
        villages.restore(session, village_id=village_id, cooperative_id=home_id)
        return Answer(url_for("villages.show", village_id=village_id))

    return write_once(form, do) or _page(village_id, form, Form({}))


def _own(village_id: int) -> Village:
    with reading() as session:
        return own.row(session, Village, village_id, cooperative_id=current_cooperative().id)


def _read(form: Form) -> VillageDraft:
    with reading() as session:
        offered = [hub_id for hub_id, _ in _hubs(session)]
    return VillageDraft(
        name=form.text("name", maximum=120),
        local_name=fields.text_or_none(form, "local_name", maximum=120),
        admin=fields.text_or_none(form, "admin"),
        gathering_point=fields.text_or_none(form, "gathering_point"),
        opens_minute=fields.minute(form, "opens"),
        closes_minute=fields.minute(form, "closes"),
        hub_id=fields.identifier_or_none(form, "hub", offered),
    )


def _hubs(session: Session) -> list[tuple[int, str]]:
    found = own.all_of(session, Hub, cooperative_id=current_cooperative().id)
    return [(hub.id, place_name(hub)) for hub in found if hub.kind is not HubKind.CITY]


def _page(village_id: int | None, form: Form, place_form: Form) -> ResponseReturnValue:
    home_id = current_cooperative().id
    with reading() as session:
        village = None
        if village_id is not None:
            village = own.row(session, Village, village_id, cooperative_id=home_id)
        page = VillagePage(
            village=village,
            hubs=_hubs(session),
            opens=minute_of_day(360 if village is None else village.opens_minute),
            closes=minute_of_day(1080 if village is None else village.closes_minute),
            place=None if village is None else placing.place_part(session, village),
        )
    status = max(form.status, place_form.status)
    return render_template(
        "setup/village.html", page=page, form=form, place_form=place_form
    ), status
