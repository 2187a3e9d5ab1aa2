"""What a farmer promises for a season, and what became of it on each market day."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, enumerated, foreign, grams, identity, minor
from app.models.lots import Grade


class SupplyPromise(Base):
    """A standing supply: so much of a crop a week, on these weekdays (0 = Monday).

    ``keeps_days``: how many days after the market day the harvest is still good, for a lot
    that has to wait for the next one.
    """

    __tablename__ = "supply_promise"

    id: Mapped[identity]
    cooperative_id: Mapped[int] = mapped_column(foreign("cooperative.id"))
    farmer_id: Mapped[int] = mapped_column(foreign("person.id"))
    village_id: Mapped[int] = mapped_column(foreign("village.id"))
    crop_id: Mapped[int] = mapped_column(foreign("crop.id"))
    grade: Mapped[Grade] = mapped_column(enumerated(Grade))
    weekly_g: Mapped[grams]
    unit_code: Mapped[str] = mapped_column(String(20))
    unit_grams: Mapped[grams]
    ask_minor: Mapped[minor]
    weekdays: Mapped[list[int]]
    keeps_days: Mapped[int] = mapped_column(default=0)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    key: Mapped[str] = mapped_column(String(64))
    promised_at: Mapped[datetime]
    paused_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("farmer_id", "key"),
        CheckConstraint("weekly_g > 0", name="quantity"),
        CheckConstraint("unit_grams > 0", name="unit"),
        CheckConstraint("ask_minor >= 0", name="ask"),
        CheckConstraint("starts_on <= ends_on", name="season"),
        CheckConstraint("keeps_days BETWEEN 0 AND 30", name="keeps"),
        Index("ix_supply_promise_cooperative", "cooperative_id", "ends_on"),
    )


class PromisedDay(Base):
    """One market day of a promise: changed, skipped, or listed as a lot; at most once.

    ``quantity_g``: what the farmer wants for this day in place of the usual amount.
    ``revision`` counts the lots that were made for it, because a changed amount takes the
    old one back. ``reason``: why it could not be listed, as a refusal's code.
    """

    __tablename__ = "promised_day"

    id: Mapped[identity]
    promise_id: Mapped[int] = mapped_column(foreign("supply_promise.id"))
    market_day_id: Mapped[int] = mapped_column(foreign("market_day.id"), index=True)
    lot_id: Mapped[int | None] = mapped_column(foreign("lot.id"), unique=True)
    quantity_g: Mapped[int | None] = mapped_column(BigInteger)
    revision: Mapped[int] = mapped_column(default=0)
    skipped_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(40))

    __table_args__ = (
        UniqueConstraint("promise_id", "market_day_id"),
        CheckConstraint("quantity_g IS NULL OR quantity_g > 0", name="quantity"),
    )
