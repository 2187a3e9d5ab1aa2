"""Settle where a village, hub or pickup point is, and list those that wait for a pin."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.geo import Position
from app.models import Hub, PickupPoint, PlacePrecision, Village
from app.places.place import Place, pinned

Positioned = Village | Hub | PickupPoint


def settle(session: Session, *, row: Positioned, place: Place) -> None:
    """Give a row the position of a place, with its source and precision; names stay."""
    row.lat = place.position.lat if place.position else None
    row.lon = place.position.lon if place.position else None
    row.place_source = place.source[:40]
    row.place_precision = place.precision
    session.flush()


def pin(session: Session, *, row: Positioned, position: Position) -> None:
    """Put a row where the manager pinned it on the map."""
    settle(session, row=row, place=pinned(row.name, position, local_name=row.local_name))


def position_of(row: Positioned) -> Position | None:
    """Return where a row is, or ``None`` while it waits for a pin."""
    if row.lat is None or row.lon is None:
        return None
    return Position(row.lat, row.lon)


def villages_without_pin(session: Session, *, cooperative_id: int) -> list[Village]:
    """Return the cooperative's villages of unknown position, the first added first."""
    waiting = (
        select(Village)
        .where(
            Village.cooperative_id == cooperative_id,
            Village.place_precision == PlacePrecision.UNKNOWN,
            Village.retired_at.is_(None),
        )
        .order_by(Village.id)
    )
    return list(session.scalars(waiting))
