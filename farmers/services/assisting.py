"""Whose harvest a person may list: the own one, a village's, or the cooperative's."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from app.kernel.errors import NotFound
from app.models import Lot, Person, Role, RoleKind, Village
from farmers.services.refusals import NoVillage

FARMS = (RoleKind.FARMER, RoleKind.VILLAGE_LEAD)
PAGE = 40


@dataclass(frozen=True)
class Farmer:
    """A person who farms in a village of the cooperative."""

    person_id: int
    name: str
    member_number: str
    village_id: int
    village: str
    local_name: str | None


def own_farm(session: Session, *, person_id: int, cooperative_id: int) -> Farmer:
    """Return the person as a farmer.

    :raises NoVillage: if no village is set for the person's role.
    """
    found = session.execute(_farmers(cooperative_id).where(Person.id == person_id).limit(1)).first()
    if found is None:
        raise NoVillage
    return Farmer(*found)


def farmer_for(session: Session, *, by_id: int, farmer_id: int, cooperative_id: int) -> Farmer:
    """Return a farmer that a person may list for: oneself, of the own village, or as manager.

    :raises NotFound: if there is no such farmer within the person's reach.
    :raises NoVillage: if a farmer asks for the own farm and has no village.
    """
    if by_id == farmer_id:
        return own_farm(session, person_id=by_id, cooperative_id=cooperative_id)
    wanted = _within_reach(session, by_id, cooperative_id).where(Person.id == farmer_id)
    found = session.execute(wanted.limit(1)).first()
    if found is None:
        raise NotFound(field="farmer")
    return Farmer(*found)


def farmers_of(
    session: Session,
    *,
    by_id: int,
    cooperative_id: int,
    search: str = "",
    after: str = "",
    limit: int = PAGE,
) -> list[Farmer]:
    """Return the farmers a person may list for, by name; pages by name and number.

    :param search: part of a name or of a village's name, or the start of a member number.
    :param after: the last ``member_number`` shown, to go on from there.
    """
    wanted = _within_reach(session, by_id, cooperative_id)
    if search:
        wanted = wanted.where(
            or_(
                Person.name.icontains(search, autoescape=True),
                Person.member_number.startswith(search, autoescape=True),
                Village.name.icontains(search, autoescape=True),
                Village.local_name.icontains(search, autoescape=True),
            )
        )
    if after:
        wanted = wanted.where(Person.member_number > after)
    seen: dict[int, Farmer] = {}
    for row in session.execute(wanted.limit(2 * limit)):
        seen.setdefault(row[0], Farmer(*row))
    return list(seen.values())[:limit]


def may_see_lot(session: Session, *, lot: Lot, person_id: int) -> bool:
    """Whether a lot is the person's own, or of a farmer the person may list for."""
    if person_id in (lot.farmer_id, lot.listed_by_id):
        return True
    helps = select(Role.id).where(
        Role.person_id == person_id,
        Role.cooperative_id == lot.cooperative_id,
        Role.ended_at.is_(None),
        or_(
            Role.kind == RoleKind.MANAGER,
            (Role.kind == RoleKind.VILLAGE_LEAD) & (Role.village_id == lot.village_id),
        ),
    )
    return session.scalar(helps.limit(1)) is not None


def _farmers(cooperative_id: int) -> Select[int, str, str, int, str, str | None]:
    return (
        select(
            Person.id,
            Person.name,
            Person.member_number,
            Village.id,
            Village.called,
            Village.local_name,
        )
        .join(Role, Role.person_id == Person.id)
        .join(Village, Village.id == Role.village_id)
        .where(
            Role.cooperative_id == cooperative_id,
            Role.kind.in_(FARMS),
            Role.ended_at.is_(None),
            Village.retired_at.is_(None),
        )
        .order_by(Person.member_number, Person.id, Role.kind, Role.id)
    )


def _within_reach(
    session: Session, by_id: int, cooperative_id: int
) -> Select[int, str, str, int, str, str | None]:
    mine = session.execute(
        select(Role.kind, Role.village_id).where(
            Role.person_id == by_id,
            Role.cooperative_id == cooperative_id,
            Role.ended_at.is_(None),
            Role.kind.in_([RoleKind.MANAGER, RoleKind.VILLAGE_LEAD]),
        )
    ).all()
    farmers = _farmers(cooperative_id)
    if any(row.kind is RoleKind.MANAGER for row in mine):
        return farmers
    return farmers.where(Village.id.in_([row.village_id for row in mine if row.village_id]))
