"""Group what was allocated on a market day by village: one batch is one stop."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.freight.services import rural_hub
from app.kernel.errors import N_, Refusal
from app.kernel.geo import Position
from app.models import Allocation, Hub, Lot, MarketDay, PickupPoint, Village, VillagePostponement
from logistics.services.readings import total_g


class NoRuralHub(Refusal):
    """The cooperative has nowhere to take harvests to."""

    code = "no_rural_hub"
    message = N_("There is no hub that takes in harvests. Add one under Hubs.")


@dataclass(frozen=True)
class BatchLot:
    """What of one lot is to be loaded."""

    lot_id: int
    farmer_id: int
    quantity_g: int


@dataclass(frozen=True)
class Batch:
    """All allocated lots of one village on one day; ``position`` is None until pinned."""

    village_id: int
    hub_id: int
    position: Position | None
    opens_minute: int
    closes_minute: int
    lots: tuple[BatchLot, ...]

    @property
    def quantity_g(self) -> int:
        """Return the grams to load in this village."""
        return sum(lot.quantity_g for lot in self.lots)


def batches(session: Session, *, market_day_id: int, hub_id: int | None = None) -> list[Batch]:
    """Return the batches of a market day, of one hub or of all, by village id.

    Released allocations and villages postponed on this day are left out. A village
    without a hub of its own goes to the nearest one.

    :raises NoRuralHub: if there is something to collect and no hub for it.
    """
    rows = session.execute(_allocated_by_lot(market_day_id)).all()
    lots: dict[int, list[BatchLot]] = {}
    for village_id, lot_id, farmer_id, quantity_g in rows:
        lots.setdefault(village_id, []).append(BatchLot(lot_id, farmer_id, quantity_g))
    if not lots:
        return []
    villages = session.scalars(
        select(Village).where(Village.id.in_(lots)).order_by(Village.id)
    ).all()
    hubs = _hubs(session, market_day_id)
    made = [_batch(village, hubs, tuple(lots[village.id])) for village in villages]
    return [batch for batch in made if hub_id in (None, batch.hub_id)]


def hubs_to_plan(session: Session, *, market_day_id: int) -> list[int]:
    """Return the ids of the hubs that something is to be collected for, in order.

    :raises NoRuralHub: if there is something to collect and no hub for it.
    """
    return sorted({batch.hub_id for batch in batches(session, market_day_id=market_day_id)})


def position_of(place: Village | Hub | PickupPoint) -> Position | None:
    """Return where a place is, or None while nobody has pinned it."""
    if place.lat is None or place.lon is None:
        return None
    return Position(place.lat, place.lon)


def _allocated_by_lot(market_day_id: int) -> Select[int, int, int, int]:
    postponed = select(VillagePostponement.village_id).where(
        VillagePostponement.market_day_id == market_day_id
    )
    return (
        select(Lot.village_id, Lot.id, Lot.farmer_id, total_g(Allocation.quantity_g))
        .join(Lot, Lot.id == Allocation.lot_id)
        .where(
            Allocation.market_day_id == market_day_id,
            Allocation.released_at.is_(None),
            Lot.village_id.not_in(postponed),
        )
        .group_by(Lot.village_id, Lot.id, Lot.farmer_id)
        .order_by(Lot.village_id, Lot.id)
    )


def _hubs(session: Session, market_day_id: int) -> dict[int, Hub]:
    day = session.get_one(MarketDay, market_day_id)
    hubs = session.scalars(
        select(Hub).where(Hub.cooperative_id == day.cooperative_id).order_by(Hub.id)
    )
    return {hub.id: hub for hub in hubs}


def _batch(village: Village, hubs: dict[int, Hub], lots: tuple[BatchLot, ...]) -> Batch:
    hub = rural_hub(hubs, village)
    if hub is None:
        raise NoRuralHub
    return Batch(
        village_id=village.id,
        hub_id=hub.id,
        position=position_of(village),
        opens_minute=village.opens_minute,
        closes_minute=village.closes_minute,
        lots=lots,
    )
