"""Tests of making clean small pictures out of whatever comes."""

import tracemalloc
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from app.media.render import (
    NotAPhoto,
    PhotoBroken,
    PhotoHostile,
    PhotoRefused,
    PhotoTooBig,
    PhotoTooSmall,
    render,
)
from tests.media.pictures import encoded, exif, field, png_header, zip_behind

PHOTOS = Path(__file__).parents[3] / "shared/data/photos"
JPEG = encoded(field((96, 64)), quality=60)


def opened(picture):
    image = Image.open(BytesIO(picture.data))
    image.load()
    return image


def is_red(colour):
    return colour[0] > 150 and colour[1] < 90


@pytest.mark.parametrize(
    ("form", "mode"),
    [
        ("JPEG", "RGB"), ("JPEG", "L"), ("JPEG", "CMYK"), ("PNG", "RGBA"), ("PNG", "P"),
        ("PNG", "1"), ("PNG", "LA"), ("PNG", "I;16"), ("WEBP", "RGB"), ("GIF", "P"),
        ("HEIF", "RGB"), ("AVIF", "RGB"),
    ],
)  # fmt: skip
def test_every_usual_format_and_colour_becomes_a_plain_small_one(form, mode):
    rendering = render(encoded(field((1600, 1200), mode), form))
    assert (rendering.large.width, rendering.large.height) == (800, 600)
    assert (rendering.thumbnail.width, rendering.thumbnail.height) == (160, 120)
    for picture, format in (
        (rendering.large, "WEBP"),
        (rendering.thumbnail_plain, "WEBP"),
        (rendering.thumbnail, "AVIF"),
    ):
        image = opened(picture)
        kind = f"image/{format.lower()}"
        assert (image.format, image.mode, picture.media_type) == (format, "RGB", kind)
    assert max(len(rendering.thumbnail.data), len(rendering.thumbnail_plain.data)) <= 3000
    assert len(rendering.large.data) <= 60_000


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    ("orientation", "corner"),
    [(1, (0, 0)), (2, (1, 0)), (3, (1, 1)), (4, (0, 1)), (5, (0, 0)), (6, (1, 0)), (7, (1, 1)),
     (8, (0, 1))],
)  # fmt: skip
def test_a_turned_picture_stands_upright(form, orientation, corner):
    image = opened(render(encoded(field(), form, exif=exif(orientation))).large)
    assert image.size == ((640, 480) if orientation <= 4 else (480, 640))
    x, y = (20 + corner[0] * (image.width - 40), 20 + corner[1] * (image.height - 40))
    assert is_red(image.getpixel((x, y)))


def test_nothing_of_the_metadata_is_left():
    original = encoded(
        field(), exif=exif(), comment=b"SecretComment", icc_profile=b"SecretProfile" * 20,
        xmp=b"<x:xmpmeta>SecretPlace</x:xmpmeta>",
    )  # fmt: skip
    assert b"Secret" in original
    for picture in (
        render(original).large,
        render(original).thumbnail,
        render(original).thumbnail_plain,
    ):
        assert b"Secret" not in picture.data
        assert set(opened(picture).info) <= {"loop", "background", "timestamp", "duration"}
        assert not opened(picture).getexif()


def test_an_animation_shows_its_first_picture():
    frames = [Image.new("RGB", (200, 200), colour) for colour in ("red", "blue", "green")]
    for form in ("WEBP", "GIF", "PNG"):
        data = encoded(frames[0], form, save_all=True, append_images=frames[1:])
        image = opened(render(data).large)
        assert getattr(image, "n_frames", 1) == 1
        assert is_red(image.getpixel((100, 100)))


def test_sixteen_bits_of_grey_are_not_washed_out():
    grey = Image.new("I;16", (200, 200), 128 * 256)
    assert abs(opened(render(encoded(grey, "PNG")).large).getpixel((100, 100))[0] - 128) < 6


def test_a_transparent_picture_stands_on_white():
    clear = Image.new("RGBA", (200, 200), (0, 0, 0, 0))
    assert min(opened(render(encoded(clear, "PNG")).large).getpixel((100, 100))) > 250


@pytest.mark.parametrize("size", [(6000, 4001), (20_000, 100), (9000, 10_000), (50_000, 50_000)])
def test_too_many_pixels_are_refused_before_anything_is_decoded(size):
    data = png_header(*size)
    render_small = encoded(field((64, 64)))
    render(render_small)
    tracemalloc.start()
    with pytest.raises(PhotoTooBig):
        render(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000


def test_a_picture_of_24_megapixels_is_taken():
    plain = Image.new("L", (6000, 4000), 90)
    assert render(encoded(plain, "PNG", compress_level=1)).large.width == 800


def test_a_file_of_too_many_bytes_is_refused():
    with pytest.raises(PhotoTooBig):
        render(JPEG + b"\0" * 16_000_000)


def test_a_picture_of_a_few_pixels_is_refused():
    with pytest.raises(PhotoTooSmall):
        render(encoded(field((31, 400))))


@pytest.mark.parametrize(
    "data",
    [b"", b"hello", b"MZ" + b"\0" * 500, b"BM" + b"\0" * 100, b"II*\0" + b"\0" * 100,
     encoded(field(), "BMP"), encoded(field(), "TIFF"), encoded(field(), "PPM")],
)  # fmt: skip
def test_what_is_no_photo_is_refused(data):
    with pytest.raises(NotAPhoto):
        render(data)


@pytest.mark.parametrize(
    "data",
    [
        zip_behind(JPEG),
        JPEG + b"<script>alert(1)</script>",
        encoded(field(), comment=b"<?php system($_GET[0]); ?>"),
        b"%PDF-1.4\n" + JPEG,
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        b"\xff\xd8" + b"\xff\xda\x00" * 5000,
    ],
)
def test_a_file_that_is_more_than_a_picture_is_refused(data):
    with pytest.raises(PhotoHostile):
        render(data)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "HEIF", "AVIF"])
def test_a_picture_that_ends_too_early_is_refused(form):
    data = encoded(field(), form)
    for share in (0.5, 0.9):
        with pytest.raises(PhotoRefused) as refusal:
            render(data[: int(len(data) * share)])
        assert isinstance(refusal.value, PhotoBroken | NotAPhoto)


SEEDS = [JPEG, *(encoded(field((64, 48)), form) for form in ("PNG", "WEBP", "GIF", "HEIF"))]


@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), max_size=12),
    st.integers(0, 4000),
)
def test_however_a_file_is_damaged_it_is_shown_or_refused(seed, changes, cut):
    data = bytearray(seed)
    for place, value in changes:
        data[place % len(data)] = value
    damaged = bytes(data[: len(data) - cut % len(data)])
    try:
        rendering = render(damaged)
    except PhotoRefused as refusal:
        assert refusal.code
    else:
        assert max(rendering.large.width, rendering.large.height) <= 800


def test_real_photos_become_small_and_lose_their_place():
    if not PHOTOS.is_dir():
        pytest.skip("the shared photos are not here")
    for path in sorted(PHOTOS.iterdir()):
        rendering = render(path.read_bytes())
        assert len(rendering.thumbnail.data) <= 3000, path.name
        assert len(rendering.thumbnail_plain.data) <= 3000, path.name
        assert len(rendering.large.data) <= 60_000, path.name
        assert not opened(rendering.large).getexif(), path.name
