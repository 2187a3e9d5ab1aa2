"""Spreadsheets in two steps: read and shown with every fault, then saved once or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.documents.schema import Preview, Row
from app.documents.tables import read_table
from app.kernel.errors import N_, NotFound, Refusal
from app.models import SpreadsheetImport
from app.setting_up import import_rows, sheets
from app.setting_up.sheets import SheetKind

# Other sheets are kept in the same table; each kind has pages of its own.
_KINDS = frozenset(kind.value for kind in SheetKind)


class SheetHasFaults(Refusal):
    """Only the whole sheet was wanted, and some of its rows are wrong."""

    code = "sheet_has_faults"
    message = N_(
        "Some rows have faults. Correct the file and send it again, or save the good rows."
    )


@dataclass(frozen=True)
class Saved:
    """What an import did: new rows, rows that were there before, and the new people."""

    added: int
    known: int
    person_ids: tuple[int, ...]


def upload(
    session: Session,
    *,
    kind: SheetKind,
    cooperative_id: int,
    person_id: int,
    file_name: str,
    data: bytes,
    key: str,
    at: datetime,
) -> int:
    """Read a sheet and keep what was found, once per key; nothing of it is saved yet.

    :returns: the id of the import.
    :raises TableUnreadable: and the other refusals of ``read_table`` and ``preview``.
    """
    schema = sheets.schema_of(session, kind=kind, cooperative_id=cooperative_id)
    return keep(
        session,
        kind=kind.value,
        cooperative_id=cooperative_id,
        person_id=person_id,
        file_name=file_name,
        found=lambda: sheets.check(read_table(data), kind=kind, schema=schema),
        key=key,
        at=at,
    )


def keep(
    session: Session,
    *,
    kind: str,
    cooperative_id: int,
    person_id: int,
    file_name: str,
    found: Callable[[], Preview],
    key: str,
    at: datetime,
) -> int:
    """Keep what was found in a sheet of any kind, once per key, and return the import's id.

    :param found: reads the sheet; not called where the key is known.
    """
    known = session.scalar(select(SpreadsheetImport.id).where(SpreadsheetImport.key == key))
    if known is not None:
        return known
    preview = found()
    rows: dict[str, Any] = {
        "good": [{"row": row.number, "values": dict(row.values)} for row in preview.rows],
        "faults": [
            {
                "row": fault.row,
                "column": fault.column,
                "message": fault.message,
                "figures": dict(fault.figures),
            }
            for fault in preview.faults
        ],
        "ignored": list(preview.ignored),
    }
    kept = SpreadsheetImport(
        cooperative_id=cooperative_id,
        kind=kind,
        file_name=file_name[:200],
        rows=rows,
        person_id=person_id,
        key=key,
        uploaded_at=at,
    )
    session.add(kept)
    session.flush()
    return kept.id


def own_import(session: Session, *, import_id: int, cooperative_id: int) -> SpreadsheetImport:
    """Return an import of a cooperative's set-up.

    :raises NotFound: if there is none.
    """
    found = session.get(SpreadsheetImport, import_id)
    if found is None or found.cooperative_id != cooperative_id or found.kind not in _KINDS:
        raise NotFound
    return found


def latest(session: Session, *, cooperative_id: int, limit: int = 20) -> list[SpreadsheetImport]:
    """Return the latest imports, the newest first."""
    return list(
        session.scalars(
            select(SpreadsheetImport)
            .where(
                SpreadsheetImport.cooperative_id == cooperative_id,
                SpreadsheetImport.kind.in_(_KINDS),
            )
            .order_by(SpreadsheetImport.id.desc())
            .limit(limit)
        )
    )


def apply(
    session: Session,
    *,
    import_id: int,
    cooperative_id: int,
    only_whole: bool,
    person_id: int,
    at: datetime,
) -> Saved:
    """Save the good rows of an import, once; a second time returns what the first did.

    A row whose village, person, vehicle or shop exists already is left as it is.

    :param only_whole: save all of the sheet or nothing.
    :raises NotFound: if the cooperative has no such import.
    :raises SheetHasFaults: if only the whole is wanted and a row is wrong.
    """
    found = session.scalar(
        select(SpreadsheetImport)
        .where(
            SpreadsheetImport.id == import_id,
            SpreadsheetImport.cooperative_id == cooperative_id,
            SpreadsheetImport.kind.in_(_KINDS),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    if found.applied_at is not None:
        return result(found)
    if only_whole and found.rows["faults"]:
        raise SheetHasFaults
    saver = _Saver(session, cooperative_id, person_id, at)
    for good in found.rows["good"]:
        saver.save(SheetKind(found.kind), Row(good["row"], good["values"]))
    done = Saved(saver.added, saver.known, tuple(saver.person_ids))
    found.rows = {
        **found.rows,
        "saved": {"added": done.added, "known": done.known, "people": list(done.person_ids)},
    }
    found.applied_at = at
    session.flush()
    return done


def result(found: SpreadsheetImport) -> Saved:
    """Return what an applied import did."""
    saved: Mapping[str, Any] = found.rows.get("saved", {"added": 0, "known": 0, "people": []})
    return Saved(saved["added"], saved["known"], tuple(saved["people"]))


class _Saver:
    """Saves rows one by one and counts what became of them."""

    def __init__(self, session: Session, cooperative_id: int, person_id: int, at: datetime) -> None:
        self._context = import_rows.Context(session, cooperative_id, person_id, at)
        self.added = self.known = 0
        self.person_ids: list[int] = []

    def save(self, kind: SheetKind, row: Row) -> None:
        """Save one row, unless what it tells of is there already."""
        if kind is SheetKind.FARMERS:
            person_id = import_rows.farmer(self._context, row)
            if person_id is not None:
                self.person_ids.append(person_id)
            self._count(person_id is not None)
            return
        ways: dict[SheetKind, Callable[[import_rows.Context, Row], bool]] = {
            SheetKind.VILLAGES: import_rows.village,
            SheetKind.VEHICLES: import_rows.vehicle,
            SheetKind.SHOPS: import_rows.shop,
        }
        self._count(ways[kind](self._context, row))

    def _count(self, is_new: bool) -> None:
        self.added += is_new
        self.known += not is_new
