"""Words and figures that only the set-up pages show."""

from __future__ import annotations

from flask.sansio.app import App

from app.kernel.errors import N_
from app.models import AccountKind
from app.pages.setup.placing import precision_name
from app.web.translation import gettext

WEEKDAYS = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)

CATEGORIES = {
    "cereal": N_("Cereals"),
    "pulse": N_("Pulses"),
    "oilseed": N_("Oil seeds"),
    "root": N_("Roots and tubers"),
    "vegetable": N_("Vegetables"),
    "herb": N_("Herbs"),
    "mushroom": N_("Mushrooms"),
    "fruit": N_("Fruit"),
    "nut": N_("Nuts"),
    "spice": N_("Spices"),
    "cash": N_("Tea, coffee and other cash crops"),
    "animal": N_("Eggs, milk and honey"),
}

SOURCES = {
    "distance": N_("from the distance"),
    "dearest": N_("dearest village, place unknown"),
    "manager": N_("set by hand"),
    "runs": N_("from the runs"),
}

ACCOUNTS = {
    AccountKind.BANK: N_("In the bank"),
    AccountKind.CASH: N_("In cash"),
    AccountKind.CARD: N_("On members' cards"),
    AccountKind.ESCROW: N_("Held for open orders"),
    AccountKind.RECEIVABLE: N_("Owed by buyers"),
    AccountKind.TRADE: N_("Sold, not settled yet"),
    AccountKind.FARMER_PAYABLE: N_("Owed to farmers"),
    AccountKind.SHOP_PAYABLE: N_("Owed to shops"),
    AccountKind.CARRIER_PAYABLE: N_("Owed to carriers"),
    AccountKind.FEES: N_("Fees kept"),
    AccountKind.TRANSPORT_POOL: N_("Transport pool"),
    AccountKind.LOSSES: N_("Losses"),
    AccountKind.ROUNDING: N_("Rounding"),
}


def full_weekday_name(weekday: int) -> str:
    """Return a weekday's name, 0 for Monday."""
    return gettext(WEEKDAYS[weekday])


def category_name(code: str) -> str:
    """Return a crop category's name; an unknown one is shown by its code."""
    return gettext(CATEGORIES[code]) if code in CATEGORIES else code


def tariff_source_name(code: str) -> str:
    """Return how a freight price came about."""
    return gettext(SOURCES[code]) if code in SOURCES else code


def account_name(kind: AccountKind) -> str:
    """Return what an account holds, in words."""
    return gettext(ACCOUNTS[kind])


def plain_number(value: float) -> str:
    """Return a number as a form field starts with it: no groups, no needless digits."""
    return f"{value:.3f}".rstrip("0").rstrip(".")


def install(app: App) -> None:
    """Give the templates these filters."""
    for function in (
        account_name,
        category_name,
        full_weekday_name,
        plain_number,
        precision_name,
        tariff_source_name,
    ):
        app.jinja_env.filters[function.__name__] = function
