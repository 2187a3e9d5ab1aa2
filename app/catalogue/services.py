"""Give a cooperative its first crops and units out of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalogue.crops import crop, crops
from app.models import Crop, CropUnit


def adopt(
    session: Session, *, cooperative_id: int, codes: Iterable[str] | None = None
) -> dict[str, Crop]:
    """Add crops of the catalogue with their units and return them by code.

    A crop that the cooperative already has is returned as it is: its own names and
    units are never overwritten.

    :param codes: which crops; all of the catalogue without it.
    :raises UnknownCrop: if a code is not in the catalogue; nothing is added then.
    """
    wanted = list(crops()) if codes is None else [crop(code) for code in codes]
    owned = select(Crop).where(Crop.cooperative_id == cooperative_id).order_by(Crop.id)
    adopted = {row.code: row for row in session.scalars(owned)}
    units: list[tuple[Crop, str, int, int]] = []
    for one in wanted:
        if one.code in adopted:
            continue
        row = Crop(
            cooperative_id=cooperative_id,
            code=one.code,
            names=dict(one.names),
            category=one.category,
            emoji=one.emoji,
            keeps_days=one.keeps_days,
            needs_cold=one.needs_cold,
        )
        session.add(row)
        adopted[one.code] = row
        units += [(row, unit.code, unit.grams, place) for place, unit in enumerate(one.units)]
    session.flush()
    session.add_all(
        CropUnit(crop_id=row.id, code=code, grams=grams, position=place)
        for row, code, grams, place in units
    )
    session.flush()
    return {one.code: adopted[one.code] for one in wanted}
