"""The matching's reasons in the reader's words and formats."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.matching.sentences import phrases
from app.models import PickupPoint, Village
from app.web.formatting import day, number, price_per_kg, quantity
from app.web.translation import gettext
from app.web.words import place_name


def reason_text(code: str, figures: Mapping[str, Any], places: Mapping[str, str]) -> str:
    """Return the sentence of a stored reason.

    :param places: what :func:`places_of` returned; names by ``village_id:7`` and so on.
    """
    known = {name: value for name, value in figures.items() if isinstance(value, int)}
    return " ".join(
        gettext(phrase.message, **_shown({**known, **phrase.figures}, places))
        for phrase in phrases(code, known)
    )


def places_of(session: Session, *, cooperative_id: int) -> dict[str, str]:
    """Return the names that reasons speak of, for all of a cooperative's places."""
    names: dict[str, str] = {}
    for village in session.scalars(
        select(Village).where(Village.cooperative_id == cooperative_id).order_by(Village.id)
    ):
        names[f"village_id:{village.id}"] = place_name(village)
    for point in session.scalars(
        select(PickupPoint)
        .where(PickupPoint.cooperative_id == cooperative_id)
        .order_by(PickupPoint.id)
    ):
        names[f"pickup_point_id:{point.id}"] = place_name(point)
    return names


def _shown(figures: Mapping[str, int], places: Mapping[str, str]) -> dict[str, str]:
    shown = {}
    for name, value in figures.items():
        if name.endswith("_minor"):
            shown[name] = price_per_kg(value)
        elif name.endswith("_g"):
            shown[name] = quantity(value)
        elif name.endswith("_day"):
            shown[name] = day(date.fromordinal(value))
        else:
            shown[name] = places.get(f"{name}:{value}") or number(value)
    return shown
