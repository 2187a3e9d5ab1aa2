"""Close roads for a day: at a point of the map, or all ways to a village; and open them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.database import insert_if_new
from app.kernel.errors import N_, BadInput, NotFound
from app.kernel.geo import Position
from app.models import RoadClosure, Village


class NothingClosed(BadInput):
    """Neither a village nor a point was named, or both were."""

    code = "nothing_closed"
    message = N_("Choose a village, or write the position of the closed stretch.")


def close(
    session: Session,
    *,
    cooperative_id: int,
    on: date,
    village_id: int | None,
    position: Position | None,
    reason: str,
    person_id: int,
    key: str,
    at: datetime,
) -> int:
    """Close a road on a date and return the closure's id; a repeated key closes once.

    :raises NothingClosed: unless exactly one of village and position is given.
    :raises NotFound: if the cooperative has no such village.
    """
    if (village_id is None) == (position is None):
        raise NothingClosed(field="village")
    if village_id is not None:
        village = session.get(Village, village_id)
        if village is None or village.cooperative_id != cooperative_id:
            raise NotFound
    new_id = insert_if_new(
        session,
        RoadClosure,
        {
            "cooperative_id": cooperative_id,
            "on": on,
            "village_id": village_id,
            "lat": None if position is None else position.lat,
            "lon": None if position is None else position.lon,
            "reason": reason,
            "key": key,
            "closed_by_id": person_id,
            "closed_at": at,
        },
    )
    if new_id is not None:
        return new_id
    return session.scalars(select(RoadClosure.id).where(RoadClosure.key == key)).one()


def lift(session: Session, *, closure_id: int, cooperative_id: int, at: datetime) -> RoadClosure:
    """Open a closed road again; a second time changes nothing.

    :raises NotFound: if the cooperative has no such closure.
    """
    closure = session.get(RoadClosure, closure_id, with_for_update=True)
    if closure is None or closure.cooperative_id != cooperative_id:
        raise NotFound
    closure.lifted_at = closure.lifted_at or at
    session.flush()
    return closure


def coming(session: Session, *, cooperative_id: int, from_on: date) -> list[RoadClosure]:
    """Return what is closed from a date on, the earliest first."""
    return list(
        session.scalars(
            select(RoadClosure)
            .where(
                RoadClosure.cooperative_id == cooperative_id,
                RoadClosure.on >= from_on,
                RoadClosure.lifted_at.is_(None),
            )
            .order_by(RoadClosure.on, RoadClosure.id)
        )
    )
