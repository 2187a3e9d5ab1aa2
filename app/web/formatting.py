"""Money, weights, times and distances as people read them, for templates.

Every function here is a Jinja filter of its own name; language and number signs come
from the reader, currency and time zone from the cooperative.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from babel.dates import format_date, format_datetime, format_skeleton, format_time
from babel.numbers import format_currency, format_decimal, get_currency_precision
from flask import Flask

from app.kernel.clock import local
from app.people.phones import as_dialled
from app.web.session import cooperative_or_none
from app.web.translation import gettext, locale, per_reader
from app.web.words import unit_name


def money(amount_minor: int, currency: str | None = None) -> str:
    """Return an amount of minor units with its currency's sign."""
    code = currency or _currency()
    amount = Decimal(amount_minor).scaleb(-get_currency_precision(code))
    # A cooperative has one currency, so its readers need no country before the sign.
    return format_currency(amount, code, locale=locale()).replace("CN¥", "¥")


def price_per_kg(price_minor: int, currency: str | None = None) -> str:
    """Return a price, given in minor units per kg."""
    return gettext("%(price)s per kg", price=money(price_minor, currency))


def price_per_unit(
    price_minor: int, unit_code: str, unit_g: int, currency: str | None = None
) -> str:
    """Return a price per kg as the price of one local unit."""
    amount = (2 * price_minor * unit_g + 1000) // 2000
    return gettext(
        "%(price)s per %(unit)s", price=money(amount, currency), unit=unit_name(unit_code)
    )


def plain_money(amount_minor: int | None, currency: str | None = None) -> str:
    """Return an amount as a form field starts with it: no sign, no groups."""
    if amount_minor is None:
        return ""
    return f"{Decimal(amount_minor).scaleb(-get_currency_precision(currency or _currency())):f}"


def quantity(quantity_g: int, unit_code: str = "kg", unit_g: int = 1000) -> str:
    """Return a weight in a unit of so many grams, with the unit's name."""
    return f"{number(Decimal(quantity_g) / unit_g)} {unit_name(unit_code)}"


def number(value: Decimal | int) -> str:
    """Return a number with at most two decimal places."""
    return format_decimal(value, format="#,##0.##", locale=locale())


def percent(value: int) -> str:
    """Return whole hundredths with the percent sign."""
    return format_decimal(value, format="#,##0", locale=locale()) + "%"


def day(on: date) -> str:
    """Return a date with its weekday, without the year: Tue, 4 May."""
    return format_skeleton("MMMEd", on, locale=locale())


def local_day(at: datetime) -> str:
    """Return the day, in the cooperative's zone, on which an instant lies."""
    return day(local(at, _zone()).date())


def full_day(on: date) -> str:
    """Return a date with its year."""
    return format_date(on, format="long", locale=locale())


def clock_time(at: datetime) -> str:
    """Return the wall-clock time of an instant in the cooperative's zone."""
    return format_time(local(at, _zone()).time(), format="short", locale=locale())


def moment(at: datetime) -> str:
    """Return date and wall-clock time of an instant in the cooperative's zone."""
    return gettext("%(day)s, %(time)s", day=local_day(at), time=clock_time(at))


def full_moment(at: datetime) -> str:
    """Return an instant with its year, for statements and records."""
    shown = local(at, _zone()).replace(tzinfo=None)
    return format_datetime(shown, format="medium", locale=locale())


def distance(distance_m: int) -> str:
    """Return a distance: metres below one kilometre, else kilometres."""
    if distance_m < 1000:
        return gettext("%(count)s m", count=number(distance_m))
    places = Decimal("0.1") if distance_m < 100_000 else Decimal(1)
    return gettext("%(count)s km", count=number((Decimal(distance_m) / 1000).quantize(places)))


def duration(duration_s: int) -> str:
    """Return a duration in hours and minutes."""
    hours, minutes = divmod((duration_s + 30) // 60, 60)
    if hours == 0:
        return gettext("%(minutes)s min", minutes=minutes)
    return gettext("%(hours)s h %(minutes)s min", hours=hours, minutes=minutes)


def phone_number(phone: str) -> str:
    """Return a stored phone as the cooperative's country writes it."""
    cooperative = cooperative_or_none()
    return as_dialled(phone, country="" if cooperative is None else cooperative.country)


def minute_of_day(minute: int) -> str:
    """Return minutes after midnight as a wall-clock time."""
    return f"{minute // 60 % 24:02d}:{minute % 60:02d}"


FILTERS = (
    money,
    price_per_kg,
    price_per_unit,
    plain_money,
    quantity,
    number,
    percent,
    day,
    local_day,
    full_day,
    clock_time,
    moment,
    full_moment,
    distance,
    duration,
    phone_number,
    minute_of_day,
)


def install(app: Flask) -> None:
    """Give the templates their filters."""
    for function in FILTERS:
        app.jinja_env.filters[function.__name__] = per_reader(function)


def _currency() -> str:
    cooperative = cooperative_or_none()
    return "CNY" if cooperative is None else cooperative.currency


def _zone() -> str:
    cooperative = cooperative_or_none()
    return "UTC" if cooperative is None else cooperative.time_zone
