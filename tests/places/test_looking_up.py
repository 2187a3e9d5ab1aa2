"""Tests of finding the place that somebody means."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.geo import Position
from app.models import PlacePrecision
from app.places.gazetteer import Gazetteer, own
from app.places.geocoding import NoGeocoder
from app.places.lookup import Answer, find
from app.places.names import latin_key, local_key
from app.places.place import NotAPosition, Place, position_from
from app.places.reading import read_file

ENSHI = Position(30.3, 109.48333)
TOWNSHIPS = Path(__file__).parents[3] / "shared/data/places/enshi_townships_names.csv"


def test_the_own_gazetteer_is_whole_and_every_row_says_where_it_comes_from():
    file = Path(__file__).parents[2] / "app/places/gazetteer.csv"
    faults = read_file(file, source="geonames").faults
    assert {fault.code for fault in faults} == {"namesake"}
    assert len(own().places) == 251
    assert {(place.source, place.precision.value) for place in own().places} == {
        ("geonames", "town")
    }


@pytest.mark.parametrize("name", ["白杨坪", "白杨坪镇", "白杨坪乡", " 白 杨坪镇 ", "Baiyangping"])
def test_a_name_is_found_with_any_administrative_ending(name):
    found = find(name, gazetteer=own())
    assert found.answer is Answer.FOUND
    assert found.place.name == "Baiyangping"
    assert (found.place.source, found.place.precision) == ("geonames", PlacePrecision.TOWN)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("白杨平", "Baiyangping"),  # The same sound in other characters.
        ("Baiyangpin", "Baiyangping"),
        ("Bai Yang Pin", "Baiyangping"),
        ("tunbo", "Tunbao"),
        ("Xioaguan", "Xiaoguan"),
        ("Lìchuān Shì", "Lichuan"),
    ],
)
def test_a_misspelt_name_is_offered_and_not_taken_for_granted(written, meant):
    choices = find(written, gazetteer=own()).choices
    assert meant in [choice.place.name for choice in choices]
    assert all(choice.score >= 85 for choice in choices)


def test_a_name_that_only_sounds_alike_is_asked_back():
    found = find("白杨平", gazetteer=own())
    assert found.answer is Answer.CHOOSE
    assert found.place.position is None


def test_a_town_is_found_by_its_local_name_in_pinyin_too():
    # GeoNames files the county seat 建始县 under the name of its town, Yezhou.
    assert find("Jianshi", gazetteer=own()).place.local_name == "建始县"


def test_namesakes_are_offered_nearest_first():
    places = [
        Place("Baiguo", "白果镇", "Macheng", Position(31.0, 115.0), "file", PlacePrecision.TOWN),
        Place("Baiguo", "白果乡", "Enshi", Position(30.4, 109.4), "file", PlacePrecision.TOWN),
    ]
    found = find("白果", gazetteer=Gazetteer(places), near=ENSHI)
    assert found.answer is Answer.CHOOSE
    assert [choice.place.admin for choice in found.choices] == ["Enshi", "Macheng"]
    assert found.choices[0].away_m < 20_000 < found.choices[1].away_m
    decided = find("白果", gazetteer=Gazetteer(places), admin="麻城")
    assert decided.answer is Answer.UNKNOWN
    assert find("白果", gazetteer=Gazetteer(places), admin="macheng").place.local_name == "白果镇"


@pytest.mark.parametrize("name", ["", "  ", "X", "芭蕉侗族乡", "!!!", "Nairobi"])
def test_a_name_that_nobody_knows_is_a_legal_answer(name):
    found = find(name, gazetteer=own(), geocoder=NoGeocoder())
    assert found.answer is Answer.UNKNOWN
    assert found.choices == ()
    assert (found.place.name, found.place.precision) == (name.strip(), PlacePrecision.UNKNOWN)
    assert found.place.source == "none"


def test_the_phone_offers_its_own_position_when_no_name_fits():
    found = find("芭蕉侗族乡", gazetteer=own(), phone=ENSHI)
    assert found.answer is Answer.CHOOSE
    (choice,) = found.choices
    assert choice.place.position == ENSHI
    assert (choice.place.source, choice.place.precision) == ("phone", PlacePrecision.PHONE)


def test_the_nearest_towns_come_with_their_distance():
    near = own().nearest(ENSHI, most=3)
    assert [choice.place.name for choice in near] == ["Enshi", "Xiaoduchuan", "Wuyangba"]
    assert near[0].away_m == 0
    assert [choice.away_m for choice in near] == sorted(choice.away_m for choice in near)
    assert own().nearest(Position(-1.3, 36.8)) == ()


def test_the_official_townships_are_found_or_left_unknown():
    if not TOWNSHIPS.exists():
        pytest.skip("the shared place lists are not here")
    with TOWNSHIPS.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    located = [row for row in rows if row["has_coordinates_in_hubei_towns"] == "1"]
    # Four towns stand in GeoNames under the name of their county.
    assert sum(bool(own().named(row["local_name"])) for row in located) == len(located)
    exact = [row for row in located if find(row["local_name"], gazetteer=own()).choices[0].exact]
    assert len(exact) >= len(located) - 4


@pytest.mark.parametrize(("lat", "lon"), [("", "1"), ("nan", "1"), ("300", "1"), (0, 0), (0, "x")])
def test_a_phone_without_a_fix_gives_no_position(lat, lon):
    with pytest.raises(NotAPosition):
        position_from(lat, lon)


@given(st.text(max_size=40))
def test_any_text_can_be_looked_up(name):
    assert len(own().named(name)) <= 8
    assert local_key(local_key(name) + "镇") or not name.strip()
    latin_key(name)
