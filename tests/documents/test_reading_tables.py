"""Tests of reading any spreadsheet that people send."""

import io
import zipfile
from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from app.documents.tables import (
    TableEmpty,
    TableOldFormat,
    TableTooBig,
    TableUnreadable,
    read_table,
)
from app.documents.writing import write_csv, write_xlsx
from app.kernel.errors import Refusal


def workbook(*rows):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def changed(xlsx, name, body):
    """Return a workbook with one part replaced or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(xlsx)) as old, zipfile.ZipFile(out, "w", 8) as new:
        for part in old.namelist():
            if part != name:
                new.writestr(part, old.read(part))
        new.writestr(name, body)
    return out.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_of_every_usual_encoding_and_delimiter_is_read(encoding, delimiter):
    text = (
        f"姓名{delimiter}村\r\n谭伟{delimiter}白杨坪\r\n\r\n{delimiter}\r\n向红{delimiter}𠮷村\r\n"
    )
    table = read_table(text.encode(encoding))
    assert table.headings == ("姓名", "村")
    assert table.rows == ((2, ("谭伟", "白杨坪")), (5, ("向红", "𠮷村")))


def test_a_western_file_without_a_mark_is_read():
    assert read_table("Nom;Prix\nPêche;1\n".encode("cp1252")).rows[0][1] == ("Pêche", "1")


def test_a_workbook_gives_its_cells_as_people_type_them():
    table = read_table(
        workbook(
            ["name", "phone", "price", "since", "at", "opens", "lead", "gone"],
            ["Tan", 13812345678.0, 3.5, date(2026, 5, 4), datetime(2026, 5, 4, 6, 30), time(5, 30),
             True, None],
        )
    )  # fmt: skip
    assert table.rows == (
        (2, ("Tan", "13812345678", "3.5", "2026-05-04", "2026-05-04 06:30:00", "05:30", "yes")),
    )


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b"", TableEmpty),
        (b"\n , \n", TableEmpty),
        (workbook(), TableEmpty),
        (b"a\0b,c\n", TableUnreadable),
        (b"\x89PNG\r\n\x1a\n\0\0", TableUnreadable),
        (b"PK\x03\x04 broken", TableUnreadable),
        (workbook(["a"])[:1500], TableUnreadable),
        (b"\xd0\xcf\x11\xe0 old", TableOldFormat),
        (b"x" * 8_000_001, TableTooBig),
        (b"a\n" * 5_002, TableTooBig),
        (b"a," * 70, TableTooBig),
        (workbook(*[["a"]] * 5_002), TableTooBig),
        (workbook(["a"] * 61), TableTooBig),
    ],
)
def test_what_is_no_table_or_too_much_is_refused_by_name(data, refusal):
    with pytest.raises(refusal):
        read_table(data)


def test_a_workbook_that_unpacks_without_end_is_refused():
    with pytest.raises(TableTooBig):
        read_table(changed(workbook(["a"]), "xl/media/x.bin", b"\0" * 31_000_000))


def test_a_workbook_with_entities_is_refused():
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'
    with pytest.raises(TableUnreadable):
        read_table(changed(workbook(["a"]), "xl/workbook.xml", bomb))


@pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")
@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml"])
@pytest.mark.parametrize("body", [b"", b"<x/>", b"<broken", b"\xff\xff"])
def test_a_damaged_workbook_is_refused_or_read_and_never_a_crash(part, body):
    try:
        read_table(changed(workbook(["a"], ["b"]), part, body))
    except Refusal as refusal:
        assert refusal.code.startswith("table_")


CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp", "Cn"]), max_size=20)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2).filter(any), min_size=1, max_size=8))
def test_what_is_written_comes_back_from_both_kinds_of_file(rows):
    for write in (write_csv, write_xlsx):
        table = read_table(write(["first", "second"], rows))
        assert [(*line, "")[:2] for _, line in table.rows] == [tuple(row) for row in rows]


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data):
    for attempt in (data, b"PK\x03\x04" + data, b"\xef\xbb\xbf" + data):
        try:
            read_table(attempt)
        except Refusal as refusal:
            assert refusal.code.startswith("table_")
