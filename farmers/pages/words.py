"""Words and signs of the farmer's pages, as template filters."""

from __future__ import annotations

from babel.numbers import get_currency_symbol
from flask import Blueprint

from app.kernel.errors import N_
from app.media.services import reason_message
from app.models import WeighingOutcome
from app.web.formatting import price_per_kg, quantity
from app.web.reasons import reason_text
from app.web.translation import gettext, locale
from app.web.words import called_name
from farmers.services.lot_life import LotState, LotView
from farmers.services.promise_views import DayState

STATES: dict[LotState, tuple[str, str]] = {
    LotState.PARKED: (N_("No market day"), "bad"),
    LotState.OFFERED: (N_("On offer"), "wait"),
    LotState.MATCHING: (N_("Being matched"), "wait"),
    LotState.SOLD: (N_("Sold"), "good"),
    LotState.UNSOLD: (N_("Not sold"), "plain"),
    LotState.WEIGHED: (N_("Weighed"), "good"),
    LotState.OWED: (N_("Credited"), "good"),
    LotState.WITHDRAWN: (N_("Withdrawn"), "plain"),
    LotState.CANCELLED: (N_("Market cancelled"), "bad"),
}

WEIGHED: dict[WeighingOutcome, str] = {
    WeighingOutcome.LOADED: N_("loaded"),
    WeighingOutcome.SHORT: N_("less than sold"),
    WeighingOutcome.ABSENT: N_("nobody was there"),
    WeighingOutcome.REFUSED: N_("not accepted"),
    WeighingOutcome.RECEIVED: N_("received"),
}

PROMISED_DAYS: dict[DayState, tuple[str, str]] = {
    DayState.AHEAD: (N_("ahead"), "plain"),
    DayState.LISTED: (N_("listed"), "good"),
    DayState.SKIPPED: (N_("left out"), "wait"),
    DayState.FAILED: (N_("could not be listed"), "bad"),
    DayState.WITHDRAWN: (N_("taken back"), "plain"),
}

MOVEMENTS = {
    "settlement": N_("Sale credited"),
    "payout": N_("Paid out"),
    "cash_payout": N_("Paid out in cash"),
}


def lot_state_name(state: LotState) -> str:
    """Return a lot's state in words."""
    return gettext(STATES[state][0])


def lot_state_tone(state: LotState) -> str:
    """Return the tone of a lot's badge."""
    return STATES[state][1]


def weighed_name(outcome: WeighingOutcome) -> str:
    """Return how a lot stood at the scale."""
    return gettext(WEIGHED[outcome])


def movement_name(reason: str) -> str:
    """Return what moved a farmer's account; what is not known by name is a correction."""
    return gettext(MOVEMENTS.get(reason, N_("Correction")))


def promised_day_name(state: DayState) -> str:
    """Return where a promise's market day stands, in words."""
    return gettext(PROMISED_DAYS[state][0])


def promised_day_tone(state: DayState) -> str:
    """Return the tone of its badge."""
    return PROMISED_DAYS[state][1]


def in_units(quantity_g: int, unit_grams: int) -> str:
    """Return a weight as a form field starts with it: in units, without their name."""
    return f"{quantity_g / unit_grams:g}"


def photo_reason(code: str) -> str:
    """Return why a photo was refused."""
    return gettext(reason_message(code))


def currency_sign(currency: str) -> str:
    """Return a currency's sign as the reader writes it."""
    # As in amounts: readers of one currency need no country before the sign.
    return get_currency_symbol(currency, locale=locale()).replace("CN¥", "¥").replace("CN¥", "¥")


def matching_reason(view: LotView) -> str:
    """Return why a lot was sold or not, or nothing before anything became of it."""
    if view.reason is None:
        return _sold_directly(view)
    code, figures = view.reason
    points = {called_name(sale.pickup_point) for sale in view.sales}
    where = ", ".join(sorted(points)) or gettext("the city")
    return reason_text(code, figures, {f"pickup_point_id:{figures.get('pickup_point_id')}": where})


def _sold_directly(view: LotView) -> str:
    if not view.sales:
        return ""
    earned = sum(sale.quantity_g * sale.farmer_price_minor for sale in view.sales)
    return gettext(
        "%(sold_g)s were ordered directly, for %(price)s net; you asked %(ask)s.",
        sold_g=quantity(view.sold_g, view.lot.unit_code, view.lot.unit_grams),
        price=price_per_kg((2 * earned + view.sold_g) // (2 * view.sold_g)),
        ask=price_per_kg(view.lot.ask_minor),
    )


def install(blueprint: Blueprint) -> None:
    """Give the templates these words."""
    for function in (
        lot_state_name,
        lot_state_tone,
        weighed_name,
        movement_name,
        promised_day_name,
        promised_day_tone,
        in_units,
        photo_reason,
        currency_sign,
        matching_reason,
    ):
        blueprint.add_app_template_filter(function)
