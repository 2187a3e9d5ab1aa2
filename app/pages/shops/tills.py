"""The till of a shop: open it with change, count it at the end of the day."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, flash, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.kernel.database import reading
from app.kernel.errors import N_
from app.models import RoleKind, TillShift
from app.orders import tills
from app.pages.shops.own_shop import OwnShop, own_shop
from app.web.formatting import money
from app.web.forms import Form
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.navigation import Entry
from app.web.redirects import see_other
from app.web.session import current_cooperative, current_person, now
from app.web.translation import gettext
from app.web.writing import write_once

blueprint = Blueprint("tills", __name__, template_folder="templates")

NAVIGATION = (Entry("tills.show", N_("Till"), (RoleKind.SHOPKEEPER,), "money", 30),)


@dataclass(frozen=True)
class TillPage:
    """The open shift with what should lie in it, and the counts before."""

    own: OwnShop
    shift: TillShift | None
    expected_minor: int
    counts: tuple[TillShift, ...]
    currency: str


@blueprint.get("/shop/till")
@blueprint.get("/shop/till/shifts")
@role_required(RoleKind.SHOPKEEPER)
def show() -> ResponseReturnValue:
    """Show the till."""
    return _page(Form({}))


@blueprint.post("/shop/till/shifts")
@role_required(RoleKind.SHOPKEEPER)
def start() -> ResponseReturnValue:
    """Open the till with the change that lies in it."""
    form = Form()
    float_minor = form.money_minor("float", currency=current_cooperative().currency)
    shop_id = _shop_id()

    def do(session: Session) -> Answer:
        tills.open_shift(
            session,
            shop_id=shop_id,
            person_id=current_person().id,
            float_minor=float_minor,
            key=form.key,
            at=now(),
        )
        return Answer(location=url_for("tills.show"))

    answer = write_once(form, do)
    return _page(form) if answer is None else answer


@blueprint.post("/shop/till/shifts/<int:shift_id>/count")
@role_required(RoleKind.SHOPKEEPER)
def count(shift_id: int) -> ResponseReturnValue:
    """Close the shift with what was counted; a difference is named and written down."""
    form = Form()
    counted_minor = form.money_minor("counted", currency=current_cooperative().currency)
    shop_id = _shop_id()
    found: list[tills.Count] = []

    def do(session: Session) -> Answer:
        found.append(
            tills.count_shift(
                session,
                shift_id=shift_id,
                shop_id=shop_id,
                counted_minor=counted_minor,
                at=now(),
            )
        )
        return Answer(location=url_for("tills.show"))

    answer = write_once(form, do)
    if answer is None:
        return _page(form)
    for done in found:
        flash(difference_words(done.difference_minor), "wait" if done.difference_minor else "good")
    return answer


@blueprint.get("/shop/till/shifts/<int:shift_id>/count")
@role_required(RoleKind.SHOPKEEPER)
def counting(shift_id: int) -> ResponseReturnValue:
    """Go back to the till, when a refused form's page is opened again by its address."""
    return see_other(url_for("tills.show"))


def difference_words(difference_minor: int) -> str:
    """Return what a count found, in words."""
    if difference_minor < 0:
        return gettext("%(amount)s is missing.", amount=money(-difference_minor))
    if difference_minor > 0:
        return gettext("%(amount)s too much.", amount=money(difference_minor))
    return gettext("The till is right.")


def _shop_id() -> int:
    with reading() as session:
        return own_shop(session).shop.id


def _page(form: Form) -> ResponseReturnValue:
    with reading() as session:
        own = own_shop(session)
        shift = tills.current_shift(session, shop_id=own.shop.id)
        expected = tills.expected_minor(session, shift=shift) if shift else 0
        counts = tills.last_counts(session, shop_id=own.shop.id)
    page = TillPage(own, shift, expected, tuple(counts), current_cooperative().currency)
    shown = render_template("shops/till.html", page=page, form=form, words=difference_words)
    return shown, form.status
