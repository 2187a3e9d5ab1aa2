"""States of lines and reasons of the matching in words, and the way of an order as steps."""

from __future__ import annotations

from collections.abc import Mapping

from app.kernel.errors import N_
from app.models import LineKind, LineState, MarketDayState
from app.orders.views import Detail, Line, Reason, Source
from app.web.formatting import day, moment, price_per_kg, quantity
from app.web.reasons import reason_text
from app.web.translation import gettext, locale
from app.web.words import called_name

Step = tuple[str, str, str]

# The word for a line's state and the tone of its badge.
STATES: Mapping[LineState, tuple[str, str]] = {
    LineState.QUEUED: (N_("waits for the matching"), "wait"),
    LineState.WAITING: (N_("waits for the matching"), "wait"),
    LineState.ALLOCATED: (N_("yours"), "good"),
    LineState.UNFILLED: (N_("not filled"), "bad"),
    LineState.COLLECTED: (N_("collected"), "good"),
    LineState.REFUSED: (N_("refused at pickup"), "bad"),
    LineState.UNCOLLECTED: (N_("not collected"), "bad"),
    LineState.CANCELLED: (N_("cancelled"), "ended"),
}

_AFTER = list(MarketDayState)


def state_name(state: LineState) -> str:
    """Return where a line stands, in words."""
    return gettext(STATES[state][0])


def state_tone(state: LineState) -> str:
    """Return the tone of a state's badge."""
    return STATES[state][1]


def reason_sentence(line: Line) -> str:
    """Return why a line stands where it does, or nothing where that needs no words."""
    if line.state is LineState.QUEUED:
        return gettext(
            "This lot was being matched when you ordered. We try your order right after"
            " and tell you."
        )
    if line.state is LineState.ALLOCATED and line.expected_g < line.allocated_g:
        return gettext(
            "The village weighed less: you can expect %(expected)s.",
            expected=quantity(line.expected_g, line.unit_code, line.unit_grams),
        )
    if line.state is LineState.CANCELLED:
        return ""
    if line.kind is LineKind.DIRECT:
        return _direct_sentence(line)
    if line.reason is None:
        return ""
    if line.allocated_g < line.reason.figures.get("given_g", 0):
        return gettext(
            "The matching gave you %(given)s, and then its village or farmer could not bring it"
            " all: you get %(left)s.",
            given=_quantity(line, line.reason.figures["given_g"]),
            left=_quantity(line, line.allocated_g),
        )
    return _sentences(line.reason)


def _direct_sentence(line: Line) -> str:
    if line.state is LineState.UNFILLED or not line.sources:
        return gettext("There was not enough left of this lot.")
    source = line.sources[0]
    return gettext(
        "You took %(quantity)s directly at %(price)s. The farmer in %(village)s earns"
        " %(farmer)s; transport is %(freight)s and the fee %(fee)s.",
        quantity=_quantity(line, line.allocated_g),
        price=price_per_kg(source.buyer_price_minor),
        village=_village(source),
        farmer=price_per_kg(source.farmer_price_minor),
        freight=price_per_kg(source.freight_minor),
        fee=price_per_kg(source.fee_minor),
    )


def _quantity(line: Line, quantity_g: int) -> str:
    return quantity(quantity_g, line.unit_code, line.unit_grams)


def timeline(detail: Detail) -> list[Step]:
    """Return an order's way from the form to the counter: name, state, small text."""
    heading = detail.heading
    if heading.cancelled_at is not None or heading.day_state is MarketDayState.CANCELLED:
        return [
            (gettext("Ordered"), "done", moment(heading.opened_at)),
            (gettext("Cancelled"), "now", moment(heading.cancelled_at or heading.opened_at)),
        ]
    reached = _AFTER.index(heading.day_state)
    names = [
        (gettext("Ordered"), MarketDayState.OPEN, moment(heading.opened_at)),
        (
            gettext("Matched"),
            MarketDayState.CLEARED,
            gettext("after %(at)s", at=moment(heading.buyers_cutoff_at)),
        ),
        (gettext("On the truck"), MarketDayState.PLANNED, day(heading.day_on)),
        (gettext("At the shop"), MarketDayState.COLLECTED, called_name(heading.pickup_point)),
    ]
    marks = [
        (name, "done" if reached >= _AFTER.index(at) else "next", small)
        for name, at, small in names
    ]
    ended = all(line.billed_g is not None or not line.allocated_g for line in detail.lines)
    is_over = ended and reached >= _AFTER.index(MarketDayState.COLLECTED)
    marks.append(
        (
            gettext("Collected"),
            "done" if is_over else "next",
            gettext("from %(at)s", at=moment(heading.pickup_at)),
        )
    )
    return _with_present(marks)


def _with_present(marks: list[Step]) -> list[Step]:
    """Mark the first step that is not done yet as the present one."""
    present = next((index for index, mark in enumerate(marks) if mark[1] == "next"), None)
    return [
        (name, "now" if index == present else state, small)
        for index, (name, state, small) in enumerate(marks)
    ]


def _sentences(reason: Reason) -> str:
    return reason_text(
        reason.code,
        reason.figures,
        {f"village_id:{reason.figures.get('village_id')}": _village(reason)},
    )


def _village(place: Reason | Source) -> str:
    is_english = locale().language == "en"
    return place.village if is_english else place.village_local or place.village
