"""Which of several readings of a scale holds: the one that no later one counters."""

from __future__ import annotations

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import aliased

from app.models import Weighing, WeighingPlace


def current(*places: WeighingPlace) -> Select[Weighing]:
    """Select the readings at these places that hold, none of them countered."""
    later = aliased(Weighing)
    countered = exists().where(later.counters_id == Weighing.id)
    return select(Weighing).where(Weighing.place.in_(places), ~countered)
