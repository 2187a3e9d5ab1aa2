"""Which of several readings of a scale holds, and how weights are summed."""

from __future__ import annotations

from sqlalchemy import BigInteger, ColumnElement, Select, cast, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.models import Weighing, WeighingPlace


def current(*places: WeighingPlace) -> Select[Weighing]:
    """Select the readings at these places that hold, none of them countered."""
    later = aliased(Weighing)
    countered = exists().where(later.counters_id == Weighing.id)
    return select(Weighing).where(Weighing.place.in_(places), ~countered)


def total_g(column: InstrumentedAttribute[int]) -> ColumnElement[int]:
    """Sum a column of grams to a whole number; PostgreSQL alone would make it a decimal."""
    return cast(func.sum(column), BigInteger)
