"""If the market were matched now: what a harvest would get, and with another price or day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.kernel.database import reading
from app.kernel.errors import NotFound, Refusal
from app.models import MarketDay
from app.web.comparisons import lot_difference, market_difference
from app.web.formatting import day as day_words
from app.web.formatting import plain_money
from app.web.forms import Form
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.reasons import places_of, reason_text
from app.web.session import current_cooperative, current_person, now
from app.web.translation import gettext
from app.web.writing import write_once
from farmers.pages.listing import LISTERS
from farmers.services import changing, looking_ahead, lot_views
from farmers.services.lot_life import LotView

blueprint = Blueprint("lot_what_if", __name__, template_folder="templates")


@dataclass(frozen=True)
class WhatIfPage:
    """A lot, what it would get now, and what a change would do.

    :param reason: the sentence of now, or why there is none.
    :param difference: the sentence of the change; empty before one was asked for.
    :param market: what it does to the whole market, for whoever helps the farmer.
    """

    view: LotView
    made_at: datetime
    reason: str
    difference: str
    market: str
    days: list[tuple[int, str]]
    currency: str
    ask: str
    day_id: int
    is_change: bool


@blueprint.get("/harvests/<int:lot_id>/what-if")
@role_required(*LISTERS)
def show(lot_id: int) -> ResponseReturnValue:
    """Show what would come out now, and what another price or day would change."""
    return _page(lot_id, Form(request.args), is_asked="ask" in request.args)


@blueprint.post("/harvests/<int:lot_id>/change")
@role_required(*LISTERS)
def change(lot_id: int) -> ResponseReturnValue:
    """Give the lot the price and day that were looked at."""
    form = Form()
    with reading() as session:
        view = _view(session, lot_id)
        days = looking_ahead.open_days(session, lot=view.lot, at=now())
    ask_minor = form.money_minor("ask", currency=current_cooperative().currency)
    day_id = form.identifier("day", [day.id for day in days])

    def do(session: Session) -> Answer:
        changing.change(
            session,
            lot_id=lot_id,
            ask_minor=ask_minor,
            market_day_id=day_id,
            person_id=current_person().id,
            at=now(),
        )
        return Answer(url_for("harvests.show", lot_id=lot_id))

    if response := write_once(form, do):
        flash(gettext("Changed. The matching will go by this."), "good")
        return response
    return _page(lot_id, form, is_asked=False)


def _page(lot_id: int, form: Form, *, is_asked: bool) -> ResponseReturnValue:
    currency = current_cooperative().currency
    with reading() as session:
        view = _view(session, lot_id)
        if view.day is None:
            raise NotFound
        days = looking_ahead.open_days(session, lot=view.lot, at=now())
        ask_minor, day = view.lot.ask_minor, view.day
        if is_asked:
            ask_minor = form.money_minor("ask", currency=currency)
            chosen = form.identifier("day", [one.id for one in days])
            day = next((one for one in days if one.id == chosen), day)
        reason, difference, market = _outlook(
            session, view, form, ask_minor, day, is_asked=is_asked
        )
    page = WhatIfPage(
        view=view,
        made_at=now(),
        reason=reason,
        difference=difference,
        market="" if view.lot.farmer_id == current_person().id else market,
        days=_options(days),
        currency=currency,
        ask=plain_money(ask_minor),
        day_id=day.id,
        is_change=(ask_minor, day.id) != (view.lot.ask_minor, view.lot.market_day_id),
    )
    return render_template("farmers/what_if.html", page=page, form=form), form.status


def _outlook(
    session: Session,
    view: LotView,
    form: Form,
    ask_minor: int,
    day: MarketDay,
    *,
    is_asked: bool,
) -> tuple[str, str, str]:
    places = places_of(session, cooperative_id=view.lot.cooperative_id)
    difference = market = ""
    try:
        if is_asked and form.valid:
            found = looking_ahead.share_if(
                session, lot=view.lot, ask_minor=ask_minor, market_day=day
            )
            share, difference = found.now, lot_difference(found)
            market = market_difference(found)
        else:
            share = looking_ahead.share_now(session, lot=view.lot)
    except Refusal as refusal:
        form.refuse(refusal)
        return "", "", ""
    if not share.code:
        sold = gettext("Nothing of it is left to be matched: it is sold already.")
        return sold, difference, market
    return reason_text(share.code, dict(share.figures), places), difference, market


def _options(days: Sequence[MarketDay]) -> list[tuple[int, str]]:
    return [(day.id, day_words(day.on)) for day in days]


def _view(session: Session, lot_id: int) -> LotView:
    view = lot_views.lot_view(
        session,
        lot_id=lot_id,
        person_id=current_person().id,
        cooperative_id=current_cooperative().id,
    )
    if not view.can_look_ahead(now()):
        raise NotFound
    return view
