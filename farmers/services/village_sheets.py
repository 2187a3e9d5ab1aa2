"""A whole village's harvests from a spreadsheet: shown with every fault, then listed once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.documents.schema import CellFault, Preview, Row, preview
from app.documents.tables import read_table
from app.kernel.clock import local
from app.kernel.errors import BadInput, NotFound, Refusal
from app.models import Cooperative, Grade, Lot, SpreadsheetImport
from app.setting_up.importing import keep
from farmers.services import harvests, village_schema
from farmers.services.harvests import LONGEST_WINDOW, MOST_PER_LOT_G, Offer
from farmers.services.refusals import (
    QuantityOutOfRange,
    UnitNotUsed,
    WindowOver,
    WindowTooLong,
    WindowUpsideDown,
)
from farmers.services.village_schema import Known

KIND = "harvests"


@dataclass(frozen=True)
class Listed:
    """What listing a sheet did: new lots, rows listed before, and rows refused meanwhile."""

    added: int
    known: int
    refused: tuple[tuple[int, str, Mapping[str, int | str]], ...]


def upload(
    session: Session,
    *,
    cooperative_id: int,
    person_id: int,
    file_name: str,
    data: bytes,
    key: str,
    at: datetime,
) -> int:
    """Read a village's sheet and keep what was found, once per key; nothing is listed yet.

    :returns: the id of the import.
    :raises TableUnreadable: and the other refusals of ``read_table`` and ``preview``.
    """
    known = village_schema.known(session, cooperative_id=cooperative_id, by_id=person_id)
    zone = session.get_one(Cooperative, cooperative_id).time_zone
    today = local(at, zone).date()
    return keep(
        session,
        kind=KIND,
        cooperative_id=cooperative_id,
        person_id=person_id,
        file_name=file_name,
        found=lambda: _checked(data, known, today),
        key=key,
        at=at,
    )


def own_sheet(
    session: Session,
    *,
    import_id: int,
    cooperative_id: int,
    person_id: int,
    for_update: bool = False,
) -> SpreadsheetImport:
    """Return a sheet that the person sent.

    :raises NotFound: if there is none.
    """
    found = session.get(
        SpreadsheetImport, import_id, with_for_update=for_update, populate_existing=for_update
    )
    if (
        found is None
        or found.kind != KIND
        or (found.cooperative_id, found.person_id) != (cooperative_id, person_id)
    ):
        raise NotFound
    return found


def latest(
    session: Session, *, cooperative_id: int, person_id: int, limit: int = 10
) -> list[SpreadsheetImport]:
    """Return the sheets that a person sent lately, the newest first."""
    return list(
        session.scalars(
            select(SpreadsheetImport)
            .where(
                SpreadsheetImport.cooperative_id == cooperative_id,
                SpreadsheetImport.person_id == person_id,
                SpreadsheetImport.kind == KIND,
            )
            .order_by(SpreadsheetImport.id.desc())
            .limit(limit)
        )
    )


def apply(
    session: Session, *, import_id: int, cooperative_id: int, person_id: int, at: datetime
) -> Listed:
    """List the good rows of a sheet, each by itself; a second time lists nothing more.

    The same row in another file, or sent by another person, is known as well: a harvest
    is told by its farmer, crop, quantity, price and days.

    :raises NotFound: if the person sent no such sheet.
    """
    found = own_sheet(
        session,
        import_id=import_id,
        cooperative_id=cooperative_id,
        person_id=person_id,
        for_update=True,
    )
    if found.applied_at is not None:
        return result(found)
    known = village_schema.known(session, cooperative_id=cooperative_id, by_id=person_id)
    added = there = 0
    refused: list[tuple[int, str, Mapping[str, int | str]]] = []
    for good in found.rows["good"]:
        row = Row(good["row"], good["values"])
        try:
            # The farmer may have left, or the day may be over, since it was read.
            with session.begin_nested():
                is_new = _list(session, row, known, cooperative_id, person_id, at)
        except Refusal as refusal:
            refused.append((row.number, refusal.message, dict(refusal.figures)))
            continue
        added += is_new
        there += not is_new
    found.rows = {
        **found.rows,
        "saved": {"added": added, "known": there, "refused": [list(one) for one in refused]},
    }
    found.applied_at = at
    session.flush()
    return Listed(added, there, tuple(refused))


def result(found: SpreadsheetImport) -> Listed:
    """Return what a listed sheet did."""
    saved: Mapping[str, Any] = found.rows.get("saved", {"added": 0, "known": 0, "refused": []})
    refused = tuple((row, message, figures) for row, message, figures in saved["refused"])
    return Listed(saved["added"], saved["known"], refused)


def _checked(data: bytes, known: Known, today: date) -> Preview:
    """Preview a sheet with the faults of whole rows added to those of single cells."""
    found = preview(read_table(data), village_schema.schema(known))
    faults = [fault for row in found.rows for fault in _row_faults(row, known, today)]
    bad = {fault.row for fault in faults}
    return Preview(
        rows=tuple(row for row in found.rows if row.number not in bad),
        faults=tuple(sorted((*found.faults, *faults), key=lambda fault: fault.row)),
        ignored=found.ignored,
    )


def _row_faults(row: Row, known: Known, today: date) -> Iterable[CellFault]:
    crop = known.crops[row.get("crop", int)]
    units = {"kg": 1000} | crop.units
    for column in ("unit", "price_unit"):
        code = row.maybe(column, str)
        if code is not None and code not in units:
            yield _fault(row, column, UnitNotUsed(units=", ".join(units)))
            return
    first, last = _window(row)
    faults: tuple[tuple[bool, str, Callable[[], BadInput]], ...] = (
        (not 0 < _quantity_g(row, crop.units) <= MOST_PER_LOT_G, "quantity", QuantityOutOfRange),
        (last < first, "ready_until", WindowUpsideDown),
        (last - first > LONGEST_WINDOW, "ready_until", WindowTooLong),
        (last < today, "ready_until", WindowOver),
    )
    for is_wrong, column, refusal in faults:
        if is_wrong:
            yield _fault(row, column, refusal())
            return


def _fault(row: Row, column: str, refusal: BadInput) -> CellFault:
    return CellFault(row.number, column, refusal.code, refusal.message, dict(refusal.figures))


def _list(
    session: Session, row: Row, known: Known, cooperative_id: int, person_id: int, at: datetime
) -> bool:
    """List one row; False if this harvest is listed already."""
    farmer_id = row.get("farmer", int)
    if farmer_id not in known.villages or row.get("crop", int) not in known.crops:
        raise NotFound
    offered = _offer(row, known)
    key = f"sheet:{hashlib.sha256(repr(offered).encode()).hexdigest()[:48]}"
    there = select(Lot.id).where(
        Lot.farmer_id == farmer_id, Lot.cooperative_id == cooperative_id, Lot.key == key
    )
    if session.scalar(there.limit(1)) is not None:
        return False
    harvests.offer(
        session,
        cooperative_id=cooperative_id,
        listed_by_id=person_id,
        offered=offered,
        key=key,
        at=at,
    )
    return True


def _offer(row: Row, known: Known) -> Offer:
    farmer_id, crop = row.get("farmer", int), known.crops[row.get("crop", int)]
    units = {"kg": 1000} | crop.units
    unit = row.maybe("unit", str) or next(iter(crop.units))
    price_unit_g = units[row.maybe("price_unit", str) or "kg"]
    first, last = _window(row)
    return Offer(
        farmer_id=farmer_id,
        village_id=known.villages[farmer_id],
        crop_id=row.get("crop", int),
        grade=Grade(row.get("grade", str)),
        quantity_g=_quantity_g(row, crop.units),
        unit_code=unit,
        unit_grams=units[unit],
        # A price per unit as the price per kg, half up.
        ask_minor=(2 * row.get("price", int) * 1000 + price_unit_g) // (2 * price_unit_g),
        ready_from_on=first,
        ready_until_on=last,
        note=row.maybe("note", str) or "",
    )


def _quantity_g(row: Row, units: Mapping[str, int]) -> int:
    unit = row.maybe("unit", str) or next(iter(units))
    # The cell is in thousandths of a unit.
    return row.get("quantity", int) * ({"kg": 1000} | dict(units))[unit] // 1000


def _window(row: Row) -> tuple[date, date]:
    first = date.fromisoformat(row.get("ready_from", str))
    until = row.maybe("ready_until", str)
    return first, date.fromisoformat(until) if until else first + timedelta(days=3)
