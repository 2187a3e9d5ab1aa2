"""Reading forms: typed values, a message at each wrong field, nothing typed lost.

A reader returns its value, or a harmless stand-in together with a noted error; a view
reads all its fields, then asks ``form.valid`` before it uses any of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, time
from enum import StrEnum
from typing import TypeVar

from flask import request

from app.kernel.errors import N_, BadInput, Refusal
from app.web.formatting import money
from app.web.idempotency import checked_key, new_key
from app.web.numbers import to_grams, to_minor, typed_decimal
from app.web.refusals import wording
from app.web.translation import locale

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")

# Larger figures are slips of the finger, and would not fit the database's integers.
LARGEST = 10**12


class Missing(BadInput):
    """A required field was left empty."""

    code = "missing"
    message = N_("Fill this in.")


class TooLong(BadInput):
    """A text longer than its place."""

    code = "too_long"
    message = N_("Use at most %(maximum)s characters.")


class OutOfRange(BadInput):
    """A number or date outside of what makes sense here."""

    code = "out_of_range"
    message = N_("This must be between %(minimum)s and %(maximum)s.")


class NotWhole(BadInput):
    """A count with a fraction."""

    code = "not_whole"
    message = N_("Write a whole number.")


class NotADate(BadInput):
    """No date that the calendar knows."""

    code = "not_a_date"
    message = N_("Write a date, for example 2026-05-31.")


class NotATime(BadInput):
    """No time of the day."""

    code = "not_a_time"
    message = N_("Write a time, for example 17:30.")


class NoSuchChoice(BadInput):
    """A choice that is not offered."""

    code = "no_such_choice"
    message = N_("Choose one of the answers.")


class Form:
    """What was typed, the values read from it, and what is wrong with them.

    :param values: the typed fields; by default those of the current POST. Pass
        starting values to show an empty or a prefilled form.
    """

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = request.form if values is None else values
        self.errors: dict[str, str] = {}
        self.general_errors: list[str] = []

    @property
    def valid(self) -> bool:
        """Whether nothing that was read so far is wrong."""
        return not self.errors and not self.general_errors

    @property
    def status(self) -> int:
        """The status to answer with: 200, or 422 once something is wrong."""
        return 200 if self.valid else 422

    def typed(self, name: str, otherwise: object = "") -> str:
        """Return what was typed, or a starting value, as text for the field."""
        return self._values.get(name, "" if otherwise is None else str(otherwise))

    def chosen(self, name: str) -> list[str]:
        """Return every value of a field of tick boxes."""
        if hasattr(self._values, "getlist"):
            return list(self._values.getlist(name))
        return [self._values[name]] if name in self._values else []

    @property
    def shown_key(self) -> str:
        """The key to render: the one that was sent, or a fresh one."""
        return self._values.get("key") or new_key()

    @property
    def key(self) -> str:
        """The key the form was sent with.

        :raises KeyMissing: if it has none.
        """
        return checked_key(self._values.get("key"))

    @property
    def body(self) -> dict[str, object]:
        """All typed fields but the tokens, to compare two sendings of one key."""
        if hasattr(self._values, "to_dict"):
            fields = self._values.to_dict(flat=False)
        else:
            fields = dict(self._values)
        return {name: fields[name] for name in fields if name not in ("csrf_token", "key")}

    def refuse(self, refusal: Refusal, *, field: str | None = None) -> None:
        """Show a refusal at its field, or above the form when it belongs to none."""
        name = field or refusal.field
        if name is None:
            self.general_errors.append(wording(refusal))
        else:
            self.errors.setdefault(name, wording(refusal))

    def text(self, name: str, *, maximum: int = 200, required: bool = True) -> str:
        """Read a line of text without its outer blanks."""
        typed = self.typed(name).strip()
        if required and not typed:
            self.refuse(Missing(field=name))
        elif len(typed) > maximum:
            self.refuse(TooLong(field=name, maximum=maximum))
        return typed

    def whole(self, name: str, *, minimum: int = 0, maximum: int = LARGEST) -> int:
        """Read a whole number."""
        return self._read(name, 0, lambda typed: _whole(typed, minimum, maximum))

    def whole_or_none(self, name: str, *, minimum: int = 0, maximum: int = LARGEST) -> int | None:
        """Read a whole number that may be left out."""
        return self.whole(name, minimum=minimum, maximum=maximum) if self._given(name) else None

    def quantity_g(
        self, name: str, *, unit_g: int = 1000, minimum_g: int = 1, maximum_g: int = LARGEST
    ) -> int:
        """Read a weight or count, typed in a unit of so many grams (1000: kg), as grams."""

        def grams(typed: str) -> int:
            read = to_grams(typed_decimal(typed, locale()), unit_g)
            if not minimum_g <= read <= maximum_g:
                raise OutOfRange(
                    minimum=_plain(minimum_g, unit_g), maximum=_plain(maximum_g, unit_g)
                )
            return read

        return self._read(name, 0, grams)

    def money_minor(
        self, name: str, *, currency: str, minimum: int = 0, maximum: int = LARGEST
    ) -> int:
        """Read an amount, typed in the currency's main unit, as minor units."""

        def amount(typed: str) -> int:
            read = to_minor(typed_decimal(typed, locale()), currency)
            if not minimum <= read <= maximum:
                raise OutOfRange(minimum=money(minimum, currency), maximum=money(maximum, currency))
            return read

        return self._read(name, 0, amount)

    def money_minor_or_none(
        self, name: str, *, currency: str, minimum: int = 0, maximum: int = LARGEST
    ) -> int | None:
        """Read an amount that may be left out."""
        if not self._given(name):
            return None
        return self.money_minor(name, currency=currency, minimum=minimum, maximum=maximum)

    def date(self, name: str, *, earliest: date = date.min, latest: date = date.max) -> date:
        """Read a date as ``<input type=date>`` sends it."""

        def day(typed: str) -> date:
            try:
                read = date.fromisoformat(typed)
            except ValueError:
                raise NotADate from None
            if not earliest <= read <= latest:
                raise OutOfRange(minimum=earliest.isoformat(), maximum=latest.isoformat())
            return read

        return self._read(name, date.min, day)

    def time(self, name: str) -> time:
        """Read a wall-clock time, hours and minutes."""

        def clock(typed: str) -> time:
            try:
                return time.fromisoformat(typed).replace(tzinfo=None)
            except ValueError:
                raise NotATime from None

        return self._read(name, time.min, clock)

    def choice(self, name: str, kind: type[E]) -> E:
        """Read one word of an enumeration."""

        def word(typed: str) -> E:
            try:
                return kind(typed)
            except ValueError:
                raise NoSuchChoice from None

        return self._read(name, next(iter(kind)), word)

    def identifier(self, name: str, offered: Iterable[int]) -> int:
        """Read the id of one of the rows that were offered."""
        allowed = frozenset(offered)

        def chosen(typed: str) -> int:
            if not (typed.isascii() and typed.isdigit()) or int(typed) not in allowed:
                raise NoSuchChoice
            return int(typed)

        return self._read(name, 0, chosen)

    def ticked(self, name: str) -> bool:
        """Read a tick box."""
        return name in self._values

    def _given(self, name: str) -> bool:
        return bool(self.typed(name).strip())

    def _read(self, name: str, stand_in: T, parse: Callable[[str], T]) -> T:
        typed = self.typed(name).strip()
        try:
            if not typed:
                raise Missing
            return parse(typed)
        except BadInput as refusal:
            self.refuse(refusal, field=name)
            return stand_in


def _whole(typed: str, minimum: int, maximum: int) -> int:
    read = typed_decimal(typed, locale())
    if read != read.to_integral_value():
        raise NotWhole
    return _within(int(read), minimum, maximum)


def _within(read: int, minimum: int, maximum: int) -> int:
    if not minimum <= read <= maximum:
        raise OutOfRange(minimum=minimum, maximum=maximum)
    return read


def _plain(grams: int, unit_g: int) -> str:
    return f"{grams / unit_g:g}"
