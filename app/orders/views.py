"""What a page shows of an order: its heading, its lines and where they came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from app.models import Grade, LineKind, LineState, MarketDayState, PaymentMethod


@dataclass(frozen=True)
class Heading:
    """An order without its lines."""

    order_id: int
    code: str
    buyer_id: int
    payment_method: PaymentMethod
    opened_at: datetime
    cancelled_at: datetime | None
    pickup_point_id: int
    pickup_point: str
    pickup_address: str | None
    market_day_id: int
    day_on: date
    day_state: MarketDayState
    buyers_cutoff_at: datetime
    confirm_by_at: datetime
    postponed_from_on: date | None
    pickup_at: datetime


@dataclass(frozen=True)
class Source:
    """What a line was given of one lot, with the price in its parts."""

    lot_id: int
    village: str
    village_local: str | None
    grade: Grade
    quantity_g: int
    accepted_g: int | None
    buyer_price_minor: int
    farmer_price_minor: int
    freight_minor: int
    fee_minor: int


@dataclass(frozen=True)
class Reason:
    """Why the clearing decided as it did; ``app.matching.sentences`` has the words.

    ``village``: the name of the village that the figures name by its id, if any.
    """

    code: str
    figures: Mapping[str, int]
    village: str = ""
    village_local: str | None = None


@dataclass(frozen=True)
class Line:
    """One line with its quantities; ``estimate_minor`` is what it is expected to cost."""

    order_line_id: int
    kind: LineKind
    state: LineState
    crop_id: int
    crop_names: Mapping[str, str]
    least_grade: Grade
    unit_code: str
    unit_grams: int
    ordered_g: int
    ceiling_g: int
    allocated_g: int
    expected_g: int
    received_g: int | None
    billed_g: int | None
    billed_minor: int | None
    limit_minor: int
    estimate_minor: int
    most_minor: int
    first_on: date
    last_on: date
    is_all_or_nothing: bool
    least_fill_g: int
    can_cancel: bool
    sources: tuple[Source, ...]
    reason: Reason | None


@dataclass(frozen=True)
class Detail:
    """An order with its lines."""

    heading: Heading
    lines: tuple[Line, ...]

    @property
    def estimate_minor(self) -> int:
        """Return what the order is expected to cost, or did."""
        return sum(line.estimate_minor for line in self.lines)

    @property
    def can_cancel(self) -> bool:
        """Return whether every live line may still be cancelled."""
        live = [line for line in self.lines if line.state is not LineState.CANCELLED]
        return bool(live) and all(line.can_cancel for line in live)


@dataclass(frozen=True)
class OrdersPage:
    """A page of orders, and the order before which the next page ends."""

    orders: tuple[Detail, ...]
    next_before: int | None
