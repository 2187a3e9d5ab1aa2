"""Shops: list with their pickup points, add, change, remove."""

from __future__ import annotations

from flask import Blueprint, flash, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.kernel.database import reading
from app.models import PickupPoint, PlacePrecision, RoleKind, Shop
from app.pages.setup import fields
from app.setting_up import own, shops
from app.setting_up.shops import ShopDraft
from app.web.forms import Form
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.session import current_cooperative
from app.web.translation import gettext
from app.web.writing import write_once

blueprint = Blueprint("shops", __name__, template_folder="templates")


@blueprint.get("/set-up/shops")
@role_required(RoleKind.MANAGER)
def index() -> ResponseReturnValue:
    """List the shops with their pickup points."""
    home_id = current_cooperative().id
    with reading() as session:
        found = own.all_of(session, Shop, cooperative_id=home_id)
        points = own.all_of(session, PickupPoint, cooperative_id=home_id)
    of_shop: dict[int, list[PickupPoint]] = {shop.id: [] for shop in found}
    for point in sorted(points, key=lambda one: one.retired_at is not None):
        of_shop[point.shop_id].append(point)
    return render_template(
        "setup/shops.html",
        shops=[(shop, of_shop[shop.id]) for shop in found],
        waiting=sum(
            point.place_precision is PlacePrecision.UNKNOWN and point.retired_at is None
            for point in points
        ),
    )


@blueprint.get("/set-up/shops/new")
@role_required(RoleKind.MANAGER)
def new() -> ResponseReturnValue:
    """Show an empty form."""
    return _page(None, Form({}))


@blueprint.post("/set-up/shops")
@role_required(RoleKind.MANAGER)
def create() -> ResponseReturnValue:
    """Add a shop, and go on to its pickup point."""
    form, home_id = Form(), current_cooperative().id
    draft = _read(form)

    def do(session: Session) -> Answer:
        shop = shops.create(session, cooperative_id=home_id, draft=draft)
        flash(gettext("%(name)s is added. Now its pickup point.", name=shop.name), "good")
        return Answer(url_for("points.new", shop=shop.id))

    return write_once(form, do) or _page(None, form)


@blueprint.get("/set-up/shops/<int:shop_id>")
@role_required(RoleKind.MANAGER)
def show(shop_id: int) -> ResponseReturnValue:
    """Show a shop in its form."""
    return _page(shop_id, Form({}))


@blueprint.post("/set-up/shops/<int:shop_id>")
@role_required(RoleKind.MANAGER)
def change(shop_id: int) -> ResponseReturnValue:
    """Save what was written of a shop."""
    form, home_id = Form(), current_cooperative().id
    _check_own(shop_id)
    draft = _read(form)

    def do(session: Session) -> Answer:
        shops.change(session, shop_id=shop_id, cooperative_id=home_id, draft=draft)
        flash(gettext("Saved."), "good")
        return Answer(url_for("shops.index"))

    return write_once(form, do) or _page(shop_id, form)


@blueprint.post("/set-up/shops/<int:shop_id>/removal")
@role_required(RoleKind.MANAGER)
def remove(shop_id: int) -> ResponseReturnValue:
    """Remove a shop that nothing belongs to."""
    form, home_id = Form(), current_cooperative().id
    _check_own(shop_id)

    def do(session: Session) -> Answer:
        shops.remove(session, shop_id=shop_id, cooperative_id=home_id)
        flash(gettext("Removed."), "good")
        return Answer(url_for("shops.index"))

    return write_once(form, do) or _page(shop_id, form)


def _check_own(shop_id: int) -> None:
    with reading() as session:
        own.row(session, Shop, shop_id, cooperative_id=current_cooperative().id)


def _read(form: Form) -> ShopDraft:
    return ShopDraft(
        name=form.text("name", maximum=120),
        local_name=fields.text_or_none(form, "local_name", maximum=120),
        phone=fields.text_or_none(form, "phone", maximum=40),
    )


def _page(shop_id: int | None, form: Form) -> ResponseReturnValue:
    shop = None
    if shop_id is not None:
        with reading() as session:
            shop = own.row(session, Shop, shop_id, cooperative_id=current_cooperative().id)
    return render_template("setup/shop.html", shop=shop, form=form), form.status
