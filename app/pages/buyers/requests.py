"""File a request: a bid that the matching fills from all lots of a market day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.kernel.database import reading
from app.kernel.errors import N_, NotFound
from app.models import Crop, Grade, MarketDay, PaymentMethod, RoleKind
from app.orders import funds, offers, placing
from app.orders.drafts import MOST_G, MOST_PRICE_MINOR
from app.orders.opening import open_order
from app.pages.buyers.offers import payment_options
from app.pages.buyers.pictures import Picture, picture
from app.pages.buyers.points import Points, points
from app.web.formatting import day as day_words
from app.web.formatting import moment
from app.web.forms import Form, NoSuchChoice
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.navigation import Entry
from app.web.session import current_cooperative, current_person, now
from app.web.translation import gettext
from app.web.words import unit_name
from app.web.writing import write_once

blueprint = Blueprint("requests", __name__, template_folder="templates")

NAVIGATION = (Entry("requests.choose", N_("Request"), (RoleKind.BUYER,), "plus", 20),)


@dataclass(frozen=True)
class CropTile:
    """One crop to choose."""

    crop: Crop
    picture: Picture


@dataclass(frozen=True)
class RequestPage:
    """The form for one crop."""

    points: Points
    crop: Crop
    picture: Picture
    days: tuple[MarketDay, ...]
    day_options: list[tuple[str, str]]
    units: Mapping[str, int]
    unit_options: list[tuple[str, str]]
    payment_options: list[tuple[str, str, str]]
    payment: str
    cheapest_minor: int | None
    currency: str


@blueprint.get("/requests/new")
@role_required(RoleKind.BUYER)
def choose() -> ResponseReturnValue:
    """Ask for the crop."""
    with reading() as session:
        crops = offers.traded_crops(session, cooperative_id=current_cooperative().id)
    tiles = [CropTile(crop, picture(crop.code, crop.emoji)) for crop in crops]
    return render_template("buyers/request_crop.html", tiles=tiles)


@blueprint.get("/requests/new/<int:crop_id>")
@role_required(RoleKind.BUYER)
def new(crop_id: int) -> ResponseReturnValue:
    """Ask for quantity, limit and days."""
    return _form(_page(crop_id), Form(request.args))


@blueprint.post("/requests/new/<int:crop_id>")
@role_required(RoleKind.BUYER)
def file(crop_id: int) -> ResponseReturnValue:
    """File the request."""
    page, form = _page(crop_id), Form()
    unit_code = form.text("unit", maximum=20)
    if unit_code not in page.units:
        form.refuse(NoSuchChoice(field="unit"))
    unit_grams = page.units.get(unit_code, 1000)
    quantity_g = form.quantity_g("quantity", unit_g=unit_grams, maximum_g=MOST_G)
    limit_minor = form.money_minor(
        "limit", currency=page.currency, minimum=1, maximum=MOST_PRICE_MINOR
    )
    least_grade = form.choice("least_grade", Grade)
    method = form.choice("payment_method", PaymentMethod)
    least_fill_g = _least_fill(form, unit_grams)
    first_on, last_on = form.date("first_on"), form.date("last_on")

    def place(session: Session) -> Answer:
        placed = placing.file_request(
            session,
            buyer_id=current_person().id,
            crop_id=crop_id,
            quantity_g=quantity_g,
            unit_code=unit_code,
            unit_grams=unit_grams,
            limit_minor=limit_minor,
            least_grade=least_grade,
            pickup_point_id=page.points.chosen.id,
            payment_method=method,
            first_on=first_on,
            last_on=last_on,
            key=form.key,
            at=now(),
            all_or_nothing=form.ticked("all_or_nothing"),
            least_fill_g=least_fill_g,
        )
        return Answer(location=url_for("orders.detail", order_id=placed.order_id))

    answer = write_once(form, place)
    if answer is None:
        return _form(page, form)
    flash(gettext("Your request is filed. You will be told what it got."), "good")
    return answer


def _form(page: RequestPage, form: Form) -> ResponseReturnValue:
    return render_template("buyers/request.html", page=page, form=form), form.status


def _least_fill(form: Form, unit_grams: int) -> int:
    if not form.typed("least_fill").strip():
        return 0
    return form.quantity_g("least_fill", unit_g=unit_grams, minimum_g=0, maximum_g=MOST_G)


def _page(crop_id: int) -> RequestPage:
    cooperative, person = current_cooperative(), current_person()
    with reading() as session:
        crop = session.get(Crop, crop_id)
        if crop is None or crop.cooperative_id != cooperative.id or not crop.is_traded:
            raise NotFound
        chosen = points(session)
        days = offers.ordering_days(session, cooperative_id=cooperative.id, at=now())
        units = offers.units_of(session, crop_id=crop_id)
        ways = funds.ways_to_pay(session, cooperative_id=cooperative.id, buyer_id=person.id)
        joined = days and open_order(
            session,
            market_day_id=days[0].id,
            buyer_id=person.id,
            pickup_point_id=chosen.chosen.id,
        )
        cheapest = _cheapest(session, crop_id, chosen.chosen.id)
    return RequestPage(
        points=chosen,
        crop=crop,
        picture=picture(crop.code, crop.emoji),
        days=tuple(days),
        day_options=[(day.on.isoformat(), _day_option(day)) for day in days],
        units=units,
        unit_options=[(code, unit_name(code)) for code in units],
        payment_options=payment_options(ways),
        payment=joined.payment_method.value if joined else PaymentMethod.CASH.value,
        cheapest_minor=cheapest,
        currency=cooperative.currency,
    )


def _cheapest(session: Session, crop_id: int, pickup_point_id: int) -> int | None:
    found = offers.offers(
        session,
        cooperative_id=current_cooperative().id,
        pickup_point_id=pickup_point_id,
        at=now(),
        crop_id=crop_id,
        limit=100,
    )
    asked = [offer.price.buyer_minor for offer in found.offers if offer.price is not None]
    return min(asked, default=None)


def _day_option(day: MarketDay) -> str:
    return gettext(
        "%(day)s, order until %(cutoff)s",
        day=day_words(day.on),
        cutoff=moment(day.buyers_cutoff_at),
    )
