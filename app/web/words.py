"""Names of the fixed lists (roles, grades, units, states, languages) as pages show them."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Flask

from app.kernel.errors import N_
from app.models import (
    Crop,
    Grade,
    Hub,
    MarketDayState,
    PaymentMethod,
    PickupPoint,
    RoleKind,
    Shop,
    Village,
)
from app.models.names import PlaceName
from app.web.translation import gettext, locale, per_reader

ROLES = {
    RoleKind.FARMER: N_("farmer"),
    RoleKind.VILLAGE_LEAD: N_("village lead"),
    RoleKind.BUYER: N_("buyer"),
    RoleKind.MANAGER: N_("manager"),
    RoleKind.HUB_WORKER: N_("hub worker"),
    RoleKind.DRIVER: N_("driver"),
    RoleKind.SHOPKEEPER: N_("shopkeeper"),
}

GRADES = {
    Grade.EXTRA: N_("Extra"),
    Grade.CLASS_I: N_("Class I"),
    Grade.CLASS_II: N_("Class II"),
}

UNITS = {
    "kg": N_("kg"),
    "g": N_("g"),
    "jin": N_("jin"),
    "crate": N_("crate"),
    "box": N_("box"),
    "bag": N_("bag"),
    "basket": N_("basket"),
    "sack": N_("sack"),
    "bunch": N_("bunch"),
    "piece": N_("piece"),
    "head": N_("head"),
    "dozen": N_("dozen"),
    "tray": N_("tray"),
}

DAY_STATES = {
    MarketDayState.OPEN: N_("Open"),
    MarketDayState.CLOSED: N_("Closed"),
    MarketDayState.CLEARED: N_("Cleared"),
    MarketDayState.PLANNED: N_("Planned"),
    MarketDayState.COLLECTED: N_("Collected"),
    MarketDayState.DELIVERED: N_("Delivered"),
    MarketDayState.SETTLED: N_("Settled"),
    MarketDayState.CANCELLED: N_("Cancelled"),
}

PAYMENTS = {
    PaymentMethod.CASH: N_("Cash at pickup"),
    PaymentMethod.TRANSFER: N_("Bank transfer"),
    PaymentMethod.ACCOUNT: N_("Weekly account"),
    PaymentMethod.CARD: N_("Card account"),
}

# A language is named in itself, so that its speakers find it.
LANGUAGES = {"en": "English", "zh": "中文", "hi": "हिन्दी", "sw": "Kiswahili"}


# Signs in a User-Agent, the telling ones first: nearly all name several browsers.
BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("UCBrowser", "UC Browser"),
    ("HuaweiBrowser", "Huawei Browser"),
    ("MiuiBrowser", "Mi Browser"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "Chromebook"),
    ("Linux", "Linux"),
)


def role_name(kind: RoleKind) -> str:
    """Return a role's name."""
    return gettext(ROLES[kind])


def grade_name(grade: Grade) -> str:
    """Return a grade's name."""
    return gettext(GRADES[grade])


def unit_name(code: str) -> str:
    """Return a unit's name; a unit that a cooperative invented is shown by its code."""
    return gettext(UNITS[code]) if code in UNITS else code


def day_state_name(state: MarketDayState) -> str:
    """Return the name of a market day's state."""
    return gettext(DAY_STATES[state])


def payment_name(method: PaymentMethod) -> str:
    """Return how an order is paid, in words."""
    return gettext(PAYMENTS[method])


def language_name(code: str) -> str:
    """Return a language's name in itself."""
    return LANGUAGES.get(code, code)


def device_name(user_agent: str) -> str:
    """Return what a browser calls itself in words that its owner knows."""
    browser = next((name for sign, name in BROWSERS if sign in user_agent), "")
    system = next((name for sign, name in SYSTEMS if sign in user_agent), "")
    if browser and system:
        return gettext("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or system or gettext("Another device")


def in_language(names: Mapping[str, str]) -> str:
    """Return the reader's own of several names, else the English, else any."""
    own = names.get(str(locale().language))
    return own or names.get("en") or next(iter(names.values()), "")


def crop_name(crop: Crop) -> str:
    """Return a crop's name in the reader's language."""
    return in_language(crop.names)


def place_name(place: Village | Hub | Shop | PickupPoint) -> str:
    """Return a place's local name for whoever reads the local language, else its Latin one."""
    return called_name(place.called)


def called_name(called: str) -> str:
    """Return the same of a place's names, whoever brings them; see :class:`PlaceName`."""
    if isinstance(called, PlaceName) and called.local_name and locale().language != "en":
        return called.local_name
    return str(called)


def install(app: Flask) -> None:
    """Give the templates these names as filters."""
    for function in (
        role_name,
        grade_name,
        unit_name,
        day_state_name,
        payment_name,
        language_name,
        device_name,
        in_language,
        crop_name,
        place_name,
        called_name,
    ):
        app.jinja_env.filters[function.__name__] = per_reader(function)
