"""A buyer's own orders: the list, one order with its code and its way, and cancelling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from flask import Blueprint, current_app, flash, render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy.orm import Session

from app.documents.qr import qr_svg
from app.kernel.database import reading
from app.kernel.errors import N_
from app.matching.sentences import CHEAPER_DAY, INDIVISIBLE
from app.models import LineKind, LineState, MarketDay, RoleKind
from app.orders import cancelling, looking_ahead
from app.orders import reading as orders
from app.orders.cheaper_days import cheaper_day
from app.orders.views import Detail, Line
from app.pages.buyers.addresses import row_id
from app.pages.buyers.words import Step, reason_sentence, state_name, state_tone, timeline
from app.web.formatting import day as day_words
from app.web.formatting import price_per_kg
from app.web.forms import Form
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.navigation import Entry
from app.web.redirects import see_other
from app.web.session import current_cooperative, current_person, now
from app.web.translation import gettext
from app.web.writing import write_once

blueprint = Blueprint("orders", __name__, template_folder="templates")

NAVIGATION = (Entry("orders.show", N_("My orders"), (RoleKind.BUYER,), "list", 30),)


@dataclass(frozen=True)
class ShownLine:
    """A line with its state and its reason in words."""

    line: Line
    state: str
    tone: str
    reason: str
    can_look_ahead: bool = False
    can_ask_again: bool = False


@dataclass(frozen=True)
class OrderPage:
    """One order as its buyer sees it."""

    detail: Detail
    lines: tuple[ShownLine, ...]
    steps: list[Step]
    qr: Markup | None
    next_day: MarketDay | None = None


@dataclass(frozen=True)
class OrdersPage:
    """The list of one's orders."""

    orders: tuple[OrderPage, ...]
    next_address: str


@blueprint.get("/orders")
@role_required(RoleKind.BUYER)
def show() -> ResponseReturnValue:
    """List one's orders, newest first."""
    with reading() as session:
        found = orders.my_orders(
            session,
            buyer_id=current_person().id,
            cooperative_id=current_cooperative().id,
            at=now(),
            before=row_id("before"),
        )
    more = url_for("orders.show", before=found.next_before) if found.next_before else ""
    page = OrdersPage(tuple(_shown(detail) for detail in found.orders), more)
    return render_template("buyers/orders.html", page=page)


@blueprint.get("/orders/<int:order_id>")
@role_required(RoleKind.BUYER)
def detail(order_id: int) -> ResponseReturnValue:
    """Show one order: code, way, lines with their reasons."""
    with reading() as session:
        found = orders.order_detail(
            session, order_id=order_id, buyer_id=current_person().id, at=now()
        )
        days = looking_ahead.open_days(session, cooperative_id=current_cooperative().id, at=now())
        page = _with_ways(session, _shown(found, with_code=True), days)
    return render_template("buyers/order.html", page=page)


@blueprint.post("/orders/<int:order_id>/cancellation")
@role_required(RoleKind.BUYER)
def cancel(order_id: int) -> ResponseReturnValue:
    """Cancel a whole order."""

    def undo(session: Session) -> None:
        cancelling.cancel_order(session, order_id=order_id, buyer_id=current_person().id, at=now())

    return _cancelled(order_id, undo, gettext("The order is cancelled."))


@blueprint.post("/orders/<int:order_id>/lines/<int:line_id>/cancellation")
@role_required(RoleKind.BUYER)
def cancel_line(order_id: int, line_id: int) -> ResponseReturnValue:
    """Cancel one line of an order."""

    def undo(session: Session) -> None:
        cancelling.cancel_line(
            session, order_line_id=line_id, buyer_id=current_person().id, at=now()
        )

    return _cancelled(order_id, undo, gettext("The line is cancelled."))


def _cancelled(order_id: int, undo: Callable[[Session], None], told: str) -> ResponseReturnValue:
    form = Form()
    address = url_for("orders.detail", order_id=order_id)

    def do(session: Session) -> Answer:
        undo(session)
        return Answer(location=address)

    answer = write_once(form, do)
    if answer is not None:
        flash(told, "good")
        return answer
    for message in form.general_errors:
        flash(message, "bad")
    return see_other(address)


def _shown(detail: Detail, *, with_code: bool = False) -> OrderPage:
    lines = tuple(
        ShownLine(line, state_name(line.state), state_tone(line.state), reason_sentence(line))
        for line in detail.lines
    )
    is_live = any(line.state in (LineState.ALLOCATED, LineState.WAITING) for line in detail.lines)
    return OrderPage(
        detail=detail,
        lines=lines,
        steps=timeline(detail),
        qr=_qr(detail.heading.code) if with_code and is_live else None,
    )


def _with_ways(session: Session, page: OrderPage, days: Sequence[MarketDay]) -> OrderPage:
    """Add what can be done about each request: look ahead, ask again, another day."""
    heading = page.detail.heading
    is_open = heading.market_day_id in [day.id for day in days]
    lines = tuple(
        replace(
            shown,
            reason=f"{shown.reason} {_cheaper(session, shown.line)}".strip(),
            can_look_ahead=is_open and shown.line.state is LineState.WAITING,
            can_ask_again=bool(days) and _may_ask_again(shown.line),
        )
        for shown in page.lines
    )
    return replace(page, lines=lines, next_day=days[0] if days else None)


def _may_ask_again(line: Line) -> bool:
    is_unfilled = line.kind is LineKind.REQUEST and line.state is LineState.UNFILLED
    return is_unfilled and line.reason is not None and line.reason.code in INDIVISIBLE


def _cheaper(session: Session, line: Line) -> str:
    if line.kind is not LineKind.REQUEST or line.state is not LineState.ALLOCATED:
        return ""
    found = cheaper_day(session, order_line_id=line.order_line_id)
    if found is None:
        return ""
    return gettext(
        CHEAPER_DAY, cheaper_day=day_words(found.on), saving_minor=price_per_kg(found.saving_minor)
    )


def _qr(code: str) -> Markup:
    # A shop's phone opens the order at once; anyone else is told to sign in.
    address = current_app.config["PUBLIC_URL"].rstrip("/") + url_for("shop_orders.find", code=code)
    return qr_svg(address, title=gettext("Pickup code %(code)s", code=code))
