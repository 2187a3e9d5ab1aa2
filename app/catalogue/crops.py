"""The crop catalogue, read once from ``crops.csv`` beside this file.

Names are in English, Chinese, Hindi and Swahili; the last two have not been read by
native speakers, and a Swahili name may be missing. What a sack, crate, bunch or piece
weighs, how long a crop keeps and whether it needs cold are this project's own
assumptions (``docs/crops.md``): a cooperative corrects them for itself, and the
catalogue only fills the form in beforehand.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from app.kernel.errors import N_, NotFound

JIN_G = 500
KG_G = 1000
LANGUAGES = ("en", "zh", "hi", "sw")
_COUNTED = ("sack", "crate", "bunch", "piece")
_FILE = Path(__file__).with_name("crops.csv")


class UnknownCrop(NotFound):
    """No crop of the catalogue has this code or name."""

    code = "unknown_crop"
    message = N_("There is no crop called %(name)s in the catalogue.")


@dataclass(frozen=True)
class CatalogueUnit:
    """A unit that a crop is usually counted in, and the grams of one."""

    code: str
    grams: int


@dataclass(frozen=True)
class CatalogueCrop:
    """One crop as the catalogue knows it.

    :param names: by language code; English and Chinese are always there.
    :param emoji: set only where the character shows this very crop on an old phone too.
    :param dfc_type: the product type in the Data Food Consortium's vocabulary, if any.
    :param units: kilogram and jin first, then what the crop is counted in.
    :param keeps_days: days that it stays saleable after the harvest, kept in the shade,
        or kept cold where ``needs_cold`` is set.
    """

    code: str
    names: Mapping[str, str]
    category: str
    emoji: str | None
    dfc_type: str | None
    units: tuple[CatalogueUnit, ...]
    keeps_days: int
    needs_cold: bool

    @property
    def drawing(self) -> str | None:
        """Return the path of its drawing under ``static/``; crops with an emoji have none."""
        return None if self.emoji else f"crops/{self.code}.svg"


@cache
def crops() -> tuple[CatalogueCrop, ...]:
    """Return every crop, in the order of the file: by category, then by kinship."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        return tuple(_crop(row) for row in csv.DictReader(file))


def crop(code: str) -> CatalogueCrop:
    """Return the crop with a code.

    :raises UnknownCrop: if there is none.
    """
    try:
        return _by_code()[code]
    except KeyError:
        raise UnknownCrop(name=code) from None


def named(name: str) -> CatalogueCrop:
    """Return the crop with a code or a name in any language, letter case aside.

    :raises UnknownCrop: if there is none.
    """
    try:
        return _by_name()[name.strip().casefold()]
    except KeyError:
        raise UnknownCrop(field="crop", name=name) from None


@cache
def _by_code() -> Mapping[str, CatalogueCrop]:
    return MappingProxyType({one.code: one for one in crops()})


@cache
def _by_name() -> Mapping[str, CatalogueCrop]:
    found: dict[str, CatalogueCrop] = {}
    for language in LANGUAGES:
        for one in crops():
            # The first comer keeps a name, so that English, the best checked, goes first.
            if language in one.names:
                found.setdefault(one.names[language].casefold(), one)
    found.update({one.code: one for one in crops()})
    return MappingProxyType(found)


def _crop(row: dict[str, str]) -> CatalogueCrop:
    counted = [CatalogueUnit(u, int(row[f"{u}_g"])) for u in _COUNTED if row[f"{u}_g"]]
    return CatalogueCrop(
        code=row["id"],
        names=MappingProxyType({k: row[k] for k in LANGUAGES if row[k]}),
        category=row["category"],
        emoji=row["emoji"] or None,
        dfc_type=row["dfc_type"] or None,
        units=(CatalogueUnit("kg", KG_G), CatalogueUnit("jin", JIN_G), *counted),
        keeps_days=int(row["keeps_days"]),
        needs_cold=row["needs_cold"] == "yes",
    )
