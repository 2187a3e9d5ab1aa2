"""Tests of the crop catalogue."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from app.catalogue.crops import CatalogueUnit, UnknownCrop, crop, crops, named

STATIC = Path(__file__).parents[2] / "static"


def test_the_catalogue_holds_each_of_157_crops_once():
    assert len(crops()) == 157
    assert len({one.code for one in crops()}) == 157


@pytest.mark.parametrize("one", crops(), ids=lambda one: one.code)
def test_every_crop_has_one_picture_either_an_emoji_or_a_small_safe_drawing(one):
    if one.emoji:
        assert one.drawing is None
        assert not (STATIC / "crops" / f"{one.code}.svg").exists()
        return
    drawing = (STATIC / one.drawing).read_bytes()
    assert len(drawing) < 1024
    tree = ElementTree.fromstring(drawing)
    assert tree.attrib["viewBox"] == "0 0 64 64"
    allowed = {"svg", "g", "path", "circle", "ellipse", "rect"}
    assert {
        node.tag.removeprefix("{http://www.w3.org/2000/svg}") for node in tree.iter()
    } <= allowed
    assert len(list(tree.iter())) >= 3


def test_no_two_crops_share_a_picture():
    emoji = [one.emoji for one in crops() if one.emoji]
    assert len(set(emoji)) == len(emoji)
    drawings = [(STATIC / one.drawing).read_bytes() for one in crops() if one.drawing]
    assert len(set(drawings)) == len(drawings)


@pytest.mark.parametrize("one", crops(), ids=lambda one: one.code)
def test_every_crop_has_names_sensible_units_and_keeping(one):
    assert one.names["en"]
    assert one.names["zh"]
    assert one.units[:2] == (CatalogueUnit("kg", 1000), CatalogueUnit("jin", 500))
    assert len({unit.code for unit in one.units}) == len(one.units)
    assert all(10 <= unit.grams <= 60_000 for unit in one.units)
    assert 1 <= one.keeps_days <= 730


def test_what_spoils_within_three_days_without_cold_says_so():
    warm = {one.code for one in crops() if one.keeps_days <= 3 and not one.needs_cold}
    assert warm == {"cassava", "custard-apple"}  # Both blacken in a cold store.


def test_a_crop_is_found_by_code_and_by_its_name_in_any_language():
    assert crop("konjac").names["zh"] == "魔芋"
    assert {named(word).code for word in ("konjac", " Konjac ", "魔芋", "कोन्याकु")} == {"konjac"}


def test_a_name_that_is_not_there_is_refused_by_name():
    with pytest.raises(UnknownCrop) as refusal:
        named("unobtainium")
    assert refusal.value.figures == {"name": "unobtainium"}
    with pytest.raises(UnknownCrop):
        crop("")
