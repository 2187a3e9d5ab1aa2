"""Fonts that a PDF brings along for other scripts than Latin, where the machine has none.

The packages (Noto, OFL-1.1, by Fontsource) hold each script in slices of some hundred
signs. All of Chinese takes four seconds to load; the slices of one page a tenth of that.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

FAMILY = "Farmgate Noto"
_PACKAGES = ("noto-sans-sc", "noto-sans-devanagari", "noto-sans-arabic")
SCOPE = "node_modules/@fontsource-variable"
# Latin letters are in the fonts of every machine.
_FIRST_SIGN = 0x0600


def font_rules(html: str, *, static: Path) -> str:
    """Return ``@font-face`` rules for the signs of a page, under the name :data:`FAMILY`.

    Without the packages under ``static/node_modules``, or without a sign that needs
    them, it is empty, and the machine's own fonts have to do.
    """
    signs = frozenset(ord(sign) for sign in html if ord(sign) >= _FIRST_SIGN)
    rules = []
    for package in _PACKAGES:
        folder = static / SCOPE / package
        for name, unicode_range in slices(folder):
            if any(low <= sign <= high for low, high in spans(unicode_range) for sign in signs):
                address = f"/static/{SCOPE}/{package}/files/{name}"
                rules.append(
                    f"@font-face {{ font-family: '{FAMILY}'; font-weight: 400;"
                    f" src: url('{address}') format('woff2'); unicode-range: {unicode_range}; }}"
                )
    return "\n".join(rules)


@cache
def slices(folder: Path) -> tuple[tuple[str, str], ...]:
    """Return the file and the range of every slice of a package; none if it is not there."""
    index = folder / "unicode.json"
    if not index.is_file():
        return ()
    ranges: dict[str, str] = json.loads(index.read_text(encoding="utf-8"))
    return tuple(
        (f"{folder.name}-{name.strip('[]')}-wght-normal.woff2", unicode_range)
        for name, unicode_range in ranges.items()
    )


@cache
def spans(unicode_range: str) -> tuple[tuple[int, int], ...]:
    """Return a range as a style sheet writes it as pairs of first and last sign."""
    return tuple(_parsed(unicode_range))


def _parsed(unicode_range: str) -> Iterator[tuple[int, int]]:
    for part in unicode_range.split(","):
        low, _, high = part.strip().removeprefix("U+").partition("-")
        yield int(low, 16), int(high or low, 16)
