"""Every lot's weights of a market day side by side: allocated, village, hub, pickup."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Allocation, Weighing, WeighingPlace
from logistics.services.readings import current, total_g


@dataclass(frozen=True)
class LotWeights:
    """One lot's weights in grams; None where that scale has not seen it.

    ``allocated_g + over_g = received_g + short_g`` holds for each lot, and so for every
    sum of lots. What no village scale has seen counts as short.
    """

    lot_id: int
    allocated_g: int
    village_g: int | None
    hub_g: int | None
    picked_g: int | None

    @property
    def received_g(self) -> int:
        """Return the grams that the village's scale saw."""
        return self.village_g or 0

    @property
    def over_g(self) -> int:
        """Return the grams above the allocated quantity."""
        return max(0, self.received_g - self.allocated_g)

    @property
    def short_g(self) -> int:
        """Return the grams missing from the allocated quantity."""
        return max(0, self.allocated_g - self.received_g)

    @property
    def shrinkage_g(self) -> int | None:
        """Return the grams lost from the village to the hub, where both have weighed."""
        if self.village_g is None or self.hub_g is None:
            return None
        return self.village_g - self.hub_g


def weights(session: Session, *, market_day_id: int) -> list[LotWeights]:
    """Return the weights of all lots that were allocated on a market day, by lot id."""
    allocated = session.execute(
        select(Allocation.lot_id, total_g(Allocation.quantity_g))
        .where(Allocation.market_day_id == market_day_id, Allocation.released_at.is_(None))
        .group_by(Allocation.lot_id)
        .order_by(Allocation.lot_id)
    )
    weighed = _weighed(session, market_day_id)
    return [
        LotWeights(
            lot_id=lot_id,
            allocated_g=allocated_g,
            village_g=weighed.get((lot_id, WeighingPlace.VILLAGE)),
            hub_g=weighed.get((lot_id, WeighingPlace.HUB)),
            picked_g=weighed.get((lot_id, WeighingPlace.PICKUP)),
        )
        for lot_id, allocated_g in allocated
    ]


def _weighed(session: Session, market_day_id: int) -> dict[tuple[int, WeighingPlace], int]:
    rows = session.execute(
        current(*WeighingPlace)
        .with_only_columns(Weighing.lot_id, Weighing.place, total_g(Weighing.net_g))
        .where(Weighing.market_day_id == market_day_id)
        .group_by(Weighing.lot_id, Weighing.place)
    )
    return {(lot_id, place): net_g for lot_id, place, net_g in rows}
