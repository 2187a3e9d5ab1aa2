"""A lot as pages show it: its state in a farmer's eyes, its sales, weight and photo."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from app.ledger.settlement import NOTHING, Earning
from app.models import Lot, MarketDay, MarketDayState, PhotoState, WeighingOutcome
from farmers.services.confirming import BEFORE_ROUTES


class LotState(StrEnum):
    """Where a lot stands, in a farmer's eyes."""

    PARKED = "parked"
    OFFERED = "offered"
    MATCHING = "matching"
    SOLD = "sold"
    UNSOLD = "unsold"
    WEIGHED = "weighed"
    OWED = "owed"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Sale:
    """What one pickup point took of a lot, with the buyer's price in its parts per kg."""

    city: str
    pickup_point: str
    quantity_g: int
    accepted_g: int | None
    buyer_price_minor: int
    farmer_price_minor: int
    freight_minor: int
    fee_minor: int
    promised: Earning
    earned: Earning


@dataclass(frozen=True)
class Weight:
    """What the village's scale showed, and how the lot stood there."""

    net_g: int
    tare_g: int
    outcome: WeighingOutcome
    reason: str
    at: datetime


@dataclass(frozen=True)
class PhotoView:
    """A lot's newest photo."""

    photo_id: int
    state: PhotoState
    reason: str | None


@dataclass(frozen=True)
class LotView:
    """One lot with everything that became of it."""

    lot: Lot
    farmer: str
    village: str
    crop_code: str
    crop_names: dict[str, str]
    emoji: str | None
    day: MarketDay | None
    rolled_from_on: date | None
    available_g: int
    sales: tuple[Sale, ...]
    weight: Weight | None
    reason: tuple[str, dict[str, Any]] | None
    photo: PhotoView | None

    @property
    def sold_g(self) -> int:
        """What buyers were given of it."""
        return sum(sale.quantity_g for sale in self.sales)

    @property
    def accepted_g(self) -> int | None:
        """What the village's scale accepted, or None before it spoke."""
        weighed = [sale.accepted_g for sale in self.sales if sale.accepted_g is not None]
        return sum(weighed) if weighed else None

    @property
    def promised(self) -> Earning:
        """What the sold quantity would earn."""
        return sum((sale.promised for sale in self.sales), NOTHING)

    @property
    def earned(self) -> Earning:
        """What the accepted weight earns."""
        return sum((sale.earned for sale in self.sales), NOTHING)

    @property
    def can_withdraw(self) -> bool:
        """Whether it may still be taken off the market."""
        return self.state in (LotState.PARKED, LotState.OFFERED) and not self.sales

    def can_decline(self, at: datetime) -> bool:
        """Whether the farmer may still say that an uncertain harvest does not come."""
        return (
            self.lot.is_uncertain
            and self.day is not None
            and self.lot.withdrawn_at is None
            and self.day.state in BEFORE_ROUTES
            and at < self.day.confirm_by_at
        )

    def can_look_ahead(self, at: datetime) -> bool:
        """Whether a preview of the matching says something, and a change may still be made."""
        return (
            self.day is not None
            and self.lot.withdrawn_at is None
            and self.day.state is MarketDayState.OPEN
            and at < self.day.farmers_cutoff_at
        )

    @property
    def state(self) -> LotState:
        """Where it stands."""
        if self.lot.withdrawn_at is not None:
            return LotState.WITHDRAWN
        if self.day is None:
            return LotState.PARKED
        if self.day.state is MarketDayState.CANCELLED:
            return LotState.CANCELLED
        if self.day.state is MarketDayState.SETTLED and self.earned.net_minor:
            return LotState.OWED
        if self.weight is not None:
            return LotState.WEIGHED
        if self.day.state is MarketDayState.CLOSED:
            return LotState.MATCHING
        if self.sales:
            return LotState.SOLD
        return LotState.OFFERED if self.day.state is MarketDayState.OPEN else LotState.UNSOLD
