"""A stall as a picture to send in a chat, and as the small preview that a chat shows itself.

Both are JPEG and stay under 300 KB, because that is where large chat services stop
showing a preview. Text is shortened until it fits, so that no name breaks them.
"""

from __future__ import annotations

import hashlib
import io
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from PIL import Image, ImageDraw, ImageOps

from app.documents.poster_ink import CARD, LEAF, MUTED, PAPER, SOIL, SPROUT, SUN, Ink, hills
from app.documents.qr import qr_squares
from app.documents.sign_fonts import SignFonts

MOST_BYTES = 300_000
_QUALITIES = (86, 76, 64, 50, 36, 24)
# Changes whenever the drawing does, so that nobody keeps an old one.
_EDITION = 1
_KEPT = 48


class Shape(StrEnum):
    """A tall poster with a QR code, or a wide preview."""

    POSTER = "poster"
    PREVIEW = "preview"


SIZES = {Shape.POSTER: (1080, 1440), Shape.PREVIEW: (1200, 630)}


@dataclass(frozen=True)
class PosterFacts:
    """What stands on a poster, in the words of one language.

    :param lines: what is on sale: name and price. :param seasonal: what is in season else.
    :param photos: names in the store, at most three are shown.
    """

    farmer: str
    place: str
    greeting: str
    lines: tuple[tuple[str, str], ...]
    heading: str
    seasonal: str
    call: str
    address: str
    shown_address: str
    cooperative: str
    is_rtl: bool
    photos: tuple[str, ...]

    @property
    def digest(self) -> str:
        """A stamp of all that is drawn, for the ETag and the address."""
        return hashlib.sha256(f"{_EDITION}{self!r}".encode()).hexdigest()[:20]


class PosterPress:
    """Draws posters one at a time and keeps the latest: a link that goes round is asked for often.

    :param read: gives a stored photo by its name.
    """

    def __init__(self, static: Path, read: Callable[[str], bytes]) -> None:
        self._fonts = SignFonts(static)
        self._read = read
        self._kept: OrderedDict[tuple[str, Shape], bytes] = OrderedDict()
        # FreeType's faces are not made for several threads.
        self._lock = threading.Lock()

    def print(self, facts: PosterFacts, shape: Shape) -> bytes:
        """Return a JPEG of at most 300 KB."""
        key = (facts.digest, shape)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            draw = {Shape.POSTER: self._poster, Shape.PREVIEW: self._preview}[shape]
            data = _packed(draw(facts))
            self._kept[key] = data
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            return data

    def _poster(self, facts: PosterFacts) -> Image.Image:
        picture = Image.new("RGB", SIZES[Shape.POSTER], PAPER)
        ink = Ink(ImageDraw.Draw(picture), self._fonts, is_rtl=facts.is_rtl)
        self._pictures(picture, facts, (0, 0, 1080, 430))
        ink.draw.rectangle((0, 430, 1080, 660), fill=LEAF)
        ink.line(facts.farmer, (60, 462, 1020), size=84, least=44, fill="#ffffff", bold=True)
        ink.line(facts.place, (60, 572, 1020), size=44, least=28, fill=SUN)
        top = 694
        if facts.greeting:
            ink.line(facts.greeting, (60, top, 1020), size=40, least=26, fill=MUTED)
            top += 66
        self._offers(ink, facts, top, bottom=1070, most=5)
        ink.draw.rectangle((0, 1090, 1080, 1440), fill=SPROUT)
        code = qr_squares(facts.address)
        scale = 300 // len(code)
        side = scale * len(code)
        left = 60 if facts.is_rtl else 1080 - 60 - side
        ink.draw.rectangle((left, 1116, left + side, 1116 + side), fill=CARD)
        for row, squares in enumerate(code):
            for column, is_dark in enumerate(squares):
                if is_dark:
                    x, y = left + column * scale, 1116 + row * scale
                    ink.draw.rectangle((x, y, x + scale - 1, y + scale - 1), fill="#000000")
        beside = (60 + side + 40, 1020) if facts.is_rtl else (60, 1020 - side - 40)
        ink.line(facts.call, (beside[0], 1140, beside[1]), size=50, least=28, fill=LEAF, bold=True)
        ink.line(facts.shown_address, (beside[0], 1226, beside[1]), size=38, least=20, fill=SOIL)
        ink.line(facts.cooperative, (beside[0], 1336, beside[1]), size=34, least=22, fill=MUTED)
        return picture

    def _preview(self, facts: PosterFacts) -> Image.Image:
        picture = Image.new("RGB", SIZES[Shape.PREVIEW], PAPER)
        ink = Ink(ImageDraw.Draw(picture), self._fonts, is_rtl=facts.is_rtl)
        self._pictures(picture, facts, (0, 0, 1200, 230))
        ink.draw.rectangle((0, 230, 1200, 400), fill=LEAF)
        ink.line(facts.farmer, (60, 246, 1140), size=72, least=40, fill="#ffffff", bold=True)
        ink.line(facts.place, (60, 336, 1140), size=38, least=26, fill=SUN)
        self._offers(ink, facts, 422, bottom=622, most=3, size=42)
        return picture

    def _offers(
        self, ink: Ink, facts: PosterFacts, top: int, *, bottom: int, most: int, size: int = 46
    ) -> None:
        """Write what is on sale, name and price on one line, then what is in season."""
        width = ink.draw.im.size[0]
        step = size + 20
        if facts.heading:
            ink.line(
                facts.heading, (60, top, width - 60), size=size - 8, least=24, fill=MUTED, bold=True
            )
            top += step
        for name, price in facts.lines[:most]:
            if top + size > bottom:
                return
            ink.pair(name, price, (60, top, width - 60), size=size, fill=SOIL)
            top += step
        if facts.seasonal and top + size <= bottom:
            ink.line(facts.seasonal, (60, top, width - 60), size=size - 6, least=24, fill=LEAF)

    def _pictures(
        self, picture: Image.Image, facts: PosterFacts, box: tuple[int, int, int, int]
    ) -> None:
        """Fill a band with the photos side by side, or with drawn hills."""
        left, top, right, bottom = box
        photos = [self._read(name) for name in facts.photos[:3]]
        if not photos:
            picture.paste(hills(right - left, bottom - top), (left, top))
            return
        each = (right - left) // len(photos)
        for place, data in enumerate(photos):
            x = left + place * each
            wide = right - x if place == len(photos) - 1 else each
            with Image.open(io.BytesIO(data)) as photo:
                fitted = ImageOps.fit(photo.convert("RGB"), (wide, bottom - top))
            picture.paste(fitted, (x, top))


def _packed(picture: Image.Image) -> bytes:
    """Return a JPEG in the best quality that fits."""
    data = b""
    for quality in _QUALITIES:
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
        data = out.getvalue()
        if len(data) < MOST_BYTES:
            return data
    # Only noise that was made to be incompressible comes here.
    return _packed(picture.reduce(2))
