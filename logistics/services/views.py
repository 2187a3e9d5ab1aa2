"""What pages show of plans, runs and stops; built by the reading services, never by a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app.kernel.geo import Position
from app.models import Grade, WeighingOutcome


@dataclass(frozen=True)
class LotView:
    """One lot at a stop: who brings what, and what the scale showed, in grams."""

    lot_id: int
    farmer_id: int
    farmer: str
    phone: str | None
    crop_names: Mapping[str, str]
    emoji: str | None
    grade: Grade
    unit_code: str
    unit_grams: int
    quantity_g: int
    offered_g: int
    weighed_g: int | None
    is_offered_again: bool
    outcome: WeighingOutcome | None
    reason: str

    @property
    def over_g(self) -> int:
        """Return what was brought above the planned quantity."""
        return max(0, (self.weighed_g or 0) - self.quantity_g)

    @property
    def surplus_g(self) -> int:
        """Return what was brought above all that the farmer had offered."""
        return max(0, (self.weighed_g or 0) - self.offered_g)


@dataclass(frozen=True)
class StopView:
    """One village on a run, with its lots in the order of the farmers' names."""

    stop_id: int
    run_id: int
    position: int
    village_id: int
    village: str
    local_name: str | None
    gathering_point: str | None
    where: Position | None
    arrives_at: datetime
    departs_at: datetime
    load_g: int
    distance_m: int
    done_at: datetime | None
    takes_over_run_id: int | None
    is_postponed: bool
    lots: tuple[LotView, ...]

    @property
    def weighed_g(self) -> int:
        """Return the grams that were loaded here so far."""
        return sum(lot.weighed_g or 0 for lot in self.lots)


@dataclass(frozen=True)
class RunView:
    """One truck's tour with its figures and stops in order."""

    run_id: int
    plan_id: int
    market_day_id: int
    on: date
    hub: str
    hub_where: Position | None
    vehicle_id: int
    vehicle: str
    plate: str | None
    capacity_g: int
    driver_id: int | None
    driver: str | None
    driver_phone: str | None
    village_route: str | None
    starts_at: datetime
    ends_at: datetime
    distance_m: int
    duration_s: int
    load_g: int
    cost_minor: int
    started_at: datetime | None
    finished_at: datetime | None
    broken_at: datetime | None
    driven_m: int | None
    stops: tuple[StopView, ...]

    @property
    def load_percent(self) -> int:
        """Return the load as percent of what the truck carries, rounded down."""
        return 100 * self.load_g // self.capacity_g

    @property
    def cost_per_kg_minor(self) -> int:
        """Return what carrying a kilogram costs on this run, rounded half up."""
        return (2000 * self.cost_minor + self.load_g) // (2 * self.load_g) if self.load_g else 0


@dataclass(frozen=True)
class UnplannedView:
    """A village that no run visits: a reason code with figures, worded by the page."""

    village_id: int
    village: str
    local_name: str | None
    where: Position | None
    quantity_g: int
    code: str
    figures: Mapping[str, Any]


@dataclass(frozen=True)
class TripView:
    """A line-haul departure that carries goods of the day."""

    carrier: str
    hub: str
    departs_at: datetime
    arrives_at: datetime
    load_g: int
    capacity_g: int
    cost_minor: int
    is_late: bool


@dataclass(frozen=True)
class OverView:
    """Goods for a city hub that no departure carries."""

    hub: str
    quantity_g: int
    code: str


@dataclass(frozen=True)
class PlanView:
    """A plan with everything its page shows.

    ``is_stale``: what is to be collected has changed since it was made.
    """

    plan_id: int
    market_day_id: int
    on: date
    hub_id: int
    hub: str
    hub_where: Position | None
    planned_at: datetime
    published_at: datetime | None
    replaced_at: datetime | None
    is_estimate: bool
    source: str
    is_stale: bool
    is_driven: bool
    runs: tuple[RunView, ...]
    unplanned: tuple[UnplannedView, ...]
    trips: tuple[TripView, ...]
    over: tuple[OverView, ...]

    @property
    def distance_m(self) -> int:
        """Return the metres of all runs."""
        return sum(run.distance_m for run in self.runs)

    @property
    def load_g(self) -> int:
        """Return the grams on all runs."""
        return sum(run.load_g for run in self.runs)

    @property
    def cost_minor(self) -> int:
        """Return what all runs cost."""
        return sum(run.cost_minor for run in self.runs)

    @property
    def unplanned_g(self) -> int:
        """Return the grams that no run collects."""
        return sum(village.quantity_g for village in self.unplanned)


@dataclass(frozen=True)
class HubLot:
    """One lot as the hub expects it and finds it, in grams."""

    lot_id: int
    farmer: str
    village: str
    vehicle: str
    crop_names: Mapping[str, str]
    grade: Grade
    planned_g: int
    village_g: int | None
    hub_g: int | None
    reason: str
    is_beyond: bool

    @property
    def expected_g(self) -> int:
        """Return what should be on the scale: the village's weight, else the planned one."""
        return self.planned_g if self.village_g is None else self.village_g
