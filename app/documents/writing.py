"""Write tables for spreadsheet programs, as CSV or XLSX, with no cell that could run."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from app.documents.cells import defused

Cell = str | int | float | Decimal | date | None
CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST_CELL = 32_000
# XML 1.0 has no place for these, and no person types them.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_NOT_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\']")


def write_csv(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return a CSV file with a mark by which Excel knows it as UTF-8."""
    out = io.StringIO(newline="")
    lines = csv.writer(out, lineterminator="\r\n")
    lines.writerow([_harmless(heading) for heading in headings])
    lines.writerows([_csv_cell(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def write_xlsx(
    headings: Sequence[str], rows: Iterable[Sequence[Cell]], *, title: str = "Farmgate"
) -> bytes:
    """Return an XLSX file of one sheet; numbers and days stay numbers and days."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_NOT_IN_SHEET_NAMES.sub(" ", _CONTROLS.sub("", title))[:31] or "1")
    sheet.freeze_panes = "A2"
    head = [WriteOnlyCell(sheet, value=_harmless(heading)) for heading in headings]
    for cell in head:
        cell.font = Font(bold=True)
    sheet.append(head)
    for row in rows:
        sheet.append([_xlsx_cell(cell) for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _csv_cell(cell: Cell) -> str | int | float | Decimal:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return _harmless(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "minutes")
    return cell.isoformat() if isinstance(cell, date) else cell


def _xlsx_cell(cell: Cell) -> Cell:
    if isinstance(cell, datetime):
        # Excel knows no time zones, and a wall-clock time alone would be a guess.
        return cell.isoformat(" ", "minutes")
    return _harmless(cell) if isinstance(cell, str) else cell


def _harmless(text: str) -> str:
    return defused(_CONTROLS.sub("", text)[:LONGEST_CELL])
