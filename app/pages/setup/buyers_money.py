"""Buyers' money: card top-ups and the weekly account's limit."""

from __future__ import annotations

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.kernel.database import reading
from app.models import RoleKind, Shop
from app.orders.payments import top_up_card
from app.setting_up import own, terms
from app.web.forms import Form, NoSuchChoice
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.session import current_cooperative, current_person, now
from app.web.translation import gettext
from app.web.words import place_name
from app.web.writing import write_once

blueprint = Blueprint("buyers_money", __name__, template_folder="templates")

_PAGE = 50
_BANK = "bank"


@blueprint.get("/money/buyers")
@role_required(RoleKind.MANAGER)
def index() -> ResponseReturnValue:
    """List the buyers with card, limit and debt."""
    search = request.args.get("search", "")[:100]
    with reading() as session:
        found = terms.buyers(
            session,
            cooperative_id=current_cooperative().id,
            search=search,
            after_id=request.args.get("after", default=0, type=int),
            limit=_PAGE + 1,
        )
    more = ""
    if len(found) > _PAGE:
        last = found[_PAGE - 1].person.id
        more = url_for("buyers_money.index", search=search, after=last)
    return render_template(
        "setup/buyers.html", buyers=found[:_PAGE], search=search, more_address=more
    )


@blueprint.get("/money/buyers/<int:person_id>")
@role_required(RoleKind.MANAGER)
def show(person_id: int) -> ResponseReturnValue:
    """Show one buyer's money with the forms to change it."""
    return _page(person_id, Form({}), Form({}))


@blueprint.post("/money/buyers/<int:person_id>/top-ups")
@role_required(RoleKind.MANAGER)
def top_up(person_id: int) -> ResponseReturnValue:
    """Put money on the buyer's card, from the bank or in cash at a shop."""
    form, home = Form(), current_cooperative()
    _check_own(person_id)
    amount_minor = form.money_minor("amount", currency=home.currency, minimum=1)
    source = form.typed("source")
    with reading() as session:
        shops = {str(shop_id): shop_id for shop_id, _ in _shops(session)}
    if source != _BANK and source not in shops:
        form.refuse(NoSuchChoice(field="source"))

    def do(session: Session) -> Answer:
        top_up_card(
            session,
            cooperative_id=home.id,
            buyer_id=person_id,
            amount_minor=amount_minor,
            shop_id=shops.get(source),
            key=f"{current_person().id}:{form.key}",
            at=now(),
        )
        flash(gettext("The card is topped up."), "good")
        return Answer(url_for("buyers_money.show", person_id=person_id))

    return write_once(form, do) or _page(person_id, form, Form({}))


@blueprint.post("/money/buyers/<int:person_id>/limit")
@role_required(RoleKind.MANAGER)
def set_limit(person_id: int) -> ResponseReturnValue:
    """Let the buyer owe at most so much on the weekly account."""
    form, home = Form(), current_cooperative()
    _check_own(person_id)
    limit_minor = form.money_minor("limit", currency=home.currency)

    def do(session: Session) -> Answer:
        terms.set_limit(
            session, cooperative_id=home.id, person_id=person_id, limit_minor=limit_minor
        )
        flash(gettext("Saved."), "good")
        return Answer(url_for("buyers_money.show", person_id=person_id))

    return write_once(form, do) or _page(person_id, Form({}), form)


def _check_own(person_id: int) -> None:
    with reading() as session:
        terms.buyer(session, cooperative_id=current_cooperative().id, person_id=person_id)


def _shops(session: Session) -> list[tuple[int, str]]:
    found = own.all_of(session, Shop, cooperative_id=current_cooperative().id)
    return [(shop.id, place_name(shop)) for shop in found]


def _page(person_id: int, form: Form, limit_form: Form) -> ResponseReturnValue:
    with reading() as session:
        buyer = terms.buyer(session, cooperative_id=current_cooperative().id, person_id=person_id)
        shops = _shops(session)
    sources = [
        (_BANK, gettext("Bank transfer")),
        *((shop_id, gettext("Cash at %(shop)s", shop=name)) for shop_id, name in shops),
    ]
    status = max(form.status, limit_form.status)
    return render_template(
        "setup/buyer.html", buyer=buyer, sources=sources, form=form, limit_form=limit_form
    ), status
