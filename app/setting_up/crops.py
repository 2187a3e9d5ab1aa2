"""The crops that a cooperative trades, and the units it counts them in."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel.errors import N_, NotFound, Refusal
from app.models import Crop, CropUnit
from app.setting_up import own


class LastUnit(Refusal):
    """A crop without a unit could not be offered."""

    code = "setup_last_unit"
    message = N_("A crop needs at least one unit. Add another before you remove this one.")


def own_crops(session: Session, *, cooperative_id: int) -> list[Crop]:
    """Return the cooperative's crops by category and code, also those not traded now."""
    return list(
        session.scalars(
            select(Crop)
            .where(Crop.cooperative_id == cooperative_id)
            .order_by(Crop.category, Crop.code, Crop.id)
        )
    )


def units(session: Session, *, crop_id: int) -> list[CropUnit]:
    """Return a crop's units in the order in which forms offer them."""
    return list(
        session.scalars(
            select(CropUnit)
            .where(CropUnit.crop_id == crop_id)
            .order_by(CropUnit.position, CropUnit.id)
        )
    )


def set_traded(session: Session, *, crop_id: int, cooperative_id: int, is_traded: bool) -> None:
    """Start or stop trading a crop; what was offered or ordered before stays.

    :raises NotFound: if the cooperative has no such crop.
    """
    own.row(session, Crop, crop_id, cooperative_id=cooperative_id).is_traded = is_traded
    session.flush()


def set_keeping(
    session: Session, *, crop_id: int, cooperative_id: int, keeps_days: int, needs_cold: bool
) -> None:
    """Say how long a crop keeps and whether it travels cold.

    :raises NotFound: if the cooperative has no such crop.
    """
    crop = own.row(session, Crop, crop_id, cooperative_id=cooperative_id)
    crop.keeps_days, crop.needs_cold = keeps_days, needs_cold
    session.flush()


def put_unit(
    session: Session, *, crop_id: int, cooperative_id: int, code: str, grams: int
) -> CropUnit:
    """Add a unit, or give one that is there another weight; the past keeps its own.

    :param grams: what one of it weighs.
    :raises NotFound: if the cooperative has no such crop.
    """
    crop = own.row(session, Crop, crop_id, cooperative_id=cooperative_id)
    known = session.scalar(
        select(CropUnit).where(CropUnit.crop_id == crop.id, CropUnit.code == code)
    )
    if known is not None:
        known.grams = grams
        session.flush()
        return known
    last = session.scalar(
        select(func.coalesce(func.max(CropUnit.position), -1)).where(CropUnit.crop_id == crop.id)
    )
    unit = CropUnit(crop_id=crop.id, code=code, grams=grams, position=int(last or 0) + 1)
    session.add(unit)
    session.flush()
    return unit


def remove_unit(session: Session, *, unit_id: int, crop_id: int, cooperative_id: int) -> None:
    """Offer a unit no more; a second time changes nothing.

    :raises NotFound: if the cooperative has no such crop, or the unit is another crop's.
    :raises LastUnit: if it is the crop's only one.
    """
    own.row(session, Crop, crop_id, cooperative_id=cooperative_id)
    unit = session.get(CropUnit, unit_id)
    if unit is None:
        return
    if unit.crop_id != crop_id:
        raise NotFound
    if len(units(session, crop_id=crop_id)) == 1:
        raise LastUnit
    session.delete(unit)
    session.flush()
