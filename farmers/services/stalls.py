"""A farmer's stall: opened, renamed and closed, and found again by any of its addresses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from app.kernel.clock import local
from app.kernel.database import insert_if_new
from app.kernel.errors import N_, NotFound, Refusal
from app.models import (
    Cooperative,
    Crop,
    Lot,
    Person,
    Role,
    Stall,
    StallAddress,
    SupplyPromise,
    Village,
)
from farmers.services.assisting import FARMS, own_farm
from farmers.services.stall_names import StallNameTaken, chosen_address, free_address

MOST_ADDRESSES = 10
# What was listed so lately, or a year ago at this time, is in season.
_LATELY = timedelta(days=30)
_YEAR = timedelta(days=365)
_MOST_LOTS = 100
_MOST_CROPS = 8


class TooManyNames(Refusal):
    """Each old address is kept for ever, so there cannot be any number of them."""

    code = "too_many_names"
    message = N_("You have changed the name often. Keep one of the names you had.")


class StallClosed(NotFound):
    """The farmer has closed the stall, or does not farm here any more."""

    code = "stall_closed"
    message = N_("This stall is closed at the moment.")


@dataclass(frozen=True)
class Keeper:
    """A stall with whom and what it shows; nothing here tells a phone or a home."""

    stall: Stall
    farmer: str
    village: str
    county: str | None
    cooperative: Cooperative


def own_stall(session: Session, *, farmer_id: int, cooperative_id: int) -> Stall | None:
    """Return a farmer's stall, or None before it was first opened."""
    return session.scalar(
        select(Stall).where(Stall.farmer_id == farmer_id, Stall.cooperative_id == cooperative_id)
    )


def suggested_name(session: Session, *, farmer_id: int) -> str:
    """Return an address that the farmer's own name makes and nobody has."""
    return free_address(session, session.get_one(Person, farmer_id).name)


def keep(
    session: Session,
    *,
    farmer_id: int,
    cooperative_id: int,
    name: str,
    greeting: str,
    is_open: bool,
    at: datetime,
) -> Stall:
    """Open, close or rename a farmer's stall; the same again changes nothing.

    An old address keeps leading to the stall, and the farmer may take it again.

    :param name: as typed, in any script.
    :raises StallNameTaken: if another stall has or had the address.
    :raises StallNameUnusable: if the name has too few letters.
    :raises TooManyNames: if the stall had many addresses already.
    """
    address = chosen_address(name)
    farm = own_farm(session, person_id=farmer_id, cooperative_id=cooperative_id)
    # One farmer's two phones come one after the other.
    session.execute(select(Person.id).where(Person.id == farmer_id).with_for_update())
    stall = own_stall(session, farmer_id=farmer_id, cooperative_id=cooperative_id)
    if stall is None:
        _refuse_taken(session, address, stall_id=None)
        stall = Stall(
            cooperative_id=cooperative_id,
            farmer_id=farmer_id,
            village_id=farm.village_id,
            name=address,
            changed_at=at,
        )
        session.add(stall)
        session.flush()
    _give(session, stall, address, at)
    stall.name, stall.greeting, stall.is_open = address, greeting, is_open
    stall.village_id, stall.changed_at = farm.village_id, at
    session.flush()
    return stall


def by_address(session: Session, *, name: str) -> Keeper:
    """Return the open stall that has or had an address.

    :raises NotFound: if no stall ever had it.
    :raises StallClosed: if the farmer switched it off, or has left the cooperative.
    """
    found = session.execute(
        select(Stall, Person.name, Village.called, Village.admin, Cooperative)
        .join(StallAddress, StallAddress.stall_id == Stall.id)
        .join(Person, Person.id == Stall.farmer_id)
        .join(Village, Village.id == Stall.village_id)
        .join(Cooperative, Cooperative.id == Stall.cooperative_id)
        .where(StallAddress.name == name)
    ).one_or_none()
    if found is None:
        raise NotFound
    keeper = Keeper(*found)
    farms = select(Role.id).where(
        Role.person_id == keeper.stall.farmer_id,
        Role.cooperative_id == keeper.cooperative.id,
        Role.kind.in_(FARMS),
        Role.ended_at.is_(None),
    )
    if not keeper.stall.is_open or session.scalar(farms.limit(1)) is None:
        raise StallClosed
    return keeper


def open_address(session: Session, *, farmer_id: int, cooperative_id: int) -> str | None:
    """Return the address of a farmer's open stall, for a link from elsewhere."""
    return session.scalar(
        select(Stall.name).where(
            Stall.farmer_id == farmer_id,
            Stall.cooperative_id == cooperative_id,
            Stall.is_open.is_(True),
        )
    )


def in_season(session: Session, *, keeper: Keeper, at: datetime) -> list[Crop]:
    """Return what the farmer promises now, listed lately or listed a year ago at this time."""
    stall, today = keeper.stall, local(at, keeper.cooperative.time_zone).date()
    promised = select(SupplyPromise.crop_id).where(
        SupplyPromise.farmer_id == stall.farmer_id,
        SupplyPromise.cooperative_id == stall.cooperative_id,
        SupplyPromise.withdrawn_at.is_(None),
        SupplyPromise.starts_on <= today,
        SupplyPromise.ends_on >= today,
    )
    listed = (
        select(Lot.crop_id)
        .where(
            Lot.farmer_id == stall.farmer_id,
            Lot.cooperative_id == stall.cooperative_id,
            Lot.withdrawn_at.is_(None),
            or_(_about(today), _about(today - _YEAR)),
        )
        .order_by(Lot.id.desc())
        .limit(_MOST_LOTS)
    )
    ids = set(session.scalars(promised)) | set(session.scalars(listed))
    return list(
        session.scalars(
            select(Crop)
            .where(Crop.id.in_(ids), Crop.is_traded.is_(True))
            .order_by(Crop.code, Crop.id)
            .limit(_MOST_CROPS)
        )
    )


def _about(day: date) -> ColumnElement[bool]:
    return Lot.ready_from_on.between(day - _LATELY, day + _LATELY)


def _give(session: Session, stall: Stall, address: str, at: datetime) -> None:
    """Note an address as this stall's for good."""
    _refuse_taken(session, address, stall_id=stall.id)
    had = list(session.scalars(select(StallAddress.name).where(StallAddress.stall_id == stall.id)))
    if address in had:
        return
    if len(had) >= MOST_ADDRESSES:
        raise TooManyNames(field="name")
    values = {"stall_id": stall.id, "name": address, "given_at": at}
    if insert_if_new(session, StallAddress, values) is None:
        # Somebody else took it between the look and the insert.
        _refuse_taken(session, address, stall_id=stall.id)


def _refuse_taken(session: Session, address: str, *, stall_id: int | None) -> None:
    holder = session.scalar(select(StallAddress.stall_id).where(StallAddress.name == address))
    if holder is not None and holder != stall_id:
        raise StallNameTaken(field="name", free=free_address(session, address))
