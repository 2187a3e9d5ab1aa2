"""Roles with their places: shown by name, chosen in forms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Hub, Role, RoleKind, Shop, Village
from app.people.roles import RoleWanted
from app.web.forms import Form
from app.web.translation import locale
from app.web.words import place_name, role_name

Place = TypeVar("Place", Village, Shop, Hub)

IN_A_VILLAGE = (RoleKind.FARMER, RoleKind.VILLAGE_LEAD)


@dataclass(frozen=True)
class RoleShown:
    """A role by its names."""

    id: int
    kind: RoleKind
    place: str


@dataclass(frozen=True)
class Places:
    """What a role can be for, as choices: pairs of id and name."""

    villages: list[tuple[int, str]]
    shops: list[tuple[int, str]]
    hubs: list[tuple[int, str]]


def places_of(session: Session, cooperative_id: int) -> Places:
    """Return the cooperative's villages, shops and hubs by name."""
    villages = session.scalars(
        select(Village)
        .where(Village.cooperative_id == cooperative_id, Village.retired_at.is_(None))
        .order_by(Village.name, Village.id)
    )
    shops = session.scalars(
        select(Shop).where(Shop.cooperative_id == cooperative_id).order_by(Shop.name, Shop.id)
    )
    hubs = session.scalars(
        select(Hub).where(Hub.cooperative_id == cooperative_id).order_by(Hub.name, Hub.id)
    )
    return Places(
        [(village.id, shown_name(village)) for village in villages],
        [(shop.id, shown_name(shop)) for shop in shops],
        [(hub.id, shown_name(hub)) for hub in hubs],
    )


def shown_name(place: Village | Shop | Hub) -> str:
    """Return a place's name as the reader writes it; in English with its local one behind."""
    if locale().language != "en":
        return place_name(place)
    if place.local_name and place.local_name != place.name:
        return f"{place.name} {place.local_name}"
    return place.name


def roles_shown(session: Session, roles: Iterable[Role]) -> list[RoleShown]:
    """Return roles with the names of their places, each place read once."""
    listed = list(roles)
    villages = _names(session, Village, {role.village_id for role in listed if role.village_id})
    shops = _names(session, Shop, {role.shop_id for role in listed if role.shop_id})
    hubs = _names(session, Hub, {role.hub_id for role in listed if role.hub_id})
    return [
        RoleShown(
            role.id,
            role.kind,
            villages.get(role.village_id or 0)
            or shops.get(role.shop_id or 0)
            or hubs.get(role.hub_id or 0, ""),
        )
        for role in listed
    ]


def kinds_offered() -> list[tuple[str, str, str]]:
    """Return every role for the form's tiles."""
    return [(kind.value, role_name(kind), "") for kind in RoleKind]


def read_role(form: Form, places: Places) -> RoleWanted:
    """Read a role and the place that its kind needs."""
    kind = form.choice("kind", RoleKind)
    village_id = shop_id = hub_id = None
    if not form.valid:
        return RoleWanted(kind)
    if kind in IN_A_VILLAGE:
        village_id = form.identifier("village", _ids(places.villages))
    elif kind is RoleKind.SHOPKEEPER:
        shop_id = form.identifier("shop", _ids(places.shops))
    elif kind is RoleKind.HUB_WORKER:
        hub_id = form.identifier("hub", _ids(places.hubs))
    return RoleWanted(kind, village_id=village_id, shop_id=shop_id, hub_id=hub_id)


def _ids(choices: Sequence[tuple[int, str]]) -> list[int]:
    return [place_id for place_id, _ in choices]


def _names(session: Session, kind: type[Place], ids: set[int]) -> dict[int, str]:
    found = session.scalars(select(kind).where(kind.id.in_(ids)).order_by(kind.id))
    return {place.id: shown_name(place) for place in found}
