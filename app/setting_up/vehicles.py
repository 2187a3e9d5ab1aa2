"""Vehicles: what they carry, what they cost, when they work, who drives them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.errors import NotFound
from app.models import Hub, Person, Role, RoleKind, Vehicle
from app.setting_up import own


@dataclass(frozen=True)
class VehicleDraft:
    """What a manager writes down of a vehicle; minutes are of the local day."""

    name: str
    hub_id: int
    capacity_g: int
    plate: str | None = None
    driver_id: int | None = None
    crates: int = 0
    cold_crates: int = 0
    cost_per_km_minor: int = 0
    cost_per_hour_minor: int = 0
    starts_minute: int = 300
    ends_minute: int = 1080


def create(session: Session, *, cooperative_id: int, draft: VehicleDraft) -> Vehicle:
    """Add a vehicle.

    :raises NameTaken: if another vehicle has the name.
    :raises HoursReversed: if its shift ends before it starts.
    :raises NotFound: if the hub or driver is not of this cooperative.
    """
    vehicle = Vehicle(cooperative_id=cooperative_id)
    _write(session, vehicle, draft)
    session.add(vehicle)
    session.flush()
    return vehicle


def change(
    session: Session, *, vehicle_id: int, cooperative_id: int, draft: VehicleDraft
) -> Vehicle:
    """Replace what is written of a vehicle; plans that were made keep their runs.

    :raises NotFound: if the vehicle, hub or driver is not of this cooperative.
    :raises NameTaken: if another vehicle has the name.
    """
    vehicle = own.row(session, Vehicle, vehicle_id, cooperative_id=cooperative_id)
    _write(session, vehicle, draft)
    session.flush()
    return vehicle


def retire(session: Session, *, vehicle_id: int, cooperative_id: int, at: datetime) -> None:
    """Take a vehicle out of use; no new plan will have it.

    :raises NotFound: if the cooperative has no such vehicle.
    """
    vehicle = own.row(session, Vehicle, vehicle_id, cooperative_id=cooperative_id)
    vehicle.retired_at = vehicle.retired_at or at
    session.flush()


def restore(session: Session, *, vehicle_id: int, cooperative_id: int) -> None:
    """Take a vehicle into use again.

    :raises NotFound: if the cooperative has no such vehicle.
    """
    own.row(session, Vehicle, vehicle_id, cooperative_id=cooperative_id).retired_at = None
    session.flush()


def drivers(session: Session, *, cooperative_id: int) -> list[Person]:
    """Return the cooperative's drivers by name."""
    driving = select(Role.person_id).where(
        Role.cooperative_id == cooperative_id,
        Role.kind == RoleKind.DRIVER,
        Role.ended_at.is_(None),
    )
    return list(
        session.scalars(
            select(Person).where(Person.id.in_(driving)).order_by(Person.name, Person.id)
        )
    )


def _write(session: Session, vehicle: Vehicle, draft: VehicleDraft) -> None:
    home_id = vehicle.cooperative_id
    own.check_hours(draft.starts_minute, draft.ends_minute, field="ends")
    own.row(session, Hub, draft.hub_id, cooperative_id=home_id)
    own.check_name(session, Vehicle, cooperative_id=home_id, name=draft.name, except_id=vehicle.id)
    if draft.driver_id is not None and draft.driver_id != vehicle.driver_id:
        offered = {driver.id for driver in drivers(session, cooperative_id=home_id)}
        if draft.driver_id not in offered:
            raise NotFound(field="driver")
    vehicle.name = draft.name
    vehicle.hub_id = draft.hub_id
    vehicle.capacity_g = draft.capacity_g
    vehicle.plate = draft.plate
    vehicle.driver_id = draft.driver_id
    vehicle.crates = draft.crates
    vehicle.cold_crates = draft.cold_crates
    vehicle.cost_per_km_minor = draft.cost_per_km_minor
    vehicle.cost_per_hour_minor = draft.cost_per_hour_minor
    vehicle.starts_minute = draft.starts_minute
    vehicle.ends_minute = draft.ends_minute
