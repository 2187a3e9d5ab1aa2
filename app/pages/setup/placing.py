"""Where a village, hub or pickup point is: look-up, choices, a pin on the map."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import cast

from flask import current_app, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.errors import N_
from app.kernel.geo import Position, distance_m
from app.models import Hub, PickupPoint, PlacePrecision, Village
from app.pages.setup import drawing, fields
from app.places import lookup, services
from app.places.gazetteer import Choice, own
from app.places.geocoding import Geocoder, NoGeocoder
from app.places.place import Place
from app.web import assets
from app.web.forms import Form
from app.web.locale import language
from app.web.translation import gettext
from app.web.words import place_name

Placed = Village | Hub | PickupPoint
_LEAFLET = "node_modules/leaflet/dist/leaflet.js"
_MOST_NEIGHBOURS = 14
# What a choice may say of itself; anything else is the manager's own pin.
_LOOKED_UP = ("geonames", "nominatim", "photon")

PRECISIONS = {
    PlacePrecision.PIN: N_("pinned"),
    PlacePrecision.PHONE: N_("from a phone"),
    PlacePrecision.TOWN: N_("town only"),
    PlacePrecision.DISTRICT: N_("district only"),
    PlacePrecision.UNKNOWN: N_("no place yet"),
}


@dataclass(frozen=True)
class PlacePart:
    """All that the part of a page about a place shows.

    ``map_data``: what Leaflet draws, or nothing where no tiles are configured.
    """

    precision: PlacePrecision
    precision_name: str
    lat: str
    lon: str
    search: str
    choices: tuple[Choice, ...]
    drawing: drawing.Drawing | None
    map_data: str
    tile_address: str
    tile_credit: str


def precision_name(precision: PlacePrecision) -> str:
    """Return how well a position is known, in words."""
    return gettext(PRECISIONS[precision])


def place_at_once(session: Session, row: Placed, *, near: Position | None) -> None:
    """Give a new row the place of its name, if the gazetteer knows exactly one."""
    admin = row.admin if isinstance(row, Village) else None
    found = lookup.find(row.local_name or row.name, gazetteer=own(), admin=admin, near=near)
    if found.answer is lookup.Answer.FOUND:
        services.settle(session, row=row, place=found.choices[0].place)


def place_part(session: Session, row: Placed) -> PlacePart:
    """Return what a page shows of a row's place, with the answers to ``?search=``."""
    here = services.position_of(row)
    around = neighbours(session, row)
    search = request.args.get("search", "")[:100]
    tiles = str(current_app.config["TILE_ADDRESS"])
    if not (assets.ROOT / _LEAFLET).exists():
        tiles = ""
    return PlacePart(
        precision=row.place_precision,
        precision_name=precision_name(row.place_precision),
        lat="" if here is None else f"{here.lat:.6f}",
        lon="" if here is None else f"{here.lon:.6f}",
        search=search,
        choices=_choices(row, search, around),
        drawing=drawing.draw(here, around),
        map_data=_map_data(here, around) if tiles else "",
        tile_address=tiles,
        tile_credit=str(current_app.config["TILE_CREDIT"]),
    )


def read_place(form: Form, row: Placed) -> Place | None:
    """Read a pin, or one of the choices that the look-up offered; None with a noted error."""
    where = fields.position(form)
    if where is None:
        return None
    source = form.typed("source")
    if source not in _LOOKED_UP:
        return Place(row.name, row.local_name, None, where, "manager", PlacePrecision.PIN)
    is_town = form.typed("precision") == PlacePrecision.TOWN
    precision = PlacePrecision.TOWN if is_town else PlacePrecision.DISTRICT
    return Place(row.name, row.local_name, None, where, source, precision)


def neighbours(session: Session, row: Placed) -> list[drawing.Neighbour]:
    """Return the cooperative's other places, the nearest ones where the row has a place."""
    found = []
    for table, kind in ((Hub, "hub"), (Village, "village"), (PickupPoint, "point")):
        # The three tables share these columns, which a joined type cannot say.
        known = cast("type[Village]", table)
        wanted = select(known).where(
            known.cooperative_id == row.cooperative_id, known.lat.is_not(None)
        )
        if isinstance(row, table):
            wanted = wanted.where(known.id != row.id)
        if kind != "hub":
            wanted = wanted.where(known.retired_at.is_(None))
        for other in session.scalars(wanted.order_by(known.id)):
            where = services.position_of(other)
            if where is not None:
                found.append(drawing.Neighbour(place_name(other), kind, where))
    here = services.position_of(row) or _start(found, row)
    if here is not None:
        found.sort(key=lambda one: (distance_m(here, one.where), one.name))
    return found[:_MOST_NEIGHBOURS]


def _start(found: list[drawing.Neighbour], row: Placed) -> Position | None:
    """Return where to look for a place that is not known yet: among its own kind."""
    kind = {Village: "village", Hub: "hub", PickupPoint: "point"}[type(row)]
    own_kind = [one.where for one in found if one.kind == kind] or [one.where for one in found]
    return own_kind[0] if own_kind else None


def _choices(row: Placed, search: str, around: list[drawing.Neighbour]) -> tuple[Choice, ...]:
    near = services.position_of(row) or (around[0].where if around else None)
    if search:
        geocoder = cast(Geocoder, current_app.extensions.get("geocoder", NoGeocoder()))
        found = lookup.find(
            search, gazetteer=own(), near=near, geocoder=geocoder, language=language()
        )
        return found.choices
    if row.place_precision is not PlacePrecision.UNKNOWN:
        return ()
    # Asked without a search the house's own list is enough: no page waits for a network.
    return lookup.find(row.local_name or row.name, gazetteer=own(), near=near).choices


def _map_data(here: Position | None, around: list[drawing.Neighbour]) -> str:
    return json.dumps(
        {
            "here": None if here is None else [here.lat, here.lon],
            "neighbours": [
                {"at": [one.where.lat, one.where.lon], "name": one.name, "kind": one.kind}
                for one in around
            ],
        },
        ensure_ascii=False,
    )
