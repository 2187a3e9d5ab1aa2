"""What a person may do, and where."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.errors import NotFound
from app.models import Role, RoleKind


def roles_of(session: Session, person_id: int) -> Sequence[Role]:
    """Return a person's open roles, oldest first."""
    return session.scalars(
        select(Role).where(Role.person_id == person_id, Role.ended_at.is_(None)).order_by(Role.id)
    ).all()


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
    """Give a person a role; an open one with the same scope is returned as it is."""
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
    """
    role = session.get(Role, role_id)
    if role is None or role.cooperative_id != cooperative_id:
        raise NotFound
    if role.ended_at is None:
        role.ended_at = at
