"""Handing one line over, and putting a wrong hand-over right."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.database import reading
from app.kernel.errors import NotFound
from app.models import LineState, Order, OrderLine, RoleKind
from app.orders import handing_over
from app.orders.drafts import MOST_G
from app.orders.handing_over import HandedOver
from app.pages.shops.orders import order_page
from app.pages.shops.own_shop import own_shop
from app.web.formatting import money
from app.web.forms import Form, NoSuchChoice
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.redirects import see_other
from app.web.session import current_person, now
from app.web.translation import gettext
from app.web.writing import write_once

blueprint = Blueprint("hand_overs", __name__, template_folder="templates")


@blueprint.post("/shop/lines/<int:line_id>/hand-over")
@role_required(RoleKind.SHOPKEEPER)
def hand_over(line_id: int) -> ResponseReturnValue:
    """End a line as collected, refused or not collected."""
    form = Form()
    outcome, received_g = _read(form, line_id)

    def do(session: Session, shop_id: int) -> HandedOver:
        return handing_over.hand_over(
            session,
            order_line_id=line_id,
            outcome=outcome,
            received_g=received_g,
            shop_id=shop_id,
            person_id=current_person().id,
            key=form.key,
            at=now(),
            reason=form.typed("reason").strip()[:200],
        )

    return _written(form, line_id, do)


@blueprint.post("/shop/lines/<int:line_id>/correction")
@role_required(RoleKind.SHOPKEEPER)
def correct(line_id: int) -> ResponseReturnValue:
    """Put a hand-over right; the difference is posted, the first entries stay."""
    form = Form()
    outcome, received_g = _read(form, line_id)
    reason = form.text(f"reason_{line_id}")

    def do(session: Session, shop_id: int) -> HandedOver:
        return handing_over.correct_hand_over(
            session,
            order_line_id=line_id,
            outcome=outcome,
            received_g=received_g,
            shop_id=shop_id,
            person_id=current_person().id,
            key=form.key,
            at=now(),
            reason=reason,
        )

    return _written(form, line_id, do)


@blueprint.get("/shop/lines/<int:line_id>/hand-over")
@blueprint.get("/shop/lines/<int:line_id>/correction")
@role_required(RoleKind.SHOPKEEPER)
def show(line_id: int) -> ResponseReturnValue:
    """Go to the line's order, when a refused form's page is opened again by its address."""
    return see_other(url_for("shop_orders.detail", order_id=_order_of(line_id)[1]))


def _read(form: Form, line_id: int) -> tuple[LineState, int]:
    outcome = form.choice("outcome", LineState)
    if outcome not in handing_over.OUTCOMES:
        form.refuse(NoSuchChoice(field="outcome"))
    if outcome is not LineState.COLLECTED:
        return outcome, 0
    return outcome, form.quantity_g(f"received_{line_id}", maximum_g=MOST_G)


def _written(
    form: Form, line_id: int, do: Callable[[Session, int], HandedOver]
) -> ResponseReturnValue:
    shop_id, order_id = _order_of(line_id)
    done: list[HandedOver] = []

    def work(session: Session) -> Answer:
        done.append(do(session, shop_id))
        return Answer(location=url_for("shop_orders.detail", order_id=order_id))

    answer = write_once(form, work)
    if answer is None:
        return order_page(order_id, form, line_id)
    for handed in done:
        flash(_told(handed), "good")
    return answer


def _order_of(line_id: int) -> tuple[int, int]:
    """Return the person's shop and the order there that a line belongs to."""
    with reading() as session:
        own = own_shop(session)
        order_id = session.scalar(
            select(Order.id)
            .join(OrderLine, OrderLine.order_id == Order.id)
            .where(OrderLine.id == line_id, Order.pickup_point_id.in_(own.pickup_point_ids))
        )
    if order_id is None:
        raise NotFound
    return own.shop.id, order_id


def _told(handed: HandedOver) -> str:
    if handed.outcome is LineState.COLLECTED:
        return gettext("Handed over for %(amount)s.", amount=money(handed.billed_minor))
    return gettext("Written down. The buyer pays nothing for this line.")
