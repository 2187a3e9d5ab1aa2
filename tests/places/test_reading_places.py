"""Tests of reading a region's places from a dirty CSV file."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.geo import Position
from app.models import PlacePrecision
from app.places.reading import UnreadablePlaces, read_file, read_text

HEAD = "name,local_name,admin,lat,lon\n"
GOOD = "".join(f"Town {n},,,{30 + n / 10},{109 + n / 10}\n" for n in range(8))


def codes(read):
    return [(fault.row, fault.code) for fault in read.faults]


def test_good_rows_are_kept_with_their_source_and_no_fault():
    read = read_text(HEAD + "Baiyangping,白杨坪,Enshi,30.49599,109.63812\n", source="geonames")
    assert read.faults == ()
    (place,) = read.places
    assert place.position == Position(30.49599, 109.63812)
    assert (place.local_name, place.admin, place.source) == ("白杨坪", "Enshi", "geonames")
    assert place.precision is PlacePrecision.TOWN


@pytest.mark.parametrize(
    ("lat", "lon", "code"),
    [
        ("", "109.5", "missing"),
        ("30.3", "", "missing"),
        ("thirty", "109.5", "not_a_number"),
        ("nan", "109.5", "not_a_number"),
        ("inf", "109.5", "not_a_number"),
        ("30.3", "209.5", "impossible"),
        ("-200", "109.5", "impossible"),
        ("0", "0", "zero"),
        ("51.5", "0.1", "far"),
    ],
)
def test_a_name_without_a_believable_position_waits_for_a_pin(lat, lon, code):
    read = read_text(f"{HEAD}{GOOD}Odd,,,{lat},{lon}\n", source="file")
    assert codes(read) == [(10, code)]
    assert len(read.places) == 9
    odd = read.places[-1]
    assert (odd.name, odd.position, odd.precision) == ("Odd", None, PlacePrecision.UNKNOWN)


def test_a_position_the_wrong_way_round_is_turned_and_said_so():
    read = read_text(f"{HEAD}{GOOD}Odd,,,109.35,30.35\n", source="file")
    assert codes(read) == [(10, "swapped")]
    assert read.places[-1].position == Position(30.35, 109.35)


def test_a_turned_position_that_is_possible_is_told_from_the_others():
    indian = "".join(f"Town {n},,,{20 + n / 10},{74 + n / 10}\n" for n in range(8))
    read = read_text(f"{HEAD}{indian}Odd,,,74.2,20.1\n", source="file")
    assert codes(read) == [(10, "swapped")]
    assert read.places[-1].position == Position(20.1, 74.2)


def test_a_row_that_comes_twice_is_kept_once_and_teaches_its_position():
    read = read_text(HEAD + "Baiguo,白果乡,,,\nBaiguo,白果镇,,30.3,109.3\n", source="file")
    assert codes(read) == [(2, "missing"), (3, "double")]
    assert [place.position for place in read.places] == [Position(30.3, 109.3)]


def test_namesakes_apart_are_both_kept():
    read = read_text(HEAD + "Baiguo,,,30.3,109.3\nBaiguo,,,30.9,109.9\n", source="file")
    assert codes(read) == [(3, "namesake")]
    assert len(read.places) == 2


def test_places_that_share_a_position_are_kept_as_rough():
    read = read_text(HEAD + "A,,,30.3,109.3\nB,,,30.3,109.3\nC,,,30.4,109.3\n", source="file")
    assert codes(read) == [(3, "shared")]
    assert [place.precision.value for place in read.places] == ["district", "district", "town"]


def test_a_row_without_a_name_or_with_shifted_cells_is_left_out_and_named():
    read = read_text(HEAD + ",,,30.3,109.3\nA,,Enshi, Hubei,30.3,109.3\n\n", source="file")
    assert codes(read) == [(2, "nameless"), (3, "shifted")]
    assert read.places == ()


def test_figures_are_read_as_people_write_them():
    rows = 'A,,,"30,5",109.5°\nB,,,N 30.6,109.6 E\nC,,,３０．７,109.7\nD,,,1.5 S,36.8\n'
    read = read_text(HEAD + rows, source="file")
    assert [(p.position.lat, p.position.lon) for p in read.places] == [
        (30.5, 109.5),
        (30.6, 109.6),
        (30.7, 109.7),
        (-1.5, 36.8),
    ]


@pytest.mark.parametrize("text", ["", "name,lat\nA,1\n", "\n", "PK\x03\x04,,\n"])
def test_a_file_without_the_columns_is_refused(text):
    with pytest.raises(UnreadablePlaces):
        read_text(text, source="file")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_files_of_every_usual_encoding_are_read(tmp_path, encoding):
    path = tmp_path / "places.csv"
    path.write_bytes("Name,Latitude,LNG,local_name\nShadi,30.5,109.5,沙地乡\n".encode(encoding))
    assert read_file(path, source="file").places[0].local_name == "沙地乡"


def test_a_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "places.csv"
    path.write_bytes(b"\xff\xfe\x00\xff" * 40)
    with pytest.raises(UnreadablePlaces):
        read_file(path, source="file")


@given(st.lists(st.lists(st.text(max_size=12), max_size=7), max_size=12))
def test_whatever_the_cells_hold_every_kept_place_is_sound(rows):
    lines = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    read = read_text(HEAD + "\n".join(lines), source="file")
    assert len(read.places) <= len(rows) + sum(
        line.count("\n") + line.count("\r") for line in lines
    )
    for place in read.places:
        assert place.name.strip()
        assert place.position is None or not math.isnan(place.position.lat + place.position.lon)
