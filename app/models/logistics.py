"""Plans, runs, stops, and every weight that a scale showed."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, enumerated, foreign, grams, identity, minor


class PlanKind(StrEnum):
    """Villages to the rural hub, or the city hub to pickup points."""

    COLLECTION = "collection"
    DISTRIBUTION = "distribution"


class Plan(Base):
    """A checked set of runs for one hub and market day; one of them is published."""

    __tablename__ = "plan"

    id: Mapped[identity]
    cooperative_id: Mapped[int] = mapped_column(foreign("cooperative.id"))
    market_day_id: Mapped[int] = mapped_column(foreign("market_day.id"), index=True)
    hub_id: Mapped[int] = mapped_column(foreign("hub.id"))
    kind: Mapped[PlanKind] = mapped_column(enumerated(PlanKind))
    seed: Mapped[int]
    is_estimate: Mapped[bool] = mapped_column(default=True)
    figures: Mapped[dict[str, Any]] = mapped_column(default=dict)
    planned_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    replaced_at: Mapped[datetime | None]


class Run(Base):
    """One vehicle's tour on one date with one driver.

    ``driven_m`` is what the odometer showed afterwards; nobody may have written it down.
    """

    __tablename__ = "run"

    id: Mapped[identity]
    plan_id: Mapped[int] = mapped_column(foreign("plan.id"), index=True)
    vehicle_id: Mapped[int] = mapped_column(foreign("vehicle.id"))
    driver_id: Mapped[int | None] = mapped_column(foreign("person.id"), index=True)
    village_route_id: Mapped[int | None] = mapped_column(foreign("village_route.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    distance_m: Mapped[int]
    duration_s: Mapped[int]
    load_g: Mapped[grams]
    cost_minor: Mapped[minor]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    broken_at: Mapped[datetime | None]
    driven_m: Mapped[int | None]

    __table_args__ = (CheckConstraint("driven_m > 0", name="driven"),)


class Stop(Base):
    """One visit of a run: all lots of a village, or all orders of a pickup point.

    ``trip`` counts from 0; a truck empties at its hub between two trips. A stop that
    ``takes_over_run_id`` loads the cargo of another run's broken truck where it stands.
    """

    __tablename__ = "stop"

    id: Mapped[identity]
    run_id: Mapped[int] = mapped_column(foreign("run.id"))
    position: Mapped[int]
    trip: Mapped[int] = mapped_column(default=0, server_default="0")
    takes_over_run_id: Mapped[int | None] = mapped_column(foreign("run.id"))
    village_id: Mapped[int | None] = mapped_column(foreign("village.id"))
    pickup_point_id: Mapped[int | None] = mapped_column(foreign("pickup_point.id"))
    arrives_at: Mapped[datetime]
    departs_at: Mapped[datetime]
    load_g: Mapped[grams]
    distance_m: Mapped[int]
    done_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("run_id", "position"),
        CheckConstraint("(village_id IS NULL) <> (pickup_point_id IS NULL)", name="one_place"),
    )


class StopLot(Base):
    """A lot, or its part, that is to be loaded at a stop."""

    __tablename__ = "stop_lot"

    stop_id: Mapped[int] = mapped_column(foreign("stop.id"), primary_key=True)
    lot_id: Mapped[int] = mapped_column(foreign("lot.id"), primary_key=True, index=True)
    quantity_g: Mapped[grams]

    __table_args__ = (CheckConstraint("quantity_g > 0", name="quantity"),)


class UnplannedStop(Base):
    """A village (or pickup point) that no run of a plan visits, with the reason."""

    __tablename__ = "unplanned_stop"

    id: Mapped[identity]
    plan_id: Mapped[int] = mapped_column(foreign("plan.id"), index=True)
    village_id: Mapped[int | None] = mapped_column(foreign("village.id"))
    pickup_point_id: Mapped[int | None] = mapped_column(foreign("pickup_point.id"))
    quantity_g: Mapped[grams]
    code: Mapped[str] = mapped_column(String(40))
    figures: Mapped[dict[str, Any]]


class LineHaulTrip(Base):
    """One departure of a line haul on a market day, with what it carries."""

    __tablename__ = "line_haul_trip"

    id: Mapped[identity]
    market_day_id: Mapped[int] = mapped_column(foreign("market_day.id"), index=True)
    line_haul_id: Mapped[int] = mapped_column(foreign("line_haul.id"))
    departs_at: Mapped[datetime]
    arrives_at: Mapped[datetime]
    load_g: Mapped[grams]
    cost_minor: Mapped[minor]

    __table_args__ = (UniqueConstraint("market_day_id", "line_haul_id"),)


class WeighingPlace(StrEnum):
    """Whose scale it was."""

    VILLAGE = "village"
    HUB = "hub"
    PICKUP = "pickup"


class WeighingOutcome(StrEnum):
    """How a lot stood at a scale."""

    LOADED = "loaded"
    SHORT = "short"
    ABSENT = "absent"
    REFUSED = "refused"
    RECEIVED = "received"


class Weighing(Base):
    """One reading of one scale for one lot: never overwritten, only countered.

    ``counters_id`` names the earlier reading that this one stands in for.
    """

    __tablename__ = "weighing"

    id: Mapped[identity]
    cooperative_id: Mapped[int] = mapped_column(foreign("cooperative.id"))
    market_day_id: Mapped[int] = mapped_column(foreign("market_day.id"))
    lot_id: Mapped[int] = mapped_column(foreign("lot.id"))
    stop_id: Mapped[int | None] = mapped_column(foreign("stop.id"), index=True)
    place: Mapped[WeighingPlace] = mapped_column(enumerated(WeighingPlace))
    outcome: Mapped[WeighingOutcome] = mapped_column(enumerated(WeighingOutcome))
    gross_g: Mapped[int] = mapped_column(BigInteger)
    tare_g: Mapped[int] = mapped_column(BigInteger, default=0)
    net_g: Mapped[grams]
    reason: Mapped[str] = mapped_column(String(200), default="")
    counters_id: Mapped[int | None] = mapped_column(foreign("weighing.id"), unique=True)
    person_id: Mapped[int] = mapped_column(foreign("person.id"))
    key: Mapped[str] = mapped_column(String(64), unique=True)
    at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("net_g >= 0 AND tare_g >= 0 AND net_g = gross_g - tare_g", name="net"),
        Index("ix_weighing_lot", "lot_id", "place", "id"),
        Index("ix_weighing_day", "market_day_id", "place"),
    )
