"""A farmer's lot, the stock that is left of it, and its photo."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, enumerated, foreign, grams, identity, minor


class Grade(StrEnum):
    """The UNECE classes, best first."""

    EXTRA = "extra"
    CLASS_I = "I"
    CLASS_II = "II"

    @property
    def rank(self) -> int:
        """Return 0 for the best class and one more for each lower one."""
        return list(Grade).index(self)


class Lot(Base):
    """One harvest offer.

    ``market_day_id`` is empty while the lot is parked because no coming day fits its
    window; ``parked_reason`` then says why. ``unit_code`` and ``unit_grams`` are what the
    farmer counted in, kept as they were on that day.
    """

    __tablename__ = "lot"

    id: Mapped[identity]
    cooperative_id: Mapped[int] = mapped_column(foreign("cooperative.id"))
    market_day_id: Mapped[int | None] = mapped_column(foreign("market_day.id"))
    farmer_id: Mapped[int] = mapped_column(foreign("person.id"))
    village_id: Mapped[int] = mapped_column(foreign("village.id"))
    crop_id: Mapped[int] = mapped_column(foreign("crop.id"))
    grade: Mapped[Grade] = mapped_column(enumerated(Grade))
    quantity_g: Mapped[grams]
    unit_code: Mapped[str] = mapped_column(String(20))
    unit_grams: Mapped[grams]
    ask_minor: Mapped[minor]
    ready_from_on: Mapped[date]
    ready_until_on: Mapped[date]
    is_uncertain: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str] = mapped_column(String(300), default="")
    parked_reason: Mapped[str | None] = mapped_column(String(40))
    rolled_from_id: Mapped[int | None] = mapped_column(foreign("market_day.id"))
    surplus_of_id: Mapped[int | None] = mapped_column(foreign("lot.id"))
    listed_by_id: Mapped[int] = mapped_column(foreign("person.id"))
    key: Mapped[str] = mapped_column(String(64))
    listed_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by_id: Mapped[int | None] = mapped_column(foreign("person.id"))

    __table_args__ = (
        UniqueConstraint("listed_by_id", "key"),
        CheckConstraint("quantity_g > 0", name="quantity"),
        CheckConstraint("ask_minor >= 0", name="ask"),
        CheckConstraint("unit_grams > 0", name="unit"),
        CheckConstraint("ready_from_on <= ready_until_on", name="window"),
        Index("ix_lot_day_crop", "market_day_id", "crop_id"),
        Index("ix_lot_farmer", "farmer_id", "id"),
        Index("ix_lot_village", "village_id", "id"),
        Index("ix_lot_cooperative", "cooperative_id", "id"),
    )


class LotChange(Base):
    """Somebody gave an offered lot another price or day: what it was before."""

    __tablename__ = "lot_change"

    id: Mapped[identity]
    lot_id: Mapped[int] = mapped_column(foreign("lot.id"), index=True)
    ask_minor: Mapped[minor]
    market_day_id: Mapped[int | None] = mapped_column(foreign("market_day.id"))
    ready_from_on: Mapped[date]
    ready_until_on: Mapped[date]
    person_id: Mapped[int] = mapped_column(foreign("person.id"))
    changed_at: Mapped[datetime]


class LotStock(Base):
    """What is left of a lot: a narrow row of its own, updated last in a transaction.

    ``is_frozen`` is set while the lot's day clears: nobody takes from it then.
    """

    __tablename__ = "lot_stock"

    lot_id: Mapped[int] = mapped_column(foreign("lot.id"), primary_key=True)
    available_g: Mapped[grams]
    is_frozen: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        CheckConstraint("available_g >= 0", name="never_oversold"),
        {
            "postgresql_with": {
                "fillfactor": 10,
                "autovacuum_vacuum_scale_factor": 0,
                "autovacuum_vacuum_threshold": 500,
            }
        },
    )


class PhotoState(StrEnum):
    """Received, then either shown or refused with a reason."""

    RECEIVED = "received"
    READY = "ready"
    REFUSED = "refused"


class Photo(Base):
    """A lot's photo: the original waits in the store until it is re-encoded, then goes."""

    __tablename__ = "photo"

    id: Mapped[identity]
    lot_id: Mapped[int] = mapped_column(foreign("lot.id"), index=True)
    person_id: Mapped[int] = mapped_column(foreign("person.id"))
    key: Mapped[str] = mapped_column(String(64))
    state: Mapped[PhotoState] = mapped_column(enumerated(PhotoState), default=PhotoState.RECEIVED)
    reason: Mapped[str | None] = mapped_column(String(40))
    original: Mapped[str | None] = mapped_column(String(200))
    sizes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    received_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("person_id", "key"),)
