"""If the market were matched now: what a request would get, and with other terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.kernel.database import reading
from app.kernel.errors import NotFound, Refusal
from app.models import LineState, MarketDay, Order, OrderLine, RoleKind
from app.orders import looking_ahead
from app.orders.drafts import MOST_G, MOST_PRICE_MINOR
from app.orders.refiling import Change, ask_again, change_request
from app.web.comparisons import market_difference, order_difference
from app.web.formatting import day as day_words
from app.web.formatting import plain_money
from app.web.forms import Form
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.reasons import places_of, reason_text
from app.web.redirects import see_other
from app.web.session import current_cooperative, current_person, now
from app.web.translation import gettext
from app.web.writing import write_once

blueprint = Blueprint("request_what_if", __name__, template_folder="templates")


@dataclass(frozen=True)
class Outlook:
    """What a request would get now, what a change would do to it and to the whole market."""

    reason: str = ""
    difference: str = ""
    market: str = ""


@dataclass(frozen=True)
class RequestWhatIf:
    """A request, what it would get now, and what other terms would change."""

    line: OrderLine
    order: Order
    made_at: datetime
    outlook: Outlook
    days: list[tuple[str, str]]
    currency: str
    wanted: Change
    limit: str
    least: str
    is_change: bool


@blueprint.get("/orders/<int:order_id>/lines/<int:line_id>/what-if")
@role_required(RoleKind.BUYER)
def show(order_id: int, line_id: int) -> ResponseReturnValue:
    """Show what would come out now, and what other terms would change."""
    return _page(order_id, line_id, Form(request.args), is_asked="limit" in request.args)


@blueprint.post("/orders/<int:order_id>/lines/<int:line_id>/change")
@role_required(RoleKind.BUYER)
def change(order_id: int, line_id: int) -> ResponseReturnValue:
    """Give the request the terms that were looked at."""
    form = Form()
    with reading() as session:
        # Not whether it still waits: a request that was sent twice is answered twice.
        line, _ = looking_ahead.waiting_request(
            session,
            order_line_id=line_id,
            cooperative_id=current_cooperative().id,
            buyer_id=current_person().id,
        )
        days = looking_ahead.open_days(session, cooperative_id=current_cooperative().id, at=now())
    wanted = read_change(form, line, days)

    def do(session: Session) -> Answer:
        placed = change_request(
            session,
            order_line_id=line_id,
            buyer_id=current_person().id,
            change=wanted,
            key=form.key,
            at=now(),
        )
        return Answer(url_for("orders.detail", order_id=placed.order_id))

    if response := write_once(form, do):
        flash(gettext("Changed. The matching will go by this."), "good")
        return response
    return _page(order_id, line_id, form, is_asked=False)


@blueprint.post("/orders/<int:order_id>/lines/<int:line_id>/again")
@role_required(RoleKind.BUYER)
def again(order_id: int, line_id: int) -> ResponseReturnValue:
    """File a request that got nothing for the next market day, part of it welcome."""
    form = Form()
    with reading() as session:
        days = looking_ahead.open_days(session, cooperative_id=current_cooperative().id, at=now())
    day_on = next((day.on for day in days), now().date())

    def do(session: Session) -> Answer:
        placed = ask_again(
            session,
            order_line_id=line_id,
            buyer_id=current_person().id,
            day_on=day_on,
            key=form.key,
            at=now(),
        )
        return Answer(url_for("orders.detail", order_id=placed.order_id))

    if response := write_once(form, do):
        flash(gettext("Your request is filed. You will be told what it got."), "good")
        return response
    for message in [*form.general_errors, *form.errors.values()]:
        flash(message, "bad")
    return see_other(url_for("orders.detail", order_id=order_id))


def read_change(form: Form, line: OrderLine, days: Sequence[MarketDay]) -> Change:
    """Read other terms of a request from its what-if form."""
    limit_minor = form.money_minor(
        "limit", currency=current_cooperative().currency, minimum=1, maximum=MOST_PRICE_MINOR
    )
    chosen = form.date("day")
    if chosen not in [day.on for day in days] and form.valid:
        form.refuse(NotFound(field="day"))
    least_g = 0
    if form.typed("least_fill").strip():
        least_g = form.quantity_g(
            "least_fill", unit_g=line.unit_grams, minimum_g=0, maximum_g=min(MOST_G, line.ordered_g)
        )
    return Change(limit_minor, chosen, least_g, form.ticked("all_or_nothing"))


def request_what_if(
    session: Session,
    form: Form,
    line: OrderLine,
    order: Order,
    days: Sequence[MarketDay],
    *,
    is_asked: bool,
) -> RequestWhatIf:
    """Return what a page shows of a request that may be changed; a refusal stands in the form."""
    own = session.get_one(MarketDay, order.market_day_id)
    asked = read_change(form, line, days) if is_asked else None
    wanted = asked if asked is not None and form.valid else terms_of(line, own)
    there = next((day for day in days if day.on == wanted.day_on), own)
    return RequestWhatIf(
        line=line,
        order=order,
        made_at=now(),
        outlook=_outlook(session, form, line, order, asked, there),
        days=[(day.on.isoformat(), day_words(day.on)) for day in days],
        currency=current_cooperative().currency,
        wanted=wanted,
        limit=plain_money(wanted.limit_minor),
        least=_as_typed(line, wanted.least_fill_g),
        is_change=wanted != terms_of(line, own),
    )


def _outlook(
    session: Session,
    form: Form,
    line: OrderLine,
    order: Order,
    wanted: Change | None,
    day: MarketDay,
) -> Outlook:
    places = places_of(session, cooperative_id=order.cooperative_id)
    difference = market = ""
    try:
        if wanted is None or not form.valid:
            share = looking_ahead.share_now(session, line=line, order=order)
        else:
            found = looking_ahead.share_if(
                session, line=line, order=order, change=wanted, market_day=day
            )
            share, difference = found.now, order_difference(found)
            market = market_difference(found)
    except Refusal as refusal:
        form.refuse(refusal)
        return Outlook()
    reason = reason_text(share.code, dict(share.figures), places) if share.code else ""
    return Outlook(reason, difference, market)


def terms_of(line: OrderLine, day: MarketDay) -> Change:
    """Return the terms that a request has now."""
    return Change(line.limit_minor, day.on, line.least_fill_g, line.is_all_or_nothing)


def _as_typed(line: OrderLine, least_fill_g: int) -> str:
    """Return the least fill as its form field starts with it."""
    return f"{least_fill_g / line.unit_grams:g}" if least_fill_g else ""


def _page(order_id: int, line_id: int, form: Form, *, is_asked: bool) -> ResponseReturnValue:
    with reading() as session:
        line, order, days = _waiting(session, order_id, line_id)
        page = request_what_if(session, form, line, order, days, is_asked=is_asked)
    return render_template("buyers/what_if.html", page=page, form=form), form.status


def _waiting(
    session: Session, order_id: int, line_id: int
) -> tuple[OrderLine, Order, Sequence[MarketDay]]:
    """Return an own request that may still be changed, and the days it may go to.

    :raises NotFound: if there is none.
    """
    line, order = looking_ahead.waiting_request(
        session,
        order_line_id=line_id,
        cooperative_id=current_cooperative().id,
        buyer_id=current_person().id,
    )
    days = looking_ahead.open_days(session, cooperative_id=order.cooperative_id, at=now())
    is_open = order.market_day_id in [day.id for day in days]
    if order.id != order_id or line.state is not LineState.WAITING or not is_open:
        raise NotFound
    return line, order, days
