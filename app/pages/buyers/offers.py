"""What is offered, one lot, and buying part of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.freight import NoTariff
from app.kernel.database import reading
from app.kernel.errors import N_
from app.kernel.money import line_amount_minor
from app.models import Crop, LineState, MarketDay, MarketDayState, PaymentMethod, RoleKind
from app.orders import funds, offers, placing, prices
from app.orders.drafts import MOST_G
from app.orders.offers import Offered
from app.orders.opening import open_order
from app.pages.buyers.addresses import row_id
from app.pages.buyers.pictures import Picture, picture
from app.pages.buyers.points import Points, points
from app.stock import NotEnoughLeft
from app.web.formatting import money
from app.web.forms import Form, NoSuchChoice
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.navigation import Entry
from app.web.redirects import see_other
from app.web.session import current_cooperative, current_person, now
from app.web.translation import gettext
from app.web.words import payment_name, unit_name
from app.web.writing import write_once
from farmers.services import stalls

blueprint = Blueprint("offers", __name__, template_folder="templates")

NAVIGATION = (Entry("offers.show", N_("Offers"), (RoleKind.BUYER,), "basket", 10),)


@dataclass(frozen=True)
class Card:
    """One lot in the list."""

    offer: Offered
    picture: Picture


@dataclass(frozen=True)
class OffersPage:
    """The list of what is left, with its filter."""

    points: Points
    day: MarketDay | None
    crops: tuple[Crop, ...]
    crop_id: int | None
    cards: tuple[Card, ...]
    next_address: str


@dataclass(frozen=True)
class LotPage:
    """One lot with the form to buy part of it."""

    points: Points
    offer: Offered
    picture: Picture
    day: MarketDay
    is_open: bool
    units: Mapping[str, int]
    unit_options: list[tuple[str, str]]
    payment_options: list[tuple[str, str, str]]
    payment: str
    joins: str
    stall: str | None


@dataclass(frozen=True)
class Estimate:
    """What a purchase will cost about, and at most."""

    quantity_g: int
    unit_code: str
    unit_grams: int
    ceiling_g: int
    estimate_minor: int
    most_minor: int
    method: PaymentMethod


@blueprint.get("/offers")
@role_required(RoleKind.BUYER)
def show() -> ResponseReturnValue:
    """List what is left of the day that takes orders, with the price at one's pickup point."""
    crop_id, after = row_id("crop"), row_id("after")
    with reading() as session:
        chosen = points(session)
        found = offers.offers(
            session,
            cooperative_id=current_cooperative().id,
            pickup_point_id=chosen.chosen.id,
            at=now(),
            crop_id=crop_id,
            after=after,
        )
        crops = offers.offered_crops(session, market_day_id=found.day.id) if found.day else []
    more = url_for("offers.show", crop=crop_id, after=found.next_after) if found.next_after else ""
    page = OffersPage(
        points=chosen,
        day=found.day,
        crops=tuple(crops),
        crop_id=crop_id,
        cards=tuple(Card(offer, picture(offer.crop_code, offer.emoji)) for offer in found.offers),
        next_address=more,
    )
    return render_template("buyers/offers.html", page=page)


@blueprint.get("/offers/<int:lot_id>")
@role_required(RoleKind.BUYER)
def lot(lot_id: int) -> ResponseReturnValue:
    """Show one lot; with a quantity in the address, what that will cost before buying."""
    form = Form(request.args)
    page = _lot_page(lot_id)
    if "quantity" not in request.args:
        return _lot(page, form, None)
    estimate = _read(form, page)
    if estimate is not None and estimate.quantity_g > page.offer.left_g:
        form.refuse(NotEnoughLeft(field="quantity", left_g=page.offer.left_g))
    return _lot(page, form, estimate)


@blueprint.get("/offers/<int:lot_id>/purchases")
@role_required(RoleKind.BUYER)
def buying(lot_id: int) -> ResponseReturnValue:
    """Go back to the lot, when a refused form's page is opened again by its address."""
    return see_other(url_for("offers.lot", lot_id=lot_id))


@blueprint.post("/offers/<int:lot_id>/purchases")
@role_required(RoleKind.BUYER)
def buy(lot_id: int) -> ResponseReturnValue:
    """Buy part of a lot: reserved at once, or kept while the lot is being matched."""
    form = Form()
    page = _lot_page(lot_id)
    estimate = _read(form, page)
    states: list[LineState] = []

    def place(session: Session) -> Answer:
        assert estimate is not None
        placed = placing.order_direct(
            session,
            buyer_id=current_person().id,
            lot_id=lot_id,
            quantity_g=estimate.quantity_g,
            unit_code=estimate.unit_code,
            unit_grams=estimate.unit_grams,
            pickup_point_id=page.points.chosen.id,
            payment_method=estimate.method,
            key=form.key,
            at=now(),
        )
        states.append(placed.state)
        return Answer(location=url_for("orders.detail", order_id=placed.order_id))

    answer = write_once(form, place)
    if answer is None:
        return _lot(_lot_page(lot_id), form, None)
    if LineState.QUEUED in states:
        text = gettext(
            "Your order is kept. The lot is being matched right now; we try it right after."
        )
        flash(text, "wait")
    elif states:
        flash(gettext("It is reserved for you."), "good")
    return answer


def _lot(page: LotPage, form: Form, estimate: Estimate | None) -> ResponseReturnValue:
    shown = estimate if form.valid else None
    return render_template("buyers/lot.html", page=page, form=form, estimate=shown), form.status


def _lot_page(lot_id: int) -> LotPage:
    cooperative, person = current_cooperative(), current_person()
    with reading() as session:
        chosen = points(session)
        offer, day = offers.offered_lot(
            session,
            cooperative_id=cooperative.id,
            lot_id=lot_id,
            pickup_point_id=chosen.chosen.id,
            at=now(),
        )
        units = {offer.unit_code: offer.unit_grams} | offers.units_of(
            session, crop_id=offer.crop_id
        )
        ways = funds.ways_to_pay(session, cooperative_id=cooperative.id, buyer_id=person.id)
        joined = open_order(
            session,
            market_day_id=day.id,
            buyer_id=person.id,
            pickup_point_id=chosen.chosen.id,
        )
        stall = stalls.open_address(
            session, farmer_id=offer.farmer_id, cooperative_id=cooperative.id
        )
    in_time = day.state is MarketDayState.OPEN and now() < day.buyers_cutoff_at
    return LotPage(
        points=chosen,
        offer=offer,
        picture=picture(offer.crop_code, offer.emoji),
        day=day,
        is_open=in_time or offer.is_frozen,
        units=units,
        unit_options=[(code, unit_name(code)) for code in units],
        payment_options=payment_options(ways),
        payment=joined.payment_method.value if joined else PaymentMethod.CASH.value,
        joins=joined.code if joined else "",
        stall=stall,
    )


def _read(form: Form, page: LotPage) -> Estimate | None:
    unit_code = form.text("unit", maximum=20)
    if unit_code not in page.units:
        form.refuse(NoSuchChoice(field="unit"))
    unit_grams = page.units.get(unit_code, 1000)
    quantity_g = form.quantity_g("quantity", unit_g=unit_grams, maximum_g=MOST_G)
    method = form.choice("payment_method", PaymentMethod)
    if page.offer.price is None:
        form.refuse(NoTariff())
    if not form.valid or page.offer.price is None:
        return None
    most_g = prices.ceiling_g(quantity_g, current_cooperative().ceiling_bp)
    price_minor = page.offer.price.buyer_minor
    return Estimate(
        quantity_g=quantity_g,
        unit_code=unit_code,
        unit_grams=unit_grams,
        ceiling_g=most_g,
        estimate_minor=line_amount_minor(quantity_g, price_minor),
        most_minor=line_amount_minor(most_g, price_minor),
        method=method,
    )


def payment_options(ways: list[funds.WayToPay]) -> list[tuple[str, str, str]]:
    """Return what a choice of payments shows: value, name, and what is left where it ends."""
    return [
        (
            way.method.value,
            payment_name(way.method),
            ""
            if way.left_minor is None
            else gettext("%(amount)s left", amount=money(way.left_minor)),
        )
        for way in ways
    ]
