"""How the text of a cell becomes a value; each refuses with a sentence for its cell."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import TypeVar

from app.kernel.errors import N_, BadInput

V = TypeVar("V")
_YES = {"yes", "y", "true", "1", "x", "是", "有", "ja", "ndiyo", "हाँ"}
_NO = {"no", "n", "false", "0", "否", "无", "没有", "hapana", "नहीं"}
_CLOCK = re.compile(r"([01]?\d|2[0-4])[:.：h]([0-5]\d)(?::[0-5]\d)?")
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?: 00:00:00)?")


class TextTooLong(BadInput):
    """More letters than fit."""

    code = "cell_text_too_long"
    message = N_("This may have at most %(most)s letters.")


class NotANumber(BadInput):
    """Letters or signs where a number is needed."""

    code = "cell_not_a_number"
    message = N_("%(value)s is not a number.")


class NotWhole(BadInput):
    """A fraction where a whole number is needed."""

    code = "cell_not_whole"
    message = N_("%(value)s is not a whole number.")


class OutOfRange(BadInput):
    """A number that is too small or too great."""

    code = "cell_out_of_range"
    message = N_("This must be between %(least)s and %(most)s.")


class TooFine(BadInput):
    """More digits after the point than are kept."""

    code = "cell_too_fine"
    message = N_("This may have at most %(places)s digits after the point.")


class NotAChoice(BadInput):
    """A word that is not on the list."""

    code = "cell_not_a_choice"
    message = N_("%(value)s is not known here. Use one of: %(choices)s.")


class NotADay(BadInput):
    """No day that the calendar has."""

    code = "cell_not_a_day"
    message = N_("%(value)s is not a day. Write it as 2026-05-31.")


class NotATime(BadInput):
    """No time of day."""

    code = "cell_not_a_time"
    message = N_("%(value)s is not a time. Write it as 05:30.")


def text(most: int = 120) -> Callable[[str], str]:
    """Return a converter to text of at most so many letters, in one line."""

    def convert(cell: str) -> str:
        plain = " ".join(unicodedata.normalize("NFC", cell).split())
        if len(plain) > most:
            raise TextTooLong(most=most)
        return plain

    return convert


def whole(least: int, most: int) -> Callable[[str], int]:
    """Return a converter to a whole number within limits."""

    def convert(cell: str) -> int:
        number = _number(cell)
        if number != number.to_integral_value():
            raise NotWhole(value=cell[:40])
        return _within(int(number), least, most)

    return convert


def scaled(places: int, least: int, most: int) -> Callable[[str], int]:
    """Return a converter from a decimal to whole units: money to minor units, kg to grams.

    :param places: 2 for cents, 3 for grams out of kilograms; finer digits are refused,
        not rounded.
    :param least: in the whole units, as is ``most``.
    """

    def convert(cell: str) -> int:
        units = _number(cell).scaleb(places)
        if units != units.to_integral_value():
            raise TooFine(places=places)
        step = Decimal(1).scaleb(-places)
        if not least <= units <= most:
            raise OutOfRange(least=str(least * step), most=str(most * step))
        return int(units)

    return convert


def degrees(most: int) -> Callable[[str], float]:
    """Return a converter to degrees between minus and plus ``most`` (90 or 180)."""

    def convert(cell: str) -> float:
        number = _number(cell)
        if not -most <= number <= most:
            raise OutOfRange(least=-most, most=most)
        return float(number.quantize(Decimal("0.0000001"), ROUND_HALF_UP))

    return convert


def one_of(choices: Mapping[str, V]) -> Callable[[str], V]:
    """Return a converter from words, letter case aside, to what they stand for."""
    known = {word.casefold(): value for word, value in choices.items()}

    def convert(cell: str) -> V:
        try:
            return known[cell.strip().casefold()]
        except KeyError:
            raise NotAChoice(value=cell[:40], choices=", ".join(choices)) from None

    return convert


def yes_no(cell: str) -> bool:
    """Return whether a cell says yes; 1, x and 是 do as well.

    :raises NotAChoice: if it says neither yes nor no.
    """
    word = cell.strip().casefold()
    if word not in _YES | _NO:
        raise NotAChoice(value=cell[:40], choices="yes, no")
    return word in _YES


def day(cell: str) -> date:
    """Return a day written with the year first, as 2026-05-31 or 2026年5月31日.

    :raises NotADay: on any other order, because 03/04 is two different days.
    """
    match = _DAY.fullmatch(unicodedata.normalize("NFKC", cell).strip())
    if match is None:
        raise NotADay(value=cell[:40])
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        raise NotADay(value=cell[:40]) from None


def minute_of_day(cell: str) -> int:
    """Return a time of day, as 05:30, in minutes since midnight; 24:00 ends the day.

    :raises NotATime: if it is none.
    """
    match = _CLOCK.fullmatch(unicodedata.normalize("NFKC", cell).strip())
    minute = int(match[1]) * 60 + int(match[2]) if match else 1441
    if minute > 1440:
        raise NotATime(value=cell[:40])
    return minute


def _number(cell: str) -> Decimal:
    plain = unicodedata.normalize("NFKC", cell).replace(" ", "").replace("_", "?")
    try:
        number = Decimal(plain)
    except InvalidOperation:
        raise NotANumber(value=cell[:40]) from None
    if not number.is_finite() or abs(number.adjusted()) > 30:
        raise NotANumber(value=cell[:40])
    return number


def _within(number: int, least: int, most: int) -> int:
    if not least <= number <= most:
        raise OutOfRange(least=least, most=most)
    return number
