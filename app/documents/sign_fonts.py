"""Fonts to draw pictures with: each sign from the package whose font has it, shaped by Raqm.

The same packages as in :mod:`app.documents.fonts`, here opened by Pillow. Devanagari and
Arabic need Raqm (with FriBiDi) to join their letters; :func:`can_shape` says if it is there.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path

from fontTools.ttLib import TTFont
from PIL import ImageFont, features

from app.documents.fonts import SCOPE, slices, spans

PACKAGES = ("noto-sans-sc", "noto-sans-devanagari", "noto-sans-arabic")
REGULAR, BOLD = 400, 700
# Scripts whose letters join or stack; without Raqm they would be drawn wrong.
_SHAPED = ("DEVANAGARI", "ARABIC")
_RIGHT_TO_LEFT = frozenset({"R", "AL"})
_NEUTRAL = frozenset({"WS", "ON", "CS", "ES", "BN", "S", "B"})


@dataclass(frozen=True)
class Piece:
    """Signs that one font draws, in one direction."""

    text: str
    font: ImageFont.FreeTypeFont
    is_rtl: bool

    @property
    def width(self) -> float:
        """How far the next piece stands from this one's beginning, in pixels."""
        return self.font.getlength(self.text, direction=self.direction)

    @property
    def direction(self) -> str | None:
        """The direction as Pillow wants it; None where it has no Raqm."""
        if not features.check_feature("raqm"):
            return None
        return "rtl" if self.is_rtl else "ltr"


class SignFonts:
    """The fonts under a ``static`` folder; a sign that none of them has is left out."""

    def __init__(self, static: Path) -> None:
        self._folders = tuple(static / SCOPE / package for package in PACKAGES)

    def file_of(self, sign: str) -> Path | None:
        """Return the font file that has a sign, or None."""
        code = ord(sign)
        for folder in self._folders:
            for name, unicode_range in slices(folder):
                file = folder / "files" / name
                if any(low <= code <= high for low, high in spans(unicode_range)) and (
                    code in _signs(file)
                ):
                    return file
        return None

    def lacking(self, text: str) -> set[str]:
        """Return the signs of a text that no font has; blanks and joiners need none."""
        return {sign for sign in text if not _is_blank(sign) and self.file_of(sign) is None}

    def pieces(
        self, text: str, *, size: int, weight: int = REGULAR, is_rtl: bool = False
    ) -> list[Piece]:
        """Return a line as pieces from left to right, as the eye meets them.

        :param is_rtl: whether the line as a whole runs from right to left.
        """
        found: list[tuple[Path, bool, str]] = []
        last: Path | None = None
        for sign in text:
            # A joiner stays with the word before it, and a blank too, if that font has it.
            file = last if last and ord(sign) in _signs(last) else self.file_of(sign)
            if file is not None:
                found.append((file, sign.isspace(), sign))
                last = file
        logical = [
            Piece(run, _font(file, size, weight), _is_rtl(run))
            for (file, _), signs in groupby(found, key=lambda one: one[:2])
            for run in ["".join(sign for _, _, sign in signs)]
        ]
        return _visual(_with_neutrals(logical, is_rtl=is_rtl), is_rtl=is_rtl)


def can_shape(text: str) -> bool:
    """Say whether this machine's Pillow draws a text as its readers write it."""
    needs_raqm = any(
        unicodedata.name(sign, "").startswith(script) for sign in text for script in _SHAPED
    )
    return not needs_raqm or bool(features.check_feature("raqm"))


def _with_neutrals(logical: list[Piece], *, is_rtl: bool) -> list[Piece]:
    """Give blanks and punctuation the direction of what is on both sides, else the line's."""
    settled: list[Piece] = []
    for place, piece in enumerate(logical):
        if _is_neutral(piece.text):
            before = settled[-1].is_rtl if settled else is_rtl
            after = next(
                (one.is_rtl for one in logical[place:] if not _is_neutral(one.text)), is_rtl
            )
            piece = replace(piece, is_rtl=before if before == after else is_rtl)
        settled.append(piece)
    return settled


def _visual(logical: list[Piece], *, is_rtl: bool) -> list[Piece]:
    """Return pieces in the order in which they are drawn from left to right.

    Two levels of the Unicode bidirectional algorithm (UAX 9, rule L2) are enough for a
    line of names and prices: what runs against the line keeps its own order inside.
    """
    against = [list(run) for _, run in groupby(logical, key=lambda piece: piece.is_rtl != is_rtl)]
    drawn = []
    for run in reversed(against) if is_rtl else against:
        drawn += list(reversed(run)) if run[0].is_rtl else run
    return drawn


def _is_rtl(text: str) -> bool:
    return any(unicodedata.bidirectional(sign) in _RIGHT_TO_LEFT for sign in text)


def _is_neutral(text: str) -> bool:
    return all(unicodedata.bidirectional(sign) in _NEUTRAL for sign in text)


def _is_blank(sign: str) -> bool:
    return sign.isspace() or unicodedata.category(sign) in ("Cf", "Cc")


@lru_cache(maxsize=256)
def _font(file: Path, size: int, weight: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.truetype(str(file), size)
    font.set_variation_by_axes([weight])
    return font


@cache
def _signs(file: Path) -> frozenset[int]:
    with TTFont(file, lazy=True) as font:
        return frozenset(font.getBestCmap())
