"""The price of a lot at a pickup point, and what several prices make of one line.

Every price is in minor units per kg. The parts are kept apart on each allocation: what
the buyer pays is exactly the farmer's net, the freight and the fee together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ScalarSelect, select
from sqlalchemy.orm import Session

from app.freight import fee_per_kg, tariff
from app.kernel.errors import NotFound
from app.kernel.money import GRAMS_PER_KG
from app.models import Allocation, Cooperative, Lot, MarketDay, VillagePrice

_WHOLE_BP = 10_000


@dataclass(frozen=True)
class PriceParts:
    """A price per kg in its parts, in minor units."""

    farmer_minor: int
    freight_minor: int
    fee_minor: int

    @property
    def buyer_minor(self) -> int:
        """Return what the buyer pays per kg: all parts together."""
        return self.farmer_minor + self.freight_minor + self.fee_minor


def farm_gate_minor(
    *, ask_minor: int, village_price_minor: int | None, direct_margin_bp: int
) -> int:
    """Return what the farmer of a direct order nets per kg.

    It is the higher of the ask and the last village price plus the margin (basis
    points, half up), so that ordering directly never undercuts the clearing.
    """
    if village_price_minor is None:
        return ask_minor
    raised = village_price_minor * (_WHOLE_BP + direct_margin_bp)
    return max(ask_minor, (2 * raised + _WHOLE_BP) // (2 * _WHOLE_BP))


def last_village_price() -> ScalarSelect[int]:
    """Return a subquery: the newest village price of the crop and grade of a selected lot."""
    return (
        select(VillagePrice.price_minor)
        .where(
            VillagePrice.crop_id == Lot.crop_id,
            VillagePrice.village_id == Lot.village_id,
            VillagePrice.grade == Lot.grade,
        )
        .order_by(VillagePrice.on.desc(), VillagePrice.id.desc())
        .limit(1)
        .correlate(Lot)
        .scalar_subquery()
    )


def direct_price(
    session: Session, *, lot_id: int, pickup_point_id: int, at: datetime
) -> PriceParts:
    """Return what a lot costs directly at a pickup point.

    :raises NotFound: if there is no such lot, or it is on no market day.
    :raises NoTariff: if no transport price from its village is published.
    """
    row = session.execute(
        select(
            Lot.cooperative_id,
            Lot.village_id,
            Lot.ask_minor,
            MarketDay.on,
            Cooperative.direct_margin_bp,
            last_village_price().label("village_price_minor"),
        )
        .join(MarketDay, MarketDay.id == Lot.market_day_id)
        .join(Cooperative, Cooperative.id == Lot.cooperative_id)
        .where(Lot.id == lot_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    return PriceParts(
        farmer_minor=farm_gate_minor(
            ask_minor=row.ask_minor,
            village_price_minor=row.village_price_minor,
            direct_margin_bp=row.direct_margin_bp,
        ),
        freight_minor=tariff(
            session, village_id=row.village_id, pickup_point_id=pickup_point_id, at=at
        ),
        fee_minor=fee_per_kg(session, cooperative_id=row.cooperative_id, on=row.on),
    )


def ceiling_g(quantity_g: int, ceiling_bp: int) -> int:
    """Return the most that may be billed for a quantity, in grams (rounded down)."""
    return quantity_g * (_WHOLE_BP + ceiling_bp) // _WHOLE_BP


def blended_amount_minor(billed_g: int, parts: Sequence[tuple[int, int]]) -> int:
    """Return what a weight costs at the mean price of its parts, rounded half up once.

    :param parts: (grams, price per kg) of each allocation the line was served from.
    :raises ValueError: if the parts weigh nothing.
    """
    whole_g = sum(quantity_g for quantity_g, _ in parts)
    if whole_g <= 0:
        raise ValueError("a blended price needs a positive weight")
    value = billed_g * sum(quantity_g * price_minor for quantity_g, price_minor in parts)
    divisor = GRAMS_PER_KG * whole_g
    return (2 * value + divisor) // (2 * divisor)


def served_from(session: Session, order_line_id: int) -> list[tuple[int, int]]:
    """Return grams and price of what the line was served from, by the village's scale."""
    rows = session.execute(
        select(Allocation.quantity_g, Allocation.accepted_g, Allocation.buyer_price_minor)
        .where(Allocation.order_line_id == order_line_id, Allocation.released_at.is_(None))
        .order_by(Allocation.id)
    ).all()
    weighed = [
        (row.quantity_g if row.accepted_g is None else row.accepted_g, row.buyer_price_minor)
        for row in rows
    ]
    if any(quantity_g for quantity_g, _ in weighed):
        return weighed
    # The scales accepted nothing and yet something came: the promise sets the price.
    return [(row.quantity_g, row.buyer_price_minor) for row in rows]
