"""The columns of a village's sheet: how a farmer, a crop, a unit and a day are recognised."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from babel.numbers import get_currency_precision
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.documents import converters
from app.documents.schema import Column, Schema
from app.kernel.errors import N_, BadInput
from app.models import Cooperative, Crop, CropUnit, Grade
from farmers.services.assisting import farmers_of

_MOST_FARMERS = 20_000
_MOST_MINOR = 10**9
_MOST_UNITS = 10**6
_GRADES = {
    **{grade.value.casefold(): grade.value for grade in Grade},
    **{"1": "I", "2": "II", "特级": "extra", "一级": "I", "二级": "II"},
}
_UNITS = {
    "kg": ("千克", "公斤", "kilo", "kilogram", "किलो"),
    "jin": ("斤", "市斤"),
    "crate": ("筐", "crates"),
    "box": ("箱", "boxes"),
    "bag": ("袋", "bags"),
    "bunch": ("把", "捆", "bunches"),
    "piece": ("个", "pieces"),
    "head": ("棵", "颗", "heads"),
}


class FarmerNotFound(BadInput):
    """Nobody of that name or number whom the person may list for."""

    code = "sheet_farmer_not_found"
    message = N_("%(name)s is not a farmer you list for. Write the name or member number as here.")


class FarmerTwice(BadInput):
    """Two farmers have that name."""

    code = "sheet_farmer_twice"
    message = N_("More than one farmer is called %(name)s. Write the member number.")


class CropUnknown(BadInput):
    """The cooperative trades no crop of that name."""

    code = "sheet_crop_unknown"
    message = N_("%(name)s is not traded here. Write a crop as your cooperative calls it.")


@dataclass(frozen=True)
class KnownCrop:
    """A traded crop: its names in any language, and its units, the usual one first."""

    names: tuple[str, ...]
    units: dict[str, int]


@dataclass(frozen=True)
class Known:
    """The farmers and crops that a sheet may speak of.

    :param farmers: ids by name and by member number. :param villages: by farmer.
    """

    farmers: Mapping[str, tuple[int, ...]]
    villages: Mapping[int, int]
    crops: Mapping[int, KnownCrop]
    currency: str


def known(session: Session, *, cooperative_id: int, by_id: int) -> Known:
    """Return whom a person may list for, and what the cooperative trades."""
    farmers: dict[str, list[int]] = {}
    villages: dict[int, int] = {}
    for farmer in farmers_of(
        session, by_id=by_id, cooperative_id=cooperative_id, limit=_MOST_FARMERS
    ):
        villages[farmer.person_id] = farmer.village_id
        for name in {_plain(farmer.name), _plain(farmer.member_number)}:
            farmers.setdefault(name, []).append(farmer.person_id)
    units: dict[int, dict[str, int]] = {}
    for unit in session.scalars(
        select(CropUnit)
        .join(Crop, Crop.id == CropUnit.crop_id)
        .where(Crop.cooperative_id == cooperative_id)
        .order_by(CropUnit.crop_id, CropUnit.position, CropUnit.id)
    ):
        units.setdefault(unit.crop_id, {})[unit.code] = unit.grams
    crops = {
        crop.id: KnownCrop(
            (crop.code, *(str(name) for name in crop.names.values())),
            units.get(crop.id) or {"kg": 1000},
        )
        for crop in session.scalars(
            select(Crop)
            .where(Crop.cooperative_id == cooperative_id, Crop.is_traded.is_(True))
            .order_by(Crop.id)
        )
    }
    home = session.get_one(Cooperative, cooperative_id)
    named = {name: tuple(ids) for name, ids in farmers.items()}
    return Known(named, villages, crops, home.currency)


def schema(known: Known) -> Schema:
    """Return the columns; their values are such as JSON can keep."""
    places = get_currency_precision(known.currency)
    return Schema(
        (
            Column("farmer", _farmer(known), ("农户", "姓名", "名字", "member number", "किसान")),
            Column("crop", _crop(known), ("作物", "品种", "फ़सल", "zao")),
            Column(
                "quantity",
                converters.scaled(3, 1, _MOST_UNITS * 1000),
                ("数量", "amount", "मात्रा", "kiasi"),
            ),
            Column(
                "unit",
                _unit(known),
                ("单位", "इकाई", "kipimo"),
                required=False,
            ),
            Column(
                "price",
                converters.scaled(places, 0, _MOST_MINOR),
                ("最低价", "价格", "least price", "भाव", "bei"),
            ),
            Column(
                "price_unit",
                _unit(known),
                ("价格单位", "price per"),
                required=False,
            ),
            Column(
                "grade",
                converters.one_of(_GRADES),
                ("等级", "quality", "श्रेणी", "daraja"),
                required=False,
                default=Grade.CLASS_I.value,
            ),
            Column("ready_from", _day, ("可交货日期", "开始日期", "ready", "कब से", "kuanzia")),
            Column("ready_until", _day, ("截止日期", "until", "कब तक", "hadi"), required=False),
            Column("note", converters.text(300), ("备注", "remark"), required=False),
        ),
        unique=(("farmer", "crop", "quantity", "grade", "ready_from"),),
    )


def _farmer(known: Known) -> Callable[[str], int]:
    def convert(cell: str) -> int:
        found = known.farmers.get(_plain(cell), ())
        if not found:
            raise FarmerNotFound(name=cell[:40])
        if len(found) > 1:
            raise FarmerTwice(name=cell[:40])
        return found[0]

    return convert


def _crop(known: Known) -> Callable[[str], int]:
    ids = {_plain(name): crop_id for crop_id, crop in known.crops.items() for name in crop.names}

    def convert(cell: str) -> int:
        try:
            return ids[_plain(cell)]
        except KeyError:
            raise CropUnknown(name=cell[:40]) from None

    return convert


def _unit(known: Known) -> Callable[[str], str]:
    codes = {code for crop in known.crops.values() for code in crop.units} | {"kg"}
    words = {word: code for code in codes for word in (code, *_UNITS.get(code, ()))}
    return converters.one_of(words)


def _day(cell: str) -> str:
    return converters.day(cell).isoformat()


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()
