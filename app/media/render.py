"""Make two small, clean pictures out of whatever a phone sent.

Everything is decoded and encoded again, so nothing of the original file reaches
anybody: no position, no camera, no second file hidden behind the picture.
"""

from __future__ import annotations

import struct
import warnings
import zlib
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, UnidentifiedImageError
from pillow_heif import register_heif_opener

from app.kernel.errors import N_, BadInput
from app.media.hostile import hides_another_file, is_scan_bomb

MOST_PIXELS = 24_000_000
# WebP ends here, and no camera goes further.
LONGEST_SIDE = 16_383
SHORTEST_SIDE = 32
MOST_BYTES = 16_000_000

THUMBNAIL_SIDE, THUMBNAIL_BYTES = 160, 3_000
LARGE_SIDE, LARGE_BYTES = 800, 60_000
# A JPEG with a second picture behind it (MPO) is opened as a JPEG.
_FORMATS = ("JPEG", "PNG", "WEBP", "HEIF", "AVIF", "GIF")
# What Pillow and the decoders below it were seen to raise on damaged files.
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    TypeError,
    IndexError,
    OverflowError,
    RuntimeError,
    struct.error,
    zlib.error,
)

# Without this Pillow learns of its rarer formats only when a file needs them.
Image.init()
register_heif_opener()
# Between one and two times its limit Pillow only warns. Set once for the process,
# because switching warnings on and off around a call is not safe between threads.
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


class PhotoRefused(BadInput):
    """The file is no picture that can be shown; the code says why."""

    code = "photo_refused"
    message = N_("This file cannot be shown as a photo.")


class PhotoTooBig(PhotoRefused):
    """More pixels or bytes than a phone photo has."""

    code = "photo_too_big"
    message = N_("This photo is too big. Photos may have up to 24 million pixels and 16 MB.")


class PhotoTooSmall(PhotoRefused):
    """Too few pixels to recognise anything."""

    code = "photo_too_small"
    message = N_("This picture is too small to see anything. Take the photo again.")


class NotAPhoto(PhotoRefused):
    """No format that is accepted here, whatever its name says."""

    code = "not_a_photo"
    message = N_("This file is not a photo. Send a JPEG, PNG, WebP or HEIC picture.")


class PhotoBroken(PhotoRefused):
    """The picture ends too early or contradicts itself."""

    code = "photo_broken"
    message = N_("This photo is damaged or incomplete. Send it again.")


class PhotoHostile(PhotoRefused):
    """The file was made to be more, or to cost more, than a picture."""

    code = "photo_hostile"
    message = N_("This file holds something besides a picture, so it was not taken.")


class PhotoLost(PhotoRefused):
    """The original was gone before its sizes were made."""

    code = "photo_lost"
    message = N_("This photo was lost before it could be shown. Send it again.")


@dataclass(frozen=True)
class Picture:
    """One finished size."""

    data: bytes
    media_type: str
    width: int
    height: int


@dataclass(frozen=True)
class Rendering:
    """The two sizes of a photo: for lists, and for a look at it.

    :param thumbnail: AVIF, which shows most in a few kilobytes.
    :param thumbnail_plain: WebP, for a browser that does not name AVIF.
    """

    thumbnail: Picture
    thumbnail_plain: Picture
    large: Picture


def render(original: bytes) -> Rendering:
    """Return the sizes of a photo, upright, in plain colours and without metadata.

    :raises PhotoRefused: one of its kinds, if the file is not to be shown.
    """
    if len(original) > MOST_BYTES:
        raise PhotoTooBig(field="photo")
    if hides_another_file(original) or is_scan_bomb(original):
        raise PhotoHostile(field="photo")
    try:
        with _open(original) as image:
            large = _upright(image)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise PhotoTooBig(field="photo") from None
    except UnidentifiedImageError:
        raise NotAPhoto(field="photo") from None
    except MemoryError:
        raise PhotoTooBig(field="photo") from None
    except _BROKEN:
        raise PhotoBroken(field="photo") from None
    small = large.copy()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS)
    return Rendering(
        thumbnail=_encode(small, THUMBNAIL_BYTES, best=60, worst=16, form="AVIF"),
        thumbnail_plain=_encode(small, THUMBNAIL_BYTES, best=72, worst=20),
        large=_encode(large, LARGE_BYTES, best=80, worst=40),
    )


def _open(original: bytes) -> Image.Image:
    # Opening reads the header alone; nothing is decoded before the size is known.
    image = Image.open(BytesIO(original), formats=_FORMATS)
    if image.width * image.height > MOST_PIXELS or max(image.size) > LONGEST_SIDE:
        raise PhotoTooBig(field="photo")
    if min(image.size) < SHORTEST_SIDE:
        raise PhotoTooSmall(field="photo")
    return image


def _upright(image: Image.Image) -> Image.Image:
    # A JPEG can be decoded at a half, quarter or eighth, which spares most of the work.
    image.draft("RGB", (LARGE_SIDE, LARGE_SIDE))
    image.load()
    plain = _eight_bits(image)
    plain.thumbnail((LARGE_SIDE, LARGE_SIDE), Image.Resampling.LANCZOS)
    turned = _turn(plain, _orientation(image))
    # A fresh canvas: Pillow would carry a colour profile over to the new file.
    clean = Image.new("RGB", turned.size, "white")
    clean.paste(turned, mask=turned.getchannel("A") if turned.mode == "RGBA" else None)
    return clean


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return a picture as RGB or RGBA of eight bits a channel."""
    if image.mode.startswith("I"):
        # Sixteen bits of grey. Converting cuts off at 255, which leaves a white field.
        return image.convert("I").point(lambda grey: grey * (1 / 256)).convert("L").convert("RGB")
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image.convert("RGB")


_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(0x0112, 1))
    except _BROKEN:
        # Damaged metadata costs the turn, not the photo.
        return 1


def _turn(image: Image.Image, orientation: int) -> Image.Image:
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


# Settings that take tens of milliseconds for a photo of 800 px.
_EFFORT: dict[str, dict[str, int]] = {"WEBP": {"method": 5}, "AVIF": {"speed": 6}}


def _encode(
    image: Image.Image, most_bytes: int, *, best: int, worst: int, form: str = "WEBP"
) -> Picture:
    """Encode in as good a quality as fits; WebP is what every browser in use reads."""
    for quality in range(best, worst - 1, -4):
        out = BytesIO()
        image.save(out, form, quality=quality, **_EFFORT[form])
        if out.tell() <= most_bytes:
            break
    return Picture(out.getvalue(), f"image/{form.lower()}", image.width, image.height)
