"""Crops: choose from the catalogue, trade or not, own units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.catalogue.crops import CatalogueCrop
from app.catalogue.crops import crops as catalogue_crops
from app.catalogue.services import adopt
from app.kernel.database import reading
from app.kernel.errors import N_, BadInput
from app.models import Crop, CropUnit, RoleKind
from app.setting_up import crops, own
from app.web.forms import Form, NoSuchChoice
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.session import current_cooperative
from app.web.translation import gettext, ngettext
from app.web.words import UNITS, crop_name, unit_name
from app.web.writing import write_once

blueprint = Blueprint("crops", __name__, template_folder="templates")

_OTHER = "other"
_HEAVIEST_UNIT_G = 2_000_000


class NothingTicked(BadInput):
    """No crop was chosen."""

    code = "setup_nothing_ticked"
    message = N_("Tick at least one crop.")


@dataclass(frozen=True)
class CropPage:
    """One crop with its units and the names that a unit may have."""

    crop: Crop
    units: list[CropUnit]
    unit_names: list[tuple[str, str]]


@blueprint.get("/set-up/crops")
@role_required(RoleKind.MANAGER)
def index() -> ResponseReturnValue:
    """List the cooperative's crops, those that are traded first."""
    with reading() as session:
        found = crops.own_crops(session, cooperative_id=current_cooperative().id)
    found.sort(key=lambda crop: (not crop.is_traded, crop.category, crop_name(crop)))
    return render_template("setup/crops.html", crops=found)


@blueprint.get("/set-up/crops/catalogue")
@role_required(RoleKind.MANAGER)
def catalogue() -> ResponseReturnValue:
    """Show the catalogue to tick what is traded here."""
    return _catalogue(Form({}))


@blueprint.post("/set-up/crops/catalogue")
@role_required(RoleKind.MANAGER)
def take() -> ResponseReturnValue:
    """Take the ticked crops over, with the catalogue's units."""
    form, home_id = Form(), current_cooperative().id
    codes = form.chosen("crop")
    if not codes:
        form.refuse(NothingTicked())
    elif not set(codes) <= {one.code for one in catalogue_crops()}:
        form.refuse(NoSuchChoice())

    def do(session: Session) -> Answer:
        for crop in adopt(session, cooperative_id=home_id, codes=codes).values():
            crop.is_traded = True
        number = len(set(codes))
        added = ngettext("%(num)s crop is traded now.", "%(num)s crops are traded now.", number)
        flash(added, "good")
        return Answer(url_for("crops.index"))

    return write_once(form, do) or _catalogue(form)


@blueprint.get("/set-up/crops/<int:crop_id>")
@role_required(RoleKind.MANAGER)
def show(crop_id: int) -> ResponseReturnValue:
    """Show a crop with its units."""
    return _page(crop_id, Form({}), Form({}))


@blueprint.post("/set-up/crops/<int:crop_id>")
@role_required(RoleKind.MANAGER)
def change(crop_id: int) -> ResponseReturnValue:
    """Save how long a crop keeps and whether it travels cold."""
    form, home_id = Form(), current_cooperative().id
    _check_own(crop_id)
    keeps_days = form.whole("keeps_days", minimum=1, maximum=730)
    needs_cold = form.ticked("needs_cold")

    def do(session: Session) -> Answer:
        crops.set_keeping(
            session,
            crop_id=crop_id,
            cooperative_id=home_id,
            keeps_days=keeps_days,
            needs_cold=needs_cold,
        )
        flash(gettext("Saved."), "good")
        return Answer(url_for("crops.show", crop_id=crop_id))

    return write_once(form, do) or _page(crop_id, form, Form({}))


@blueprint.post("/set-up/crops/<int:crop_id>/trade")
@role_required(RoleKind.MANAGER)
def trade(crop_id: int) -> ResponseReturnValue:
    """Start or stop trading a crop."""
    form, home_id = Form(), current_cooperative().id
    _check_own(crop_id)
    is_traded = form.typed("traded") == "yes"

    def do(session: Session) -> Answer:
        crops.set_traded(session, crop_id=crop_id, cooperative_id=home_id, is_traded=is_traded)
        return Answer(url_for("crops.index"))

    return write_once(form, do) or _page(crop_id, form, Form({}))


@blueprint.post("/set-up/crops/<int:crop_id>/units")
@role_required(RoleKind.MANAGER)
def put_unit(crop_id: int) -> ResponseReturnValue:
    """Add a unit, or give one another weight."""
    form, home_id = Form(), current_cooperative().id
    _check_own(crop_id)
    chosen = form.typed("unit")
    if chosen not in (*UNITS, _OTHER):
        form.refuse(NoSuchChoice(field="unit"))
    code = form.text("other", maximum=20) if chosen == _OTHER else chosen
    grams = form.quantity_g("weight", maximum_g=_HEAVIEST_UNIT_G)

    def do(session: Session) -> Answer:
        crops.put_unit(session, crop_id=crop_id, cooperative_id=home_id, code=code, grams=grams)
        return Answer(url_for("crops.show", crop_id=crop_id))

    return write_once(form, do) or _page(crop_id, Form({}), form)


@blueprint.post("/set-up/crops/<int:crop_id>/units/<int:unit_id>/removal")
@role_required(RoleKind.MANAGER)
def remove_unit(crop_id: int, unit_id: int) -> ResponseReturnValue:
    """Offer a unit no more."""
    form, home_id = Form(), current_cooperative().id
    _check_own(crop_id)

    def do(session: Session) -> Answer:
        crops.remove_unit(session, unit_id=unit_id, crop_id=crop_id, cooperative_id=home_id)
        return Answer(url_for("crops.show", crop_id=crop_id))

    return write_once(form, do) or _page(crop_id, Form({}), form)


def _check_own(crop_id: int) -> None:
    with reading() as session:
        own.row(session, Crop, crop_id, cooperative_id=current_cooperative().id)


def _catalogue(form: Form) -> ResponseReturnValue:
    search = request.args.get("search", "")[:60].strip()
    with reading() as session:
        mine = crops.own_crops(session, cooperative_id=current_cooperative().id)
    traded = {crop.code for crop in mine if crop.is_traded}
    by_category: dict[str, list[CatalogueCrop]] = {}
    for one in catalogue_crops():
        if _matches(one.names, search):
            by_category.setdefault(one.category, []).append(one)
    page = render_template(
        "setup/catalogue.html",
        form=form,
        search=search,
        categories=by_category,
        traded=traded,
        ticked=set(form.chosen("crop")),
    )
    return page, form.status


def _matches(names: Mapping[str, str], search: str) -> bool:
    return any(search.casefold() in name.casefold() for name in names.values())


def _page(crop_id: int, form: Form, unit_form: Form) -> ResponseReturnValue:
    with reading() as session:
        crop = own.row(session, Crop, crop_id, cooperative_id=current_cooperative().id)
        page = CropPage(
            crop=crop,
            units=crops.units(session, crop_id=crop_id),
            unit_names=[
                *((code, unit_name(code)) for code in UNITS),
                (_OTHER, gettext("another unit")),
            ],
        )
    status = max(form.status, unit_form.status)
    return render_template("setup/crop.html", page=page, form=form, unit_form=unit_form), status
