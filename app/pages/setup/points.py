"""Pickup points: add at a shop, change, pin, take out of use and back."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.kernel.database import reading
from app.models import Hub, HubKind, PickupPoint, RoleKind, Shop
from app.pages.setup import fields, placing
from app.places import services as places
from app.setting_up import own, shops
from app.setting_up.shops import PointDraft
from app.web.formatting import minute_of_day
from app.web.forms import Form
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.session import current_cooperative, now
from app.web.translation import gettext
from app.web.words import place_name
from app.web.writing import write_once

# The buyers' own pages about pickup points are another blueprint.
blueprint = Blueprint("points", __name__, template_folder="templates")


@dataclass(frozen=True)
class PointPage:
    """One pickup point with its form; ``point`` is missing while it is being added."""

    point: PickupPoint | None
    shop_id: int | None
    name: str
    local_name: str
    shops: list[tuple[int, str]]
    hubs: list[tuple[int, str]]
    opens: str
    closes: str
    place: placing.PlacePart | None


@blueprint.get("/set-up/pickup-points/new")
@role_required(RoleKind.MANAGER)
def new() -> ResponseReturnValue:
    """Show an empty form, with ``?shop=`` one for a shop's own counter."""
    return _page(None, Form({}), Form({}))


@blueprint.post("/set-up/pickup-points")
@role_required(RoleKind.MANAGER)
def create() -> ResponseReturnValue:
    """Add a pickup point; the gazetteer places it where its name is known once."""
    form, home_id = Form(), current_cooperative().id
    draft = _read(form)

    def do(session: Session) -> Answer:
        point = shops.create_point(session, cooperative_id=home_id, draft=draft)
        around = placing.neighbours(session, point)
        placing.place_at_once(session, point, near=around[0].where if around else None)
        flash(gettext("%(name)s is added. Check its place on the map.", name=point.name), "good")
        return Answer(url_for("points.show", point_id=point.id))

    return write_once(form, do) or _page(None, form, Form({}))


@blueprint.get("/set-up/pickup-points/<int:point_id>")
@role_required(RoleKind.MANAGER)
def show(point_id: int) -> ResponseReturnValue:
    """Show a pickup point in its form, with its place."""
    return _page(point_id, Form({}), Form({}))


@blueprint.post("/set-up/pickup-points/<int:point_id>")
@role_required(RoleKind.MANAGER)
def change(point_id: int) -> ResponseReturnValue:
    """Save what was written of a pickup point."""
    form, home_id = Form(), current_cooperative().id
    _own(point_id)
    draft = _read(form)

    def do(session: Session) -> Answer:
        shops.change_point(session, point_id=point_id, cooperative_id=home_id, draft=draft)
        flash(gettext("Saved."), "good")
        return Answer(url_for("shops.index"))

    return write_once(form, do) or _page(point_id, form, Form({}))


@blueprint.post("/set-up/pickup-points/<int:point_id>/place")
@role_required(RoleKind.MANAGER)
def put(point_id: int) -> ResponseReturnValue:
    """Put a pickup point where it was pinned or found."""
    form = Form()
    place = placing.read_place(form, _own(point_id))

    def do(session: Session) -> Answer:
        point = own.row(session, PickupPoint, point_id, cooperative_id=current_cooperative().id)
        if place is not None:
            places.settle(session, row=point, place=place)
        flash(gettext("The place is saved."), "good")
        return Answer(url_for("points.show", point_id=point_id))

    return write_once(form, do) or _page(point_id, Form({}), form)


@blueprint.post("/set-up/pickup-points/<int:point_id>/retirement")
@role_required(RoleKind.MANAGER)
def retire(point_id: int) -> ResponseReturnValue:
    """Take a pickup point out of use."""
    form, home_id = Form(), current_cooperative().id
    _own(point_id)

    def do(session: Session) -> Answer:
        shops.retire_point(session, point_id=point_id, cooperative_id=home_id, at=now())
        return Answer(url_for("shops.index"))

    return write_once(form, do) or _page(point_id, form, Form({}))


@blueprint.post("/set-up/pickup-points/<int:point_id>/return")
@role_required(RoleKind.MANAGER)
def restore(point_id: int) -> ResponseReturnValue:
    """Take a pickup point into use again."""
    form, home_id = Form(), current_cooperative().id
    _own(point_id)

    def do(session: Session) -> Answer:
        shops.restore_point(session, point_id=point_id, cooperative_id=home_id)
        return Answer(url_for("points.show", point_id=point_id))

    return write_once(form, do) or _page(point_id, form, Form({}))


def _own(point_id: int) -> PickupPoint:
    with reading() as session:
        return own.row(session, PickupPoint, point_id, cooperative_id=current_cooperative().id)


def _read(form: Form) -> PointDraft:
    with reading() as session:
        shop_ids = [shop_id for shop_id, _ in _shops(session)]
        hub_ids = [hub_id for hub_id, _ in _hubs(session)]
    return PointDraft(
        name=form.text("name", maximum=120),
        local_name=fields.text_or_none(form, "local_name", maximum=120),
        shop_id=form.identifier("shop", shop_ids),
        hub_id=form.identifier("hub", hub_ids),
        address=fields.text_or_none(form, "address"),
        opens_minute=fields.minute(form, "opens"),
        closes_minute=fields.minute(form, "closes"),
    )


def _shops(session: Session) -> list[tuple[int, str]]:
    found = own.all_of(session, Shop, cooperative_id=current_cooperative().id)
    return [(shop.id, place_name(shop)) for shop in found]


def _hubs(session: Session) -> list[tuple[int, str]]:
    found = own.all_of(session, Hub, cooperative_id=current_cooperative().id)
    return [(hub.id, place_name(hub)) for hub in found if hub.kind is not HubKind.RURAL]


def _page(point_id: int | None, form: Form, place_form: Form) -> ResponseReturnValue:
    home_id = current_cooperative().id
    with reading() as session:
        point, shop_id = None, request.args.get("shop", type=int)
        name = local_name = ""
        if point_id is not None:
            point = own.row(session, PickupPoint, point_id, cooperative_id=home_id)
            shop_id, name, local_name = point.shop_id, point.name, point.local_name or ""
        elif shop_id is not None:
            shop = own.row(session, Shop, shop_id, cooperative_id=home_id)
            name, local_name = shop.name, shop.local_name or ""
        page = PointPage(
            point=point,
            shop_id=shop_id,
            name=name,
            local_name=local_name,
            shops=_shops(session),
            hubs=_hubs(session),
            opens=minute_of_day(420 if point is None else point.opens_minute),
            closes=minute_of_day(1260 if point is None else point.closes_minute),
            place=None if point is None else placing.place_part(session, point),
        )
    status = max(form.status, place_form.status)
    return render_template("setup/point.html", page=page, form=form, place_form=place_form), status
