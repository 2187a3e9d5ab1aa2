"""Lines of text on a picture that always fit their place, and the hills behind them."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image, ImageDraw

from app.documents.sign_fonts import BOLD, REGULAR, Piece, SignFonts

# The colours of the pages; see static/css/phone.css.
SOIL, MUTED, LEAF, SPROUT = "#2b2118", "#54483b", "#12442a", "#e4efdf"
PAPER, CARD, SUN = "#faf7f0", "#ffffff", "#f2c14e"
_FURTHER, _NEARER = "#7fae86", "#3f7d54"
_CUT = "…"
_SMALLER = 4
# Prices may take so much of a line before its name does.
_PRICE_PART = 0.55

# From the left, from the top, to the right.
Place = tuple[int, int, int]


@dataclass(frozen=True)
class Ink:
    """Draws on one picture, from the side that its language begins at."""

    draw: ImageDraw.ImageDraw
    fonts: SignFonts
    is_rtl: bool

    def line(
        self, text: str, place: Place, *, size: int, least: int, fill: str, bold: bool = False
    ) -> None:
        """Write a line, smaller where it is long, and cut where even that is too long."""
        pieces, size = self._fitted(text, place[2] - place[0], size, least, bold)
        at_end = sum(piece.width for piece in pieces)
        x = place[2] - at_end if self.is_rtl else float(place[0])
        self._write(pieces, x, place[1], size, fill)

    def pair(self, name: str, price: str, place: Place, *, size: int, fill: str) -> None:
        """Write a name and, at the other side of the same line, its price."""
        left, top, right = place
        room = int((right - left) * _PRICE_PART)
        prices, price_size = self._fitted(price, room, size, size // 2, True)
        taken = int(sum(piece.width for piece in prices)) + 24
        names, name_size = self._fitted(name, right - left - taken, size, size * 2 // 3, False)
        width = sum(piece.width for piece in names)
        self._write(names, right - width if self.is_rtl else left, top, name_size, fill)
        self._write(prices, left if self.is_rtl else right - taken + 24, top, price_size, LEAF)

    def _fitted(
        self, text: str, room: int, size: int, least: int, bold: bool
    ) -> tuple[list[Piece], int]:
        weight = BOLD if bold else REGULAR
        shown = " ".join(text.split())
        while True:
            pieces = self.fonts.pieces(shown, size=size, weight=weight, is_rtl=self.is_rtl)
            if sum(piece.width for piece in pieces) <= room or len(shown) <= 1:
                return pieces, size
            if size - _SMALLER >= least:
                size -= _SMALLER
            else:
                shown = shown.removesuffix(_CUT)[:-1].rstrip() + _CUT

    def _write(self, pieces: list[Piece], x: float, top: float, size: int, fill: str) -> None:
        # On one baseline, because the fonts' own heights differ.
        baseline = top + size
        for piece in pieces:
            self.draw.text(
                (x, baseline),
                piece.text,
                font=piece.font,
                fill=fill,
                anchor="ls",
                direction=piece.direction,
            )
            x += piece.width


def hills(width: int, height: int) -> Image.Image:
    """Return a drawn landscape, for a stall without a photo."""
    big = Image.new("RGB", (width * 2, height * 2), SUN)
    draw = ImageDraw.Draw(big)
    draw.rectangle((0, 0, width * 2, height * 2), fill="#fdf1d0")
    radius = height // 2
    draw.ellipse(
        (width * 1.4, height * 0.35, width * 1.4 + radius, height * 0.35 + radius), fill=SUN
    )
    draw.ellipse((-width * 0.7, height * 0.9, width * 1.5, height * 4.5), fill=_FURTHER)
    draw.ellipse((width * 0.6, height * 1.05, width * 3.1, height * 5), fill=_NEARER)
    draw.ellipse((-width * 0.4, height * 1.45, width * 1.9, height * 6), fill=LEAF)
    return big.resize((width, height), Image.Resampling.LANCZOS)
