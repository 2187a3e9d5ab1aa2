"""Reading the numbers that people type: money, weights, counts, in any digits."""

from __future__ import annotations

import unicodedata
from decimal import Decimal, InvalidOperation

from babel import Locale
from babel.numbers import get_currency_precision, get_decimal_symbol, get_group_symbol

from app.kernel.errors import N_, BadInput


class NotANumber(BadInput):
    """What was typed is no number."""

    code = "not_a_number"
    message = N_("Write a number, for example 12 or 2.5.")


class TooPrecise(BadInput):
    """More decimal places than the measure has."""

    code = "too_precise"
    message = N_("Use at most %(places)s digits after the decimal sign.")


def typed_decimal(typed: str, locale: Locale) -> Decimal:
    """Return the number that was typed, by the locale's signs.

    Digits of every script count, as do full-width signs from a Chinese keyboard. A
    group sign is dropped only where it stands before three digits; elsewhere a lone
    sign is read as the decimal one, because keyboards offer only one of the two.

    :raises NotANumber: on anything that is not one plain number.
    """
    text = "".join(_plain(sign) for sign in unicodedata.normalize("NFKC", typed).strip())
    text = text.replace(" ", "").replace("\N{NO-BREAK SPACE}", "").replace("'", "")
    text = text.replace("。", ".").replace("٫", ".").replace("٬", ",")
    decimal_sign, group_sign = get_decimal_symbol(locale), get_group_symbol(locale)
    if group_sign in ",." and _is_grouped(text, group_sign, decimal_sign):
        text = text.replace(group_sign, "")
    text = text.replace(",", ".")
    if text.count(".") > 1 or not text.replace(".", "").isascii():
        raise NotANumber
    if not text.lstrip("-").replace(".", "").isdigit():
        raise NotANumber
    try:
        return Decimal(text)
    except InvalidOperation:
        raise NotANumber from None


def to_minor(amount: Decimal, currency: str) -> int:
    """Return an amount in the currency's minor unit.

    :raises TooPrecise: if it has parts of a minor unit.
    """
    places = get_currency_precision(currency)
    return _whole(amount.scaleb(places), places)


def to_grams(amount: Decimal, unit_g: int) -> int:
    """Return a count of a unit as grams, to the nearest gram (half up)."""
    return int((amount * unit_g + Decimal("0.5")) // 1)


def _whole(amount: Decimal, places: int) -> int:
    if amount != amount.to_integral_value():
        raise TooPrecise(places=places)
    return int(amount)


def _plain(sign: str) -> str:
    digit = unicodedata.decimal(sign, None)
    return sign if digit is None else str(digit)


def _is_grouped(text: str, group_sign: str, decimal_sign: str) -> bool:
    whole = text.split(decimal_sign)[0] if decimal_sign in text else text
    parts = whole.lstrip("-").split(group_sign)
    well_grouped = len(parts[0]) in (1, 2, 3) and all(len(part) == 3 for part in parts[1:])
    return len(parts) > 1 and well_grouped and parts[0] != "0"
