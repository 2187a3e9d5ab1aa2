"""Values of a read spreadsheet as people recognise them."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Hub, Village
from app.web.formatting import minute_of_day, money, phone_number, quantity
from app.web.words import language_name, place_name

_MINUTES = frozenset({"opens", "closes", "starts", "ends"})
_MONEY = frozenset({"cost_per_km", "cost_per_hour"})


def names_of(session: Session, *, cooperative_id: int) -> dict[tuple[str, int], str]:
    """Return the names of the villages and hubs that a sheet's rows point at."""
    villages = session.scalars(select(Village).where(Village.cooperative_id == cooperative_id))
    hubs = session.scalars(select(Hub).where(Hub.cooperative_id == cooperative_id))
    return {
        **{("village", village.id): place_name(village) for village in villages},
        **{("hub", hub.id): place_name(hub) for hub in hubs},
    }


def shown(key: str, value: object, names: Mapping[tuple[str, int], str]) -> str:
    """Return one value by its column, in the reader's words."""
    if value is None or value == "":
        return "–"
    if isinstance(value, int):
        if key in _MINUTES:
            return minute_of_day(value)
        if key in _MONEY:
            return money(value)
        if key == "capacity_kg":
            return quantity(value)
        return names.get((key, value), str(value))
    if key == "phone":
        return phone_number(str(value))
    return language_name(str(value)) if key == "language" else str(value)
