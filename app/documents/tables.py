"""Read any spreadsheet that people send, CSV or XLSX, as a table of text."""

from __future__ import annotations

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from app.documents.cells import undefused
from app.kernel.errors import N_, BadInput

MOST_BYTES = 8_000_000
MOST_UNPACKED_BYTES = 30_000_000
MOST_PARTS = 500
MOST_ROWS = 5_000
MOST_COLUMNS = 60
LONGEST_CELL = 2_000
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_HIGH_BYTES = re.compile(rb"[\x80-\xff]+")
_DELIMITERS = (",", ";", "\t", "|")
# What openpyxl raises on workbooks that are not what they claim to be.
_BROKEN_WORKBOOK = (
    AttributeError,
    IndexError,
    InvalidFileException,
    KeyError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    # lxml's errors are syntax errors, as the standard library's are.
    SyntaxError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
)

# It warns of every feature of Excel that it does not keep; only values are read here.
warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")


class TableUnreadable(BadInput):
    """The file is no spreadsheet, or a damaged one."""

    code = "table_unreadable"
    message = N_("This file cannot be read as a spreadsheet. Save it as XLSX or CSV and try again.")


class TableTooBig(BadInput):
    """More than a person would review."""

    code = "table_too_big"
    message = N_("This spreadsheet is too big. Send at most %(rows)s rows at a time.")


class TableOldFormat(BadInput):
    """The binary format of Excel before 2007."""

    code = "table_old_format"
    message = N_("This is an old XLS file. Save it as XLSX or CSV and try again.")


class TableEmpty(BadInput):
    """No row with a heading was found."""

    code = "table_empty"
    message = N_("This spreadsheet is empty. The first row must hold the headings.")


@dataclass(frozen=True)
class Table:
    """Cells as text, trimmed; rows carry the number a spreadsheet shows for them."""

    headings: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def read_table(data: bytes) -> Table:
    """Return the first sheet of an XLSX file, or a CSV file of any usual encoding.

    What the file is, is seen from its bytes and not from its name. Empty rows are left
    out. Formulas give the value that was last shown.

    :raises TableUnreadable: if it is neither.
    :raises TableTooBig: beyond 5,000 rows, 60 columns, 8 MB, or 30 MB unpacked.
    :raises TableOldFormat: on a binary XLS file.
    :raises TableEmpty: without a row of headings.
    """
    if len(data) > MOST_BYTES:
        raise TableTooBig(field="file", rows=MOST_ROWS)
    if data.startswith(_OLD_EXCEL):
        raise TableOldFormat(field="file")
    lines = _xlsx_lines(data) if data.startswith(b"PK") else _csv_lines(_decoded(data))
    return _table(lines)


def _table(lines: Iterable[tuple[str, ...]]) -> Table:
    headings: tuple[str, ...] | None = None
    rows: list[tuple[int, tuple[str, ...]]] = []
    for number, line in enumerate(lines, start=1):
        if number > MOST_ROWS + 1 or len(line) > MOST_COLUMNS:
            raise TableTooBig(field="file", rows=MOST_ROWS)
        if not any(line):
            continue
        if headings is None:
            headings = line
        else:
            rows.append((number, line))
    if headings is None:
        raise TableEmpty(field="file")
    return Table(headings, tuple(rows))


def _csv_lines(text: str) -> Iterator[tuple[str, ...]]:
    try:
        for line in csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)):
            yield _trimmed(line)
    except csv.Error:
        raise TableUnreadable(field="file") from None


def _delimiter(text: str) -> str:
    # Excel writes semicolons where the comma is the decimal point.
    heading = next((line for line in text.splitlines() if line.strip()), "")
    return max(_DELIMITERS, key=heading.count)


def _decoded(data: bytes) -> str:
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if data.startswith(mark):
            return _strictly(data, (encoding,))
    if b"\0" in data:
        raise TableUnreadable(field="file")
    return _strictly(data, ("utf-8", *_unmarked(data)))


def _unmarked(data: bytes) -> tuple[str, ...]:
    """Return the encodings in which Excel may have written a file without a mark.

    Almost any bytes pass as GB18030; but Chinese fills runs of high bytes, while the
    accents of Western text stand alone.
    """
    runs = _HIGH_BYTES.findall(data)
    lone = sum(len(run) == 1 for run in runs)
    return ("cp1252", "gb18030") if 2 * lone > len(runs) else ("gb18030", "cp1252")


def _strictly(data: bytes, encodings: tuple[str, ...]) -> str:
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise TableUnreadable(field="file")


def _xlsx_lines(data: bytes) -> Iterator[tuple[str, ...]]:
    _check_parts(data)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        try:
            sheet = book.worksheets[0]
            # The size that a sheet claims may be wrong either way; openpyxl measures anew.
            sheet.reset_dimensions()
            for line in sheet.iter_rows(values_only=True, max_row=MOST_ROWS + 2):
                yield _trimmed(_shown(value) for value in line[: MOST_COLUMNS + 1])
        finally:
            book.close()
    except _BROKEN_WORKBOOK:
        raise TableUnreadable(field="file") from None


def _check_parts(data: bytes) -> None:
    """Look at what an XLSX file would unpack to, before anything is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS:
                raise TableTooBig(field="file", rows=MOST_ROWS)
            if sum(part.file_size for part in parts) > MOST_UNPACKED_BYTES:
                raise TableTooBig(field="file", rows=MOST_ROWS)
            if any(_declares_entities(archive, part) for part in parts):
                raise TableUnreadable(field="file")
    except (zipfile.BadZipFile, NotImplementedError, OSError, RuntimeError, ValueError):
        raise TableUnreadable(field="file") from None


def _declares_entities(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    # Excel writes no document type; one only serves entities that multiply.
    if not part.filename.endswith((".xml", ".rels")):
        return False
    with archive.open(part) as unpacked:
        return b"<!DOCTYPE" in unpacked.read(4096)


def _shown(value: object) -> str:
    """Return a cell's value as a person would have typed it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        # Phone and member numbers come out of Excel as floats.
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time(0) else value.isoformat(" ")
    if isinstance(value, time):
        return value.isoformat("minutes")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _trimmed(line: Iterable[str]) -> tuple[str, ...]:
    cells = [undefused(cell.strip())[:LONGEST_CELL] for cell in line]
    while cells and not cells[-1]:
        cells.pop()
    return tuple(cells)
