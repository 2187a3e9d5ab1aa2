"""What farmers offer and buyers order in a rehearsal, drawn by a seed.

Sizes and limits are assumptions: lots are lognormal around 90 kg, orders around 35 kg,
asks within a sixth of the crop's price, limits from a little under to far over it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from app.cli.demo.founding import Founded
from app.models import Grade, PaymentMethod
from farmers.services.harvests import Offer

_UNITS = (("kg", 1000), ("jin", 500), ("crate", 20_000))
_GRADES = (Grade.EXTRA, Grade.CLASS_I, Grade.CLASS_I, Grade.CLASS_II)
_METHODS = (PaymentMethod.CASH, PaymentMethod.CASH, PaymentMethod.ACCOUNT, PaymentMethod.TRANSFER)
# Freight and fees that a buyer has in mind on top of the farm gate.
_ON_TOP_MINOR = 170


@dataclass(frozen=True)
class Wish:
    """What a buyer wants: a crop at most at a limit, or part of whatever lot is seen."""

    buyer_id: int
    pickup_point_id: int
    crop_id: int
    quantity_g: int
    limit_minor: int
    least_grade: Grade
    method: PaymentMethod
    is_direct: bool


def offers(founded: Founded, *, on: date, seed: int) -> Iterator[Offer]:
    """Yield one offer for each farmer, ready for a market's date."""
    dice = random.Random(seed)
    crops = sorted(founded.crops)
    for farmer_id, village_id in founded.farmers:
        crop_id = dice.choice(crops)
        unit_code, unit_grams = dice.choice(_UNITS)
        count = max(1, round(dice.lognormvariate(0, 0.5) * 90_000 / unit_grams))
        price = founded.crops[crop_id]
        yield Offer(
            farmer_id=farmer_id,
            village_id=village_id,
            crop_id=crop_id,
            grade=dice.choice(_GRADES),
            quantity_g=count * unit_grams,
            unit_code=unit_code,
            unit_grams=unit_grams,
            ask_minor=price * dice.randint(84, 116) // 100,
            ready_from_on=on - timedelta(days=1),
            ready_until_on=on + timedelta(days=5),
        )


def wishes(founded: Founded, *, orders: int, seed: int) -> Iterator[Wish]:
    """Yield what buyers want, one order line after the other."""
    dice = random.Random(seed + 1)
    crops = sorted(founded.crops)
    for _ in range(orders):
        buyer_id, point_id = dice.choice(founded.buyers)
        crop_id = dice.choice(crops)
        price = founded.crops[crop_id] * dice.randint(92, 140) // 100
        yield Wish(
            buyer_id=buyer_id,
            pickup_point_id=point_id,
            crop_id=crop_id,
            quantity_g=max(1, round(dice.lognormvariate(0, 0.6) * 70)) * 500,
            limit_minor=price + _ON_TOP_MINOR,
            least_grade=dice.choice((Grade.CLASS_I, Grade.CLASS_II)),
            method=dice.choice(_METHODS),
            is_direct=dice.random() < 0.2,
        )
