"""What a person may do, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.errors import N_, NotFound, Refusal
from app.models import Hub, PickupPoint, Role, RoleKind, Shop, Village

Place = Village | Shop | Hub | PickupPoint


class LastManager(Refusal):
    """Without a manager nobody could make one."""

    code = "last_manager"
    message = N_("This is the only manager. Make somebody else a manager first.")


@dataclass(frozen=True)
class RoleWanted:
    """A role to give, with the place it is for where it has one."""

    kind: RoleKind
    village_id: int | None = None
    shop_id: int | None = None
    hub_id: int | None = None
    pickup_point_id: int | None = None


def roles_of(session: Session, person_id: int) -> Sequence[Role]:
    """Return a person's open roles, oldest first."""
    return session.scalars(
        select(Role).where(Role.person_id == person_id, Role.ended_at.is_(None)).order_by(Role.id)
    ).all()


def home_of(session: Session, person_id: int) -> int | None:
    """Return the cooperative of a person's oldest open role."""
    held = roles_of(session, person_id)
    return held[0].cooperative_id if held else None


def grant(
    session: Session,
    *,
    person_id: int,
    cooperative_id: int,
    kind: RoleKind,
    at: datetime,
    village_id: int | None = None,
    shop_id: int | None = None,
    hub_id: int | None = None,
    pickup_point_id: int | None = None,
) -> Role:
    """Give a person a role; an open one with the same scope is returned as it is.

    :raises NotFound: if the village, shop, hub or pickup point is another cooperative's.
    """
    places: tuple[tuple[type[Place], int | None], ...] = (
        (Village, village_id),
        (Shop, shop_id),
        (Hub, hub_id),
        (PickupPoint, pickup_point_id),
    )
    for place, place_id in places:
        if place_id is not None:
            _check_place(session, place, place_id, cooperative_id)
    scope = {
        "person_id": person_id,
        "cooperative_id": cooperative_id,
        "kind": kind,
        "village_id": village_id,
        "shop_id": shop_id,
        "hub_id": hub_id,
        "pickup_point_id": pickup_point_id,
    }
    held = session.scalars(
        select(Role).filter_by(**scope).where(Role.ended_at.is_(None)).order_by(Role.id)
    ).first()
    if held is not None:
        return held
    role = Role(**scope, started_at=at)
    session.add(role)
    session.flush()
    return role


def end(session: Session, *, role_id: int, cooperative_id: int, at: datetime) -> None:
    """End a role of this cooperative; ending it again changes nothing.

    :raises NotFound: if the cooperative has no such role.
    :raises LastManager: if it would leave the cooperative without a manager.
    """
    role = session.get(Role, role_id)
    if role is None or role.cooperative_id != cooperative_id:
        raise NotFound
    if role.ended_at is not None:
        return
    if role.kind is RoleKind.MANAGER and not _another_manager(session, role):
        raise LastManager
    role.ended_at = at


def _another_manager(session: Session, role: Role) -> bool:
    # Locked, so that two managers who end each other's role at once do not both succeed.
    managers = session.scalars(
        select(Role)
        .where(
            Role.cooperative_id == role.cooperative_id,
            Role.kind == RoleKind.MANAGER,
            Role.ended_at.is_(None),
        )
        .order_by(Role.id)
        .with_for_update()
    ).all()
    return any(manager.id != role.id for manager in managers)


def _check_place(
    session: Session,
    place: type[Place],
    place_id: int,
    cooperative_id: int,
) -> None:
    owner = session.scalar(select(place.cooperative_id).where(place.id == place_id))
    if owner != cooperative_id:
        raise NotFound
