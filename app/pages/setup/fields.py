"""Fields that several set-up forms share: hours, optional texts, percentages, degrees."""

from __future__ import annotations

from app.kernel.errors import BadInput
from app.kernel.geo import Position
from app.places.place import position_from
from app.web.forms import Form, Missing
from app.web.numbers import typed_decimal
from app.web.translation import locale


def minute(form: Form, name: str) -> int:
    """Read a wall-clock time as minutes of the day."""
    read = form.time(name)
    return read.hour * 60 + read.minute


def text_or_none(form: Form, name: str, *, maximum: int = 200) -> str | None:
    """Read a text that may be left out."""
    return form.text(name, maximum=maximum, required=False) or None


def identifier_or_none(form: Form, name: str, offered: list[int]) -> int | None:
    """Read the id of an offered row, or nothing where none was chosen."""
    return form.identifier(name, offered) if form.typed(name).strip() else None


def basis_points(form: Form, name: str, *, maximum: int) -> int:
    """Read a percentage with up to two decimal places as hundredths of a percent."""
    # A percent is a hundred basis points as a unit is so many grams: one reader serves both.
    return form.quantity_g(name, unit_g=100, minimum_g=0, maximum_g=maximum)


def position(form: Form) -> Position | None:
    """Read latitude and longitude in degrees; None together with a noted error."""
    degrees = []
    for name in ("lat", "lon"):
        typed = form.typed(name).strip()
        try:
            if not typed:
                raise Missing
            degrees.append(float(typed_decimal(typed, locale())))
        except BadInput as refusal:
            form.refuse(refusal, field=name)
    if len(degrees) < 2:
        return None
    try:
        return position_from(*degrees)
    except BadInput as refusal:
        form.refuse(refusal, field="lat")
        return None
