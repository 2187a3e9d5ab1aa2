"""One row of a spreadsheet saved as a village, farmer, vehicle or shop, unless it is there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.documents.schema import Row
from app.kernel.geo import Position
from app.models import Person, PickupPoint, Role, RoleKind, Shop, Vehicle, Village
from app.people.enrolling import enrol
from app.people.roles import RoleWanted
from app.places import gazetteer, lookup
from app.places.place import pinned
from app.places.services import settle
from app.setting_up import shops, vehicles, villages
from app.setting_up.shops import PointDraft, ShopDraft
from app.setting_up.vehicles import VehicleDraft
from app.setting_up.villages import VillageDraft


@dataclass(frozen=True)
class Context:
    """Where rows are saved to, by whom and when."""

    session: Session
    cooperative_id: int
    person_id: int
    at: datetime


def village(context: Context, row: Row) -> bool:
    """Add a village with its place, as given or as the gazetteer knows it; False if known."""
    name, admin = row.get("name", str), row.maybe("admin", str)
    same = select(Village.id).where(
        Village.cooperative_id == context.cooperative_id,
        Village.name == name,
        Village.admin.is_not_distinct_from(admin),
    )
    if context.session.scalar(same.limit(1)) is not None:
        return False
    draft = VillageDraft(
        name=name,
        local_name=row.maybe("local_name", str),
        admin=admin,
        gathering_point=row.maybe("gathering_point", str),
        opens_minute=row.get("opens", int),
        closes_minute=row.get("closes", int),
        hub_id=row.maybe("hub", int),
    )
    new = villages.create(context.session, cooperative_id=context.cooperative_id, draft=draft)
    _place(context.session, new, row, admin=admin)
    return True


def farmer(context: Context, row: Row) -> int | None:
    """Enrol a farmer and return the new person's id; None if already a farmer there."""
    name, phone = row.get("name", str), row.get("phone", str)
    village_id = row.get("village", int)
    same = (
        select(Person.id)
        .join(Role, Role.person_id == Person.id)
        .where(
            Role.cooperative_id == context.cooperative_id,
            Role.kind == RoleKind.FARMER,
            Role.village_id == village_id,
            Role.ended_at.is_(None),
            Person.name == name,
            Person.phone.is_not_distinct_from(phone or None),
        )
    )
    if context.session.scalar(same.limit(1)) is not None:
        return None
    person, _code = enrol(
        context.session,
        cooperative_id=context.cooperative_id,
        name=name,
        phone=phone or None,
        language=row.get("language", str),
        roles=[RoleWanted(RoleKind.FARMER, village_id=village_id)],
        created_by_id=context.person_id,
        at=context.at,
    )
    return person.id


def vehicle(context: Context, row: Row) -> bool:
    """Add a vehicle; False if its name is known."""
    name = row.get("name", str)
    same = select(Vehicle.id).where(
        Vehicle.cooperative_id == context.cooperative_id, Vehicle.name == name
    )
    if context.session.scalar(same.limit(1)) is not None:
        return False
    draft = VehicleDraft(
        name=name,
        hub_id=row.get("hub", int),
        capacity_g=row.get("capacity_kg", int),
        plate=row.maybe("plate", str),
        crates=row.get("crates", int),
        cold_crates=row.get("cold_crates", int),
        cost_per_km_minor=row.get("cost_per_km", int),
        cost_per_hour_minor=row.get("cost_per_hour", int),
        starts_minute=row.get("starts", int),
        ends_minute=row.get("ends", int),
    )
    vehicles.create(context.session, cooperative_id=context.cooperative_id, draft=draft)
    return True


def shop(context: Context, row: Row) -> bool:
    """Add a shop with its pickup point; False if both are known."""
    session, home_id = context.session, context.cooperative_id
    name = row.get("name", str)
    found = session.scalar(select(Shop).where(Shop.cooperative_id == home_id, Shop.name == name))
    shop_id = None if found is None else found.id
    if shop_id is None:
        draft = ShopDraft(name, row.maybe("local_name", str), row.maybe("phone", str))
        shop_id = shops.create(session, cooperative_id=home_id, draft=draft).id
    point_name = row.maybe("pickup_point", str) or name
    known = session.scalar(
        select(PickupPoint.id).where(
            PickupPoint.cooperative_id == home_id, PickupPoint.name == point_name
        )
    )
    if known is not None:
        return found is None
    point = shops.create_point(
        session,
        cooperative_id=home_id,
        draft=PointDraft(
            name=point_name,
            shop_id=shop_id,
            hub_id=row.get("hub", int),
            local_name=row.maybe("local_name", str) if point_name == name else None,
            address=row.maybe("address", str),
            opens_minute=row.get("opens", int),
            closes_minute=row.get("closes", int),
        ),
    )
    _place(session, point, row, admin=None)
    return True


def _place(session: Session, new: Village | PickupPoint, row: Row, *, admin: str | None) -> None:
    lat, lon = row.maybe("latitude", float), row.maybe("longitude", float)
    if lat is not None and lon is not None:
        settle(session, row=new, place=pinned(new.name, Position(lat, lon)))
        return
    name = new.local_name or new.name
    found = lookup.find(name, gazetteer=gazetteer.own(), admin=admin)
    # Only villages are towns of the gazetteer; a shop is never found by its name.
    if isinstance(new, Village) and found.answer is lookup.Answer.FOUND:
        settle(session, row=new, place=found.choices[0].place)
