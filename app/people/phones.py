"""Phone numbers in one form (E.164), however they were typed."""

from __future__ import annotations

import phonenumbers

from app.kernel.errors import N_, BadInput


class NotAPhone(BadInput):
    """What was typed cannot be called."""

    code = "not_a_phone"
    message = N_("This is no phone number we can call. Check its digits.")


def normalised(typed: str, *, country: str, field: str | None = "phone") -> str:
    """Return a phone number as E.164, such as ``+8613912345678``.

    :param country: the two-letter code of the country whose numbers come without a prefix.
    :param field: the form field that a refusal belongs to.
    :raises NotAPhone: if no such number can exist.
    """
    try:
        number = phonenumbers.parse(typed, country)
    except phonenumbers.NumberParseException:
        raise NotAPhone(field=field) from None
    if not phonenumbers.is_valid_number(number):
        raise NotAPhone(field=field)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def as_dialled(phone: str, *, country: str) -> str:
    """Return a stored number as people of a country write it, abroad with its prefix."""
    try:
        number = phonenumbers.parse(phone, country)
    except phonenumbers.NumberParseException:
        # A cooperative may print a short service number, which E.164 does not know.
        return phone
    at_home = phonenumbers.country_code_for_region(country) == number.country_code
    form = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(number, form.NATIONAL if at_home else form.INTERNATIONAL)
