"""Ahead: what buyers will want each week near home, and promising a standing supply."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.kernel.clock import local
from app.kernel.database import reading
from app.kernel.errors import N_, NotFound
from app.models import RoleKind
from app.web.forms import Form
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.navigation import Entry
from app.web.session import current_cooperative, current_person, now
from app.web.translation import gettext
from app.web.words import unit_name
from app.web.writing import write_once
from farmers.pages import words
from farmers.pages.offer_form import read_offer
from farmers.services import promise_views, promises
from farmers.services.assisting import Farmer, own_farm
from farmers.services.choices import Choices, CropChoice, choices
from farmers.services.demand import CropDemand, expected_demand
from farmers.services.promises import Promised

NAVIGATION = (Entry("ahead.index", N_("Ahead"), (RoleKind.FARMER,), "day", 25, in_bar=False),)

blueprint = Blueprint("ahead", __name__, template_folder="templates")
words.install(blueprint)

_USUAL_SEASON = timedelta(days=90)
_KEEPS = {
    0: N_("no, only that day"),
    1: N_("1 day more"),
    2: N_("2 days more"),
    3: N_("3 days more"),
    7: N_("a week more"),
}


@blueprint.get("/ahead")
@role_required(RoleKind.FARMER)
def index() -> ResponseReturnValue:
    """Show the expected weekly demand near home and the farmer's own promises."""
    with reading() as session:
        farmer = _farmer(session)
        wanted = _demand(session, farmer)
        mine = promise_views.promises_of(
            session,
            farmer_id=farmer.person_id,
            cooperative_id=current_cooperative().id,
            at=now(),
        )
    return render_template(
        "farmers/ahead.html",
        demand=wanted,
        most_g=max((one.weekly_g for one in wanted), default=1),
        promises=[view for view in mine if not view.is_over],
        over=[view for view in mine if view.is_over],
    )


@blueprint.get("/promises/new")
@role_required(RoleKind.FARMER)
def new() -> ResponseReturnValue:
    """Let the farmer choose a crop; with ``?crop=ID`` show the form of a promise."""
    crop_id = request.args.get("crop", type=int)
    with reading() as session:
        offered = _choices(session, _farmer(session))
    if crop_id is None:
        return render_template("farmers/promise_crop.html", crops=offered.crops)
    crop = _crop(offered, crop_id)
    first = _today() + timedelta(days=1)
    starting = {
        "crop": str(crop.id),
        "grade": "I",
        "unit": crop.units[0].code,
        "price_unit": "kg",
        "keeps_days": "0",
        "ready_from": first.isoformat(),
        "ready_until": (first + _USUAL_SEASON).isoformat(),
    }
    return _page(Form(starting), crop, is_new=True)


@blueprint.post("/promises")
@role_required(RoleKind.FARMER)
def create() -> ResponseReturnValue:
    """Keep a promise once; its first lots are listed at once."""
    form = Form()
    with reading() as session:
        farmer = _farmer(session)
        offered = _choices(session, farmer)
    crop = _crop(offered, form.whole_or_none("crop") or 0)
    offer = read_offer(form, offered, farmer=farmer, currency=current_cooperative().currency)
    promised = Promised(
        crop_id=offer.crop_id,
        grade=offer.grade,
        weekly_g=offer.quantity_g,
        unit_code=offer.unit_code,
        unit_grams=offer.unit_grams,
        ask_minor=offer.ask_minor,
        weekdays=tuple(sorted(_ticked(form))),
        keeps_days=form.identifier("keeps_days", _KEEPS),
        starts_on=offer.ready_from_on,
        ends_on=offer.ready_until_on,
    )

    def do(session: Session) -> Answer:
        made = promises.promise(
            session,
            cooperative_id=current_cooperative().id,
            farmer_id=farmer.person_id,
            promised=promised,
            key=form.key,
            at=now(),
        )
        flash(gettext("It is promised. Each market day is listed for you a week before."), "good")
        return Answer(url_for("promises.show", promise_id=made.id))

    return write_once(form, do) or _page(form, crop)


def _ticked(form: Form) -> set[int]:
    return {int(one) for one in form.chosen("weekdays") if one in set("0123456")}


def _page(form: Form, crop: CropChoice, *, is_new: bool = False) -> ResponseReturnValue:
    with reading() as session:
        farmer = _farmer(session)
        weekdays = promises.market_weekdays(session, cooperative_id=current_cooperative().id)
        wanted = next((one for one in _demand(session, farmer) if one.crop.id == crop.id), None)
    page = render_template(
        "farmers/promise_new.html",
        form=form,
        crop=crop,
        units=[(unit.code, unit_name(unit.code)) for unit in crop.units],
        price_units=_price_units(crop),
        demand=wanted,
        guide=next(iter(crop.guides.values()), None),
        weekdays=weekdays,
        ticked=set(weekdays) if is_new else _ticked(form),
        keeps=[(days, gettext(text)) for days, text in _KEEPS.items()],
        latest=_today() + promises.LONGEST_SEASON,
    )
    return page, form.status


def _price_units(crop: CropChoice) -> list[tuple[str, str]]:
    """Return what a price may be for: a kg first, then the crop's own units."""
    sign = words.currency_sign(current_cooperative().currency)
    codes = dict.fromkeys(["kg", *(unit.code for unit in crop.units)])
    return [
        (code, gettext("%(currency)s per %(unit)s", currency=sign, unit=unit_name(code)))
        for code in codes
    ]


def _farmer(session: Session) -> Farmer:
    return own_farm(session, person_id=current_person().id, cooperative_id=current_cooperative().id)


def _choices(session: Session, farmer: Farmer) -> Choices:
    return choices(
        session,
        cooperative_id=current_cooperative().id,
        farmer_id=farmer.person_id,
        village_id=farmer.village_id,
        at=now(),
    )


def _demand(session: Session, farmer: Farmer) -> list[CropDemand]:
    return expected_demand(
        session,
        cooperative_id=current_cooperative().id,
        village_id=farmer.village_id,
        at=now(),
    )


def _crop(offered: Choices, crop_id: int) -> CropChoice:
    for crop in offered.crops:
        if crop.id == crop_id:
            return crop
    raise NotFound


def _today() -> date:
    return local(now(), current_cooperative().time_zone).date()
