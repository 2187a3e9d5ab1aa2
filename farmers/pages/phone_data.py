"""What the listing form's script knows: units, guides and words, as small as it goes."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median_low

from babel.numbers import get_currency_precision
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from app.web.formatting import plain_money
from app.web.session import current_cooperative
from app.web.words import called_name, unit_name
from farmers.pages.words import currency_sign
from farmers.services.assisting import Farmer
from farmers.services.choices import Choices, Unit


def phone_data(offered: Choices, farmer: Farmer, *, person_id: int) -> dict[str, object]:
    """Return the data that stands in the page for its script."""
    currency = current_cooperative().currency
    codes = dict.fromkeys(unit.code for crop in offered.crops for unit in crop.units)
    last = offered.last
    # Most crops are counted alike, so each set of units stands in the page once.
    sets = list(dict.fromkeys(crop.units for crop in offered.crops))
    return {
        "person": person_id,
        "farmer": farmer.person_id,
        "sets": [_grams(units, codes) for units in sets],
        "crops": {crop.id: sets.index(crop.units) for crop in offered.crops},
        "guides": {
            crop.id: {
                grade.value: [guide.price_minor, called_name(guide.village)]
                for grade, guide in crop.guides.items()
            }
            for crop in offered.crops
            if crop.guides
        },
        "units": {code: unit_name(code) for code in codes},
        "places": get_currency_precision(currency),
        "sign": currency_sign(currency),
        "last": last
        and {
            "crop": str(last.crop_id),
            "grade": last.grade.value,
            "unit": last.unit_code,
            "quantity": f"{last.quantity_g / last.unit_grams:g}",
            "price": plain_money(last.ask_minor),
            "price_unit": "kg",
            "days": (last.ready_until_on - last.ready_from_on).days,
        },
    }


def _grams(units: tuple[Unit, ...], codes: Iterable[str]) -> list[int]:
    known = {unit.code: unit.grams for unit in units}
    return [known.get(code, 0) for code in codes]


def price_step(offered: Choices, currency: str) -> str:
    """Return what one tap on the price adds: about a tenth to a hundredth of a usual price."""
    known = [guide.price_minor for crop in offered.crops for guide in crop.guides.values()]
    if offered.last is not None:
        known.append(offered.last.ask_minor)
    places = get_currency_precision(currency)
    usual = median_low(known) if known else 2 * 10**places
    return plain_money(10 ** (len(str(usual)) - 2 if usual > 9 else 0), currency)


def small_json(data: object) -> Markup:
    """Return data as JSON without a blank in it, safe inside of a script element."""
    return htmlsafe_json_dumps(data, separators=(",", ":"), ensure_ascii=False)
