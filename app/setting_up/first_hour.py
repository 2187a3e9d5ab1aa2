"""What a new cooperative still lacks before its first market day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.kernel.clock import local
from app.models import (
    Base,
    CalendarRule,
    Cooperative,
    Crop,
    Fee,
    Hub,
    LineHaul,
    PickupPoint,
    PlacePrecision,
    Role,
    RoleKind,
    Vehicle,
    Village,
)
from app.setting_up.prices import missing_tariffs


@dataclass(frozen=True)
class Progress:
    """How much of everything a cooperative has; numbers of rows in use."""

    villages: int
    villages_without_pin: int
    hubs: int
    hubs_without_pin: int
    has_both_sides: bool
    line_hauls: int
    vehicles: int
    vehicles_without_driver: int
    points: int
    points_without_pin: int
    crops: int
    weekdays: int
    fees: int
    tariffs_missing: int
    people: Mapping[RoleKind, int]

    @property
    def needs_line_haul(self) -> bool:
        """Return whether goods have to get from a rural hub to a city hub with no leg."""
        return self.hubs > 1 and self.line_hauls == 0


def progress(session: Session, *, cooperative_id: int, at: datetime) -> Progress:
    """Return how far a cooperative's set-up is."""
    home = session.get_one(Cooperative, cooperative_id)
    here = _Counting(session, cooperative_id)
    villages = [Village.retired_at.is_(None)]
    points = [PickupPoint.retired_at.is_(None)]
    vehicles = [Vehicle.retired_at.is_(None)]
    unknown = PlacePrecision.UNKNOWN
    kinds = {
        hub.kind for hub in session.scalars(select(Hub).where(Hub.cooperative_id == cooperative_id))
    }
    return Progress(
        villages=here.count(Village, *villages),
        villages_without_pin=here.count(Village, *villages, Village.place_precision == unknown),
        hubs=here.count(Hub),
        hubs_without_pin=here.count(Hub, Hub.place_precision == unknown),
        has_both_sides="both" in kinds or {"rural", "city"} <= kinds,
        line_hauls=here.count(LineHaul, LineHaul.retired_at.is_(None)),
        vehicles=here.count(Vehicle, *vehicles),
        vehicles_without_driver=here.count(Vehicle, *vehicles, Vehicle.driver_id.is_(None)),
        points=here.count(PickupPoint, *points),
        points_without_pin=here.count(PickupPoint, *points, PickupPoint.place_precision == unknown),
        crops=here.count(Crop, Crop.is_traded.is_(True)),
        weekdays=here.count(CalendarRule),
        fees=here.count(Fee, *_in_force(local(at, home.time_zone).date())),
        tariffs_missing=missing_tariffs(session, cooperative_id=cooperative_id, at=at),
        people=_people(session, cooperative_id),
    )


class _Counting:
    """Counts a cooperative's rows."""

    def __init__(self, session: Session, cooperative_id: int) -> None:
        self._session = session
        self._cooperative_id = cooperative_id

    def count(self, table: type[Base], *conditions: ColumnElement[bool]) -> int:
        """Return how many rows meet the conditions."""
        owner = table.__table__.c.cooperative_id
        wanted = select(func.count()).select_from(table).where(owner == self._cooperative_id)
        return self._session.scalar(wanted.where(*conditions)) or 0


def _in_force(today: date) -> tuple[ColumnElement[bool], ...]:
    return ((Fee.ends_on.is_(None)) | (Fee.ends_on >= today),)


def _people(session: Session, cooperative_id: int) -> dict[RoleKind, int]:
    rows = session.execute(
        select(Role.kind, func.count(Role.person_id.distinct()))
        .where(Role.cooperative_id == cooperative_id, Role.ended_at.is_(None))
        .group_by(Role.kind)
    )
    found = {kind: int(number) for kind, number in rows}
    return {kind: found.get(kind, 0) for kind in RoleKind}
