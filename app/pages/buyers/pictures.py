"""The picture of a crop: its own emoji, else the catalogue's drawing, else none."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from app.catalogue.crops import UnknownCrop, crop


@dataclass(frozen=True)
class Picture:
    """An emoji, or the path of a drawing under ``static/``; both empty for no picture."""

    emoji: str = ""
    drawing: str = ""


def picture(code: str, emoji: str | None) -> Picture:
    """Return the picture of a cooperative's crop."""
    return Picture(emoji=emoji) if emoji else Picture(drawing=_drawing(code))


@cache
def _drawing(code: str) -> str:
    try:
        return crop(code).drawing or ""
    except UnknownCrop:
        # A crop that a cooperative invented has no drawing.
        return ""
