"""Tests of previewing a spreadsheet: every fault by row and column."""

from datetime import date

import pytest

from app.documents import converters as to
from app.documents.schema import Column, ColumnDoubled, ColumnsMissing, Schema, preview
from app.documents.tables import read_table
from app.kernel.errors import Refusal

FARMERS = Schema(
    columns=(
        Column("name", to.text(20), ("Farmer", "姓名")),
        Column("village", to.text(), ("村",)),
        Column("price", to.scaled(2, 0, 100_000), ("asking price", "价格"), required=False),
        Column("lead", to.yes_no, required=False, default=False),
    ),
    unique=(("name", "village"),),
)


def faults(found):
    return [(fault.row, fault.column, fault.code) for fault in found.faults]


def test_good_rows_come_with_typed_values_under_any_heading():
    found = preview(read_table("姓名,村,Asking-Price,note\n谭伟,白杨坪,3.50,x\n".encode()), FARMERS)
    assert found.faults == ()
    assert found.ignored == ("note",)
    (row,) = found.rows
    assert (row.number, row.get("name", str), row.get("price", int)) == (2, "谭伟", 350)
    assert row.get("lead", bool) is False
    with pytest.raises(TypeError):
        row.get("name", int)


def test_an_empty_cell_that_may_be_empty_is_nothing():
    (row,) = preview(read_table(b"name,village\nTan,Shadi\n"), FARMERS).rows
    assert row.maybe("price", int) is None


def test_every_fault_of_every_row_is_named_and_good_rows_stay():
    found = preview(
        read_table(
            b"name,village,price,lead\n"
            b",Shadi,cheap,perhaps\n"
            b"Tan,Shadi,1,yes\n"
            b"Tan,Shadi,2,no\n"
            b"A name that is far too long,Shadi,0.001,\n"
            b"Xiang,Shadi,-1,,stray\n"
        ),
        FARMERS,
    )
    assert faults(found) == [
        (2, "name", "cell_missing"),
        (2, "price", "cell_not_a_number"),
        (2, "lead", "cell_not_a_choice"),
        (4, "name", "row_doubled"),
        (5, "name", "cell_text_too_long"),
        (5, "price", "cell_too_fine"),
        (6, "", "row_shifted"),
        (6, "price", "cell_out_of_range"),
    ]
    assert [row.number for row in found.rows] == [3]
    assert found.faults[3].figures == {"other": 3}


def test_a_sheet_without_a_needed_column_or_with_one_twice_is_refused():
    with pytest.raises(ColumnsMissing) as refusal:
        preview(read_table(b"farmer,price\n"), FARMERS)
    assert refusal.value.figures == {"columns": "village"}
    with pytest.raises(ColumnDoubled):
        preview(read_table(b"name,Farmer,village\n"), FARMERS)


@pytest.mark.parametrize(
    ("convert", "cell", "value"),
    [
        (to.whole(0, 100), "７", 7),
        (to.whole(0, 100), "12.0", 12),
        (to.scaled(3, 0, 10**9), "12.345", 12_345),
        (to.scaled(2, -100, 100), "-1", -100),
        (to.degrees(180), "109.123456789", 109.1234568),
        (to.one_of({"Rural": 1, "city": 2}), " rural ", 1),
        (to.yes_no, "是", True),
        (to.yes_no, "N", False),
        (to.day, "2026/5/4", date(2026, 5, 4)),
        (to.day, "2026年5月4日", date(2026, 5, 4)),
        (to.minute_of_day, "5:30", 330),
        (to.minute_of_day, "24:00", 1440),
        (to.text(), "  a\n b ", "a b"),
    ],
)
def test_cells_are_read_as_people_write_them(convert, cell, value):
    assert convert(cell) == value


@pytest.mark.parametrize(
    ("convert", "cell", "code"),
    [
        (to.whole(0, 100), "1.5", "cell_not_whole"),
        (to.whole(0, 100), "101", "cell_out_of_range"),
        (to.whole(0, 100), "1e999999999", "cell_not_a_number"),
        (to.whole(0, 100), "nan", "cell_not_a_number"),
        (to.whole(0, 100), "1_0", "cell_not_a_number"),
        (to.whole(0, 100), "1,5", "cell_not_a_number"),
        (to.scaled(2, 0, 100), "Infinity", "cell_not_a_number"),
        (to.degrees(90), "90.1", "cell_out_of_range"),
        (to.one_of({"a": 1}), "b", "cell_not_a_choice"),
        (to.yes_no, "maybe", "cell_not_a_choice"),
        (to.day, "04/05/2026", "cell_not_a_day"),
        (to.day, "2026-02-30", "cell_not_a_day"),
        (to.minute_of_day, "24:01", "cell_not_a_time"),
        (to.minute_of_day, "noon", "cell_not_a_time"),
    ],
)
def test_a_cell_that_cannot_be_used_is_refused_with_a_code(convert, cell, code):
    with pytest.raises(Refusal) as refusal:
        convert(cell)
    assert refusal.value.code == code
