"""Tests of writing tables that no spreadsheet program runs."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from app.documents.cells import defused, undefused
from app.documents.writing import write_csv, write_xlsx

ATTACKS = [
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "  =1",
    "＝1",
    "\x0b=1",
]


def from_csv(data):
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))


def from_xlsx(data):
    return list(load_workbook(io.BytesIO(data)).active.iter_rows())


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_cell_that_could_run_is_only_text(attack):
    assert from_csv(write_csv(["name"], [[attack]]))[1][0].startswith("'")
    ((_,), (cell,)) = from_xlsx(write_xlsx(["name"], [[attack]]))
    assert cell.data_type == "s"
    assert cell.value.startswith("'")


def test_a_heading_that_could_run_is_only_text():
    assert from_csv(write_csv(["=A"], []))[0] == ["'=A"]
    assert from_xlsx(write_xlsx(["=A"], []))[0][0].value == "'=A"


def test_negative_numbers_stay_numbers():
    row = [-5, Decimal("-1.50"), date(2026, 5, 4), None, datetime(2026, 5, 4, 6, tzinfo=UTC)]
    assert from_csv(write_csv(["a"] * 5, [row]))[1] == [
        "-5", "-1.50", "2026-05-04", "", "2026-05-04 06:00+00:00",
    ]  # fmt: skip
    cells = from_xlsx(write_xlsx(["a"] * 5, [row], title="May: [all]/*?"))[1]
    assert [cell.data_type for cell in cells] == ["n", "n", "d", "n", "s"]


def test_signs_that_no_workbook_can_hold_are_left_out():
    assert from_xlsx(write_xlsx(["a"], [["be\x00ll\x07\ufffe"]]))[1][0].value == "bell"


@given(st.text(max_size=12))
def test_text_comes_back_from_being_defused(text):
    assert undefused(defused(text)) == text
    assert not defused(text).lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))
