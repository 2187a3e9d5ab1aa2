"""The fields of a listing and the offer that they make, for the page and for the queue."""

from __future__ import annotations

from datetime import date, timedelta

from app.models import Grade, Lot
from app.web.formatting import plain_money
from app.web.forms import Form
from app.web.words import unit_name
from farmers.services.assisting import Farmer
from farmers.services.choices import Choices, CropChoice, Unit
from farmers.services.harvests import LONGEST_WINDOW, MOST_PER_LOT_G, Offer
from farmers.services.refusals import (
    CropMissing,
    CropNotTraded,
    PriceMissing,
    QuantityMissing,
    UnitNotUsed,
)

USUAL_WINDOW = timedelta(days=3)
LONGEST_NOTE = 300
_KILOGRAM = Unit("kg", 1000)


def starting_values(offered: Choices, repeated: Lot | None, *, today: date) -> dict[str, str]:
    """Return what the fields start with: an earlier lot, moved to today, or plain defaults."""
    values = {
        "grade": Grade.CLASS_I.value,
        "ready_from": today.isoformat(),
        "ready_until": (today + USUAL_WINDOW).isoformat(),
    }
    if repeated is None:
        units = offered.crops[0].units if offered.crops else (_KILOGRAM,)
        return values | {"unit": units[0].code, "price_unit": units[0].code}
    window = repeated.ready_until_on - repeated.ready_from_on
    unit = Unit(repeated.unit_code, repeated.unit_grams)
    return values | {
        "crop": str(repeated.crop_id),
        "grade": repeated.grade.value,
        "unit": unit.code,
        "quantity": f"{repeated.quantity_g / unit.grams:g}",
        "price_unit": "kg",
        "price": plain_money(repeated.ask_minor),
        "ready_until": (today + min(window, LONGEST_WINDOW)).isoformat(),
        "note": repeated.note,
    }


def read_offer(form: Form, offered: Choices, *, farmer: Farmer, currency: str) -> Offer:
    """Read a listing; a wrong field is noted in the form with its message."""
    for name, missing in (("quantity", QuantityMissing), ("price", PriceMissing)):
        if not form.typed(name).strip():
            form.refuse(missing(field=name))
    crop = _crop(form, offered)
    unit = _unit(form, "unit", crop)
    quantity_g = form.quantity_g("quantity", unit_g=unit.grams, maximum_g=MOST_PER_LOT_G)
    grade = form.choice("grade", Grade)
    price_unit = _unit(form, "price_unit", crop)
    price_minor = form.money_minor("price", currency=currency)
    first, last = form.date("ready_from"), form.date("ready_until")
    return Offer(
        farmer_id=farmer.person_id,
        village_id=farmer.village_id,
        crop_id=crop.id if crop else 0,
        grade=grade,
        quantity_g=quantity_g,
        unit_code=unit.code,
        unit_grams=unit.grams,
        ask_minor=_per_kg(price_minor, price_unit.grams),
        ready_from_on=first,
        ready_until_on=last,
        is_uncertain=form.ticked("uncertain"),
        note=form.text("note", maximum=LONGEST_NOTE, required=False),
    )


def _crop(form: Form, offered: Choices) -> CropChoice | None:
    by_id = {str(crop.id): crop for crop in offered.crops}
    typed = form.typed("crop").strip()
    if typed in by_id:
        return by_id[typed]
    form.refuse(CropNotTraded(field="crop") if typed else CropMissing(field="crop"))
    return None


def _unit(form: Form, name: str, crop: CropChoice | None) -> Unit:
    if crop is None:
        return _KILOGRAM
    units = {unit.code: unit for unit in crop.units}
    # A price per kg is understood for every crop.
    known = units if name == "unit" else {"kg": _KILOGRAM} | units
    typed = form.typed(name, crop.units[0].code)
    if typed not in known:
        form.refuse(UnitNotUsed(field=name, units=", ".join(unit_name(code) for code in known)))
        return crop.units[0]
    return known[typed]


def _per_kg(price_minor: int, unit_g: int) -> int:
    """Return a price per unit as the price per kg, half up."""
    return (2 * price_minor * 1000 + unit_g) // (2 * unit_g)
