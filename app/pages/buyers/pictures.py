"""The picture of a crop: its own emoji, else the catalogue's picture, else none."""

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
    return Picture(emoji=emoji) if emoji else _of_catalogue(code)


@cache
def _of_catalogue(code: str) -> Picture:
    try:
        known = crop(code)
    except UnknownCrop:
        # A crop that a cooperative invented has no picture.
        return Picture()
    return Picture(emoji=known.emoji or "", drawing=known.drawing or "")
