"""The spreadsheets that a new cooperative brings: which columns, how a cell becomes a value."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from babel.numbers import get_currency_precision
from sqlalchemy.orm import Session

from app.documents import converters
from app.documents.schema import CellFault, Column, Preview, Row, Schema, preview
from app.documents.tables import Table
from app.kernel.errors import N_, BadInput
from app.models import Cooperative, Hub, HubKind, Village
from app.people.phones import normalised
from app.setting_up import own

_MOST_KG = 60_000
_MOST_MINOR = 10**9


class SheetKind(StrEnum):
    """What the rows of a sheet are."""

    VILLAGES = "villages"
    FARMERS = "farmers"
    VEHICLES = "vehicles"
    SHOPS = "shops"


class HalfAPosition(BadInput):
    """A latitude without a longitude, or the other way round."""

    code = "sheet_half_a_position"
    message = N_("A position needs both latitude and longitude.")


class NotKnownHere(BadInput):
    """The name of a village or hub that the cooperative does not have."""

    code = "sheet_not_known_here"
    message = N_("%(name)s is not set up here. Add it first, or correct its name.")


class MoreThanOne(BadInput):
    """A name that two villages have."""

    code = "sheet_more_than_one"
    message = N_("There is more than one %(name)s. Add the county after a comma.")


@dataclass(frozen=True)
class _Hours:
    """Two columns that must run forward."""

    start: str
    end: str


HOURS = {
    SheetKind.VILLAGES: _Hours("opens", "closes"),
    SheetKind.VEHICLES: _Hours("starts", "ends"),
    SheetKind.SHOPS: _Hours("opens", "closes"),
}


def schema_of(session: Session, *, kind: SheetKind, cooperative_id: int) -> Schema:
    """Return the columns of a kind of sheet, with the names that this cooperative knows."""
    home = session.get_one(Cooperative, cooperative_id)
    make: dict[SheetKind, Callable[[Session, Cooperative], Schema]] = {
        SheetKind.VILLAGES: _villages,
        SheetKind.FARMERS: _farmers,
        SheetKind.VEHICLES: _vehicles,
        SheetKind.SHOPS: _shops,
    }
    return make[kind](session, home)


def check(table: Table, *, kind: SheetKind, schema: Schema) -> Preview:
    """Preview a sheet with the faults of whole rows added to those of single cells.

    :raises ColumnsMissing: if a needed heading is not there.
    :raises ColumnDoubled: if two headings mean one column.
    """
    found = preview(table, schema)
    faults = [fault for row in found.rows for fault in _row_faults(kind, row)]
    bad = {fault.row for fault in faults}
    return Preview(
        rows=tuple(row for row in found.rows if row.number not in bad),
        faults=tuple(sorted((*found.faults, *faults), key=lambda fault: fault.row)),
        ignored=found.ignored,
    )


def _row_faults(kind: SheetKind, row: Row) -> Iterable[CellFault]:
    values = row.values
    if "latitude" in values and (values["latitude"] is None) != (values["longitude"] is None):
        empty = "latitude" if values["latitude"] is None else "longitude"
        yield _fault(row.number, empty, HalfAPosition())
    hours = HOURS.get(kind)
    if hours is not None and row.get(hours.start, int) >= row.get(hours.end, int):
        yield _fault(row.number, hours.end, own.HoursReversed())


def _fault(number: int, column: str, refusal: BadInput) -> CellFault:
    return CellFault(number, column, refusal.code, refusal.message, dict(refusal.figures))


def _villages(session: Session, home: Cooperative) -> Schema:
    return Schema(
        (
            Column("name", converters.text(), ("名称", "村", "村名", "village")),
            _local_name(),
            Column(
                "admin",
                converters.text(200),
                ("区县", "乡镇", "county", "district", "township"),
                required=False,
            ),
            Column(
                "gathering_point",
                converters.text(200),
                ("集货点", "collection point"),
                required=False,
            ),
            *_position(),
            *_hours("opens", "closes", 360, 1080),
            _hub(session, home, city=False, required=False),
        ),
        unique=(("name", "admin"),),
    )


def _farmers(session: Session, home: Cooperative) -> Schema:
    return Schema(
        (
            Column("name", converters.text(), ("姓名", "名字", "farmer")),
            Column("village", _village_by_name(session, home), ("村", "村名")),
            Column(
                "phone",
                lambda cell: normalised(cell, country=home.country, field=None),
                ("电话", "手机", "mobile", "telephone"),
                required=False,
                default="",
            ),
            Column(
                "language",
                converters.one_of({code: code for code in home.languages}),
                ("语言",),
                required=False,
                default=home.languages[0],
            ),
        ),
        # Two farmers of a village may share a phone or a name, but hardly both.
        unique=(("name", "village", "phone"),),
    )


def _vehicles(session: Session, home: Cooperative) -> Schema:
    return Schema(
        (
            Column("name", converters.text(80), ("名称", "车辆", "vehicle")),
            Column("plate", converters.text(20), ("车牌", "number plate"), required=False),
            _hub(session, home, city=None, required=True),
            Column(
                "capacity_kg",
                converters.scaled(3, 1, _MOST_KG * 1000),
                ("载重公斤", "capacity", "kg"),
            ),
            _count("crates", ("筐数",)),
            _count("cold_crates", ("冷藏筐数",)),
            _money("cost_per_km", home, ("每公里成本",)),
            _money("cost_per_hour", home, ("每小时成本",)),
            *_hours("starts", "ends", 300, 1080),
        ),
        unique=(("name",),),
    )


def _shops(session: Session, home: Cooperative) -> Schema:
    return Schema(
        (
            Column("name", converters.text(), ("名称", "店名", "shop")),
            _local_name(),
            Column(
                "phone",
                lambda cell: normalised(cell, country=home.country, field=None),
                ("电话", "手机", "telephone"),
                required=False,
            ),
            Column(
                "pickup_point", converters.text(), ("自提点", "collection point"), required=False
            ),
            Column("address", converters.text(200), ("地址",), required=False),
            *_position(),
            *_hours("opens", "closes", 420, 1260),
            _hub(session, home, city=True, required=True),
        ),
        unique=(("name",),),
    )


def _local_name() -> Column:
    return Column("local_name", converters.text(), ("当地名称", "本地名"), required=False)


def _position() -> tuple[Column, Column]:
    return (
        Column("latitude", converters.degrees(90), ("纬度", "lat"), required=False),
        Column("longitude", converters.degrees(180), ("经度", "lon", "lng"), required=False),
    )


def _hours(start: str, end: str, start_minute: int, end_minute: int) -> tuple[Column, Column]:
    return (
        Column(
            start, converters.minute_of_day, ("开始时间",), required=False, default=start_minute
        ),
        Column(end, converters.minute_of_day, ("结束时间",), required=False, default=end_minute),
    )


def _count(key: str, headings: tuple[str, ...]) -> Column:
    return Column(key, converters.whole(0, 10_000), headings, required=False, default=0)


def _money(key: str, home: Cooperative, headings: tuple[str, ...]) -> Column:
    places = get_currency_precision(home.currency)
    return Column(
        key, converters.scaled(places, 0, _MOST_MINOR), headings, required=False, default=0
    )


def _hub(session: Session, home: Cooperative, *, city: bool | None, required: bool) -> Column:
    """Return the column of a hub's name; the only hub need not be named."""
    left_out = {None: None, True: HubKind.RURAL, False: HubKind.CITY}[city]
    hubs = [
        hub for hub in own.all_of(session, Hub, cooperative_id=home.id) if hub.kind is not left_out
    ]
    names = {name.casefold(): hub.id for hub in hubs for name in (hub.name, hub.local_name) if name}

    def convert(cell: str) -> int:
        try:
            return names[cell.casefold()]
        except KeyError:
            raise NotKnownHere(name=cell[:40]) from None

    only = hubs[0].id if len(hubs) == 1 and required else None
    return Column(
        "hub", convert, ("枢纽", "集散中心"), required=required and only is None, default=only
    )


def _village_by_name(session: Session, home: Cooperative) -> Callable[[str], int]:
    ids: dict[str, set[int]] = {}
    for village in own.all_of(session, Village, cooperative_id=home.id):
        if village.retired_at is not None:
            continue
        for name in {village.name, village.local_name or village.name}:
            ids.setdefault(name.casefold(), set()).add(village.id)
            if village.admin:
                ids.setdefault(_with_admin(name, village.admin), set()).add(village.id)

    def convert(cell: str) -> int:
        name, _, admin = cell.replace("，", ",").partition(",")
        key = _with_admin(name, admin) if admin else name.strip().casefold()
        found = ids.get(key, set())
        if not found:
            raise NotKnownHere(name=cell[:40])
        if len(found) > 1:
            raise MoreThanOne(name=cell[:40])
        return next(iter(found))

    return convert


def _with_admin(name: str, admin: str) -> str:
    return f"{name.strip()}, {admin.strip()}".casefold()
