"""The counter: today's orders, an order by its code, and what of each crop is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.kernel.clock import local
from app.kernel.database import reading
from app.kernel.errors import N_, NotFound, Refusal
from app.models import LineState, MarketDay, RoleKind
from app.orders import arriving, codes, counter
from app.orders.counter import CropTotal, ShopList
from app.orders.views import Detail, Line
from app.pages.buyers.addresses import row_id
from app.pages.buyers.words import state_name, state_tone
from app.pages.shops.own_shop import OwnShop, own_shop
from app.web.forms import Form
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.navigation import Entry
from app.web.redirects import see_other
from app.web.session import current_cooperative, now
from app.web.translation import ngettext
from app.web.writing import write_once

blueprint = Blueprint("shop_orders", __name__, template_folder="templates")

NAVIGATION = (
    Entry("shop_orders.show", N_("Hand over"), (RoleKind.SHOPKEEPER,), "shop", 10),
    Entry("shop_orders.totals", N_("Totals"), (RoleKind.SHOPKEEPER,), "scale", 20),
)


class UnknownCode(NotFound):
    """No order of these pickup points has the typed code."""

    code = "unknown_pickup_code"
    message = N_("No order here has this code. Read it once more, or look for the name.")


@dataclass(frozen=True)
class CounterPage:
    """A shop's list for one day."""

    own: OwnShop
    days: tuple[MarketDay, ...]
    day: MarketDay | None
    search: str
    found: ShopList
    next_address: str
    not_told: int


@dataclass(frozen=True)
class TotalsPage:
    """What of each crop comes to a shop on one day."""

    own: OwnShop
    days: tuple[MarketDay, ...]
    day: MarketDay | None
    totals: tuple[CropTotal, ...]


@dataclass(frozen=True)
class CounterLine:
    """One line at the counter, with the form that belongs to it."""

    line: Line
    state: str
    tone: str
    form: Form
    is_open: bool
    is_done: bool


@dataclass(frozen=True)
class CounterOrder:
    """One order at the counter."""

    detail: Detail
    buyer: str
    lines: tuple[CounterLine, ...]
    due_minor: int


@blueprint.get("/shop")
@role_required(RoleKind.SHOPKEEPER)
def show() -> ResponseReturnValue:
    """Show the orders of a day, and the field for a code."""
    return _counter(Form({}))


@blueprint.get("/shop/orders")
@role_required(RoleKind.SHOPKEEPER)
def find() -> ResponseReturnValue:
    """Open the order that a code stands for; the QR code leads here as well."""
    form = Form(request.args)
    code = form.text("code", maximum=20)
    if form.valid:
        try:
            with reading() as session:
                order_id = codes.find_by_code(
                    session, pickup_point_ids=own_shop(session).pickup_point_ids, code=code
                )
            return see_other(url_for("shop_orders.detail", order_id=order_id))
        except NotFound:
            form.refuse(UnknownCode(field="code"))
        except Refusal as refusal:
            form.refuse(refusal, field="code")
    return _counter(form)


@blueprint.get("/shop/orders/<int:order_id>")
@role_required(RoleKind.SHOPKEEPER)
def detail(order_id: int) -> ResponseReturnValue:
    """Show one order line by line, each with its form."""
    return order_page(order_id)


@blueprint.post("/shop/days/<int:day_id>/arrival")
@role_required(RoleKind.SHOPKEEPER)
def arrive(day_id: int) -> ResponseReturnValue:
    """Tell the buyers of a day that their orders can be collected here."""
    form = Form()
    with reading() as session:
        own = own_shop(session)
        if day_id not in {
            day.id for day in counter.days_in_hand(session, pickup_point_ids=own.pickup_point_ids)
        }:
            raise NotFound

    def do(session: Session) -> Answer:
        told = arriving.tell_arrived(
            session, market_day_id=day_id, pickup_point_ids=own.pickup_point_ids, at=now()
        )
        flash(ngettext("%(num)s buyer is told.", "%(num)s buyers are told.", told), "good")
        return Answer(url_for("shop_orders.show", day=day_id))

    return write_once(form, do) or _counter(form)


@blueprint.get("/shop/totals")
@role_required(RoleKind.SHOPKEEPER)
def totals() -> ResponseReturnValue:
    """Show what of each crop comes, is handed over and still lies here."""
    with reading() as session:
        own = own_shop(session)
        days = counter.days_in_hand(session, pickup_point_ids=own.pickup_point_ids)
        day = _chosen_day(days)
        found = (
            counter.crop_totals(
                session, pickup_point_ids=own.pickup_point_ids, market_day_id=day.id
            )
            if day
            else []
        )
    return render_template(
        "shops/totals.html", page=TotalsPage(own, tuple(days), day, tuple(found))
    )


def order_page(
    order_id: int, form: Form | None = None, line_id: int | None = None
) -> ResponseReturnValue:
    """Show an order at the counter; one of its lines may keep a form that was refused."""
    with reading() as session:
        own = own_shop(session)
        found, buyer = counter.shop_order(
            session, order_id=order_id, pickup_point_ids=own.pickup_point_ids, at=now()
        )
    lines = tuple(
        _line(line, form if form is not None and line.order_line_id == line_id else Form({}))
        for line in found.lines
        if line.state in counter.HANDED
    )
    due = sum(line.line.billed_minor or 0 for line in lines)
    page = CounterOrder(found, buyer, lines, due)
    status = 200 if form is None else form.status
    return render_template("shops/order.html", page=page), status


def _counter(form: Form) -> ResponseReturnValue:
    search, after = request.args.get("search", "")[:60], row_id("after") or 0
    with reading() as session:
        own = own_shop(session)
        days = counter.days_in_hand(session, pickup_point_ids=own.pickup_point_ids)
        day = _chosen_day(days)
        found = _list(session, own, day, search, after)
        waiting = _not_told(session, own, day)
    more = ""
    if day is not None and found.next_after:
        more = url_for("shop_orders.show", day=day.id, search=search, after=found.next_after)
    page = CounterPage(own, tuple(days), day, search, found, more, waiting)
    return render_template("shops/counter.html", page=page, form=form), form.status


def _not_told(session: Session, own: OwnShop, day: MarketDay | None) -> int:
    if day is None:
        return 0
    return len(
        arriving.not_told(session, market_day_id=day.id, pickup_point_ids=own.pickup_point_ids)
    )


def _list(
    session: Session, own: OwnShop, day: MarketDay | None, search: str, after: int
) -> ShopList:
    if day is None:
        return ShopList((), None)
    return counter.shop_list(
        session,
        pickup_point_ids=own.pickup_point_ids,
        market_day_id=day.id,
        search=search,
        after=after,
    )


def _chosen_day(days: Sequence[MarketDay]) -> MarketDay | None:
    """Return the day of the address, else the latest whose pickup has come, else the next."""
    wanted = row_id("day")
    for day in days:
        if day.id == wanted:
            return day
    zone = current_cooperative().time_zone
    today = local(now(), zone).date()
    come = [day for day in days if local(day.pickup_at, zone).date() <= today]
    return come[-1] if come else next(iter(days), None)


def _line(line: Line, form: Form) -> CounterLine:
    return CounterLine(
        line=line,
        state=state_name(line.state),
        tone=state_tone(line.state),
        form=form,
        is_open=line.state is LineState.ALLOCATED,
        is_done=line.billed_g is not None,
    )
