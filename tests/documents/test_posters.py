"""Posters: every sign has a glyph, every script its order, no picture is over 300 KB."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from PIL import Image, features

from app.catalogue.crops import crops
from app.documents.posters import MOST_BYTES, SIZES, PosterFacts, PosterPress, Shape
from app.documents.sign_fonts import SignFonts, can_shape
from tests.tidy.source import ROOT

STATIC = ROOT / "static"
CATALOGUES = ROOT / "app" / "translations"
ARABIC = "اطلب من هاتفك، بطاطس طازجة من القرية ٣٫٢٠"
FACTS = PosterFacts(
    farmer="Tan Guihua",
    place="Baiyangping",
    greeting="",
    lines=(("Potatoes, Class I", "¥3.20 per kg"),),
    heading="On sale now",
    seasonal="",
    call="Order on your phone",
    address="https://enshi.example/s/tan-gui-hua",
    shown_address="enshi.example/s/tan-gui-hua",
    cooperative="Enshi Hills",
    is_rtl=False,
    photos=(),
)


@pytest.fixture(scope="module")
def fonts() -> SignFonts:
    return SignFonts(STATIC)


def noise(name: str) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((1200, 900), 250).convert("RGB").save(out, "JPEG", quality=95)
    return out.getvalue()


def printed(facts: PosterFacts, shape: Shape = Shape.POSTER) -> Image.Image:
    data = PosterPress(STATIC, noise).print(facts, shape)
    assert len(data) < MOST_BYTES
    picture = Image.open(io.BytesIO(data))
    assert picture.format == "JPEG"
    return picture.convert("RGB")


def test_no_translated_word_and_no_crop_lacks_a_glyph(fonts: SignFonts) -> None:
    texts = [name for crop in crops() for name in crop.names.values()] + [ARABIC]
    for path in CATALOGUES.glob("*/LC_MESSAGES/messages.po"):
        with path.open("rb") as file:
            for message in read_po(file):
                strings = message.string if isinstance(message.string, tuple) else [message.string]
                texts += [str(one) for one in (message.id, *strings) if isinstance(one, str)]
    assert len(texts) > 1_500
    assert fonts.lacking("".join(texts)) == set()


def test_a_sign_that_no_font_has_is_named_and_left_out(fonts: SignFonts) -> None:
    assert fonts.lacking("Tan 😀 谭") == {"😀"}
    assert "".join(piece.text for piece in fonts.pieces("Tan😀谭", size=20)) == "Tan谭"


def test_a_right_to_left_line_keeps_its_numbers_and_latin_words_readable(fonts: SignFonts) -> None:
    pieces = fonts.pieces("بطاطس Roma 12.50 للكيلو", size=20, is_rtl=True)
    drawn = [piece.text.strip() for piece in pieces if piece.text.strip()]
    assert drawn == ["للكيلو", "Roma", "12.50", "بطاطس"]
    assert [piece.is_rtl for piece in pieces if piece.text.strip()] == [True, False, False, True]


@pytest.mark.skipif(not features.check_feature("raqm"), reason="Pillow has no Raqm here")
def test_letters_join_where_their_script_wants_it(fonts: SignFonts) -> None:
    assert can_shape("किसान بطاطس")
    # Joined, the word is narrower than its letters one by one.
    for word in ("बरेली", "بطاطس"):
        (piece,) = fonts.pieces(word, size=60)
        alone = sum(fonts.pieces(letter, size=60)[0].width for letter in word)
        assert piece.width < alone


@pytest.mark.parametrize("shape", Shape)
def test_names_of_any_length_and_noisy_photos_fit(shape: Shape) -> None:
    for text in (
        "Wolfeschlegelsteinhausen" * 8,
        "恩施土家族苗族自治州" * 12,
        "कृषि सहकारी " * 20,
        ARABIC * 5,
        "",
    ):
        facts = replace(
            FACTS,
            farmer=text,
            place=text,
            greeting=text,
            lines=((text, text),) * 7,
            seasonal=text,
            shown_address=text,
            is_rtl=text.startswith("ا"),
            photos=("a", "b", "c"),
        )
        assert printed(facts, shape).size == SIZES[shape]


def test_the_code_on_the_poster_leads_to_the_stall() -> None:
    from app.documents.qr import qr_squares

    picture = printed(FACTS)
    code = qr_squares(FACTS.address)
    scale = 300 // len(code)
    left = 1080 - 60 - scale * len(code)
    read = [
        [
            picture.getpixel((left + x * scale + scale // 2, 1116 + y * scale + scale // 2))[0]
            < 128  # type: ignore[index]
            for x in range(len(code))
        ]
        for y in range(len(code))
    ]
    assert read == code


def test_the_same_facts_are_drawn_once_and_others_get_another_stamp() -> None:
    asked: list[str] = []

    def read(name: str) -> bytes:
        asked.append(name)
        return noise(name)

    press = PosterPress(STATIC, read)
    facts = replace(FACTS, photos=("a",))
    assert press.print(facts, Shape.PREVIEW) == press.print(facts, Shape.PREVIEW)
    assert asked == ["a"]
    assert facts.digest != replace(facts, heading="Soon").digest


def test_without_the_font_packages_nothing_breaks(tmp_path: Path) -> None:
    data = PosterPress(tmp_path, noise).print(FACTS, Shape.PREVIEW)
    assert Image.open(io.BytesIO(data)).size == SIZES[Shape.PREVIEW]
