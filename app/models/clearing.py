"""What the matching decided for a crop on a market day, and why."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, enumerated, foreign, grams, identity, minor
from app.models.lots import Grade


class ClearingRun(Base):
    """One certified run of the matching engine over one crop of a market day.

    ``value_scaled`` and ``bound_scaled`` are minor units x grams per kg (so thousandths
    of a minor unit), as text: they may exceed 64 bits.
    """

    __tablename__ = "clearing_run"

    id: Mapped[identity]
    cooperative_id: Mapped[int] = mapped_column(foreign("cooperative.id"))
    market_day_id: Mapped[int] = mapped_column(foreign("market_day.id"))
    crop_id: Mapped[int] = mapped_column(foreign("crop.id"))
    attempt: Mapped[int] = mapped_column(default=1)
    input_hash: Mapped[str] = mapped_column(String(64))
    value_scaled: Mapped[str] = mapped_column(String(40))
    bound_scaled: Mapped[str] = mapped_column(String(40))
    certificate: Mapped[dict[str, Any]]
    solved_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("market_day_id", "crop_id", "attempt"),)


class LotOutcome(Base):
    """What became of a lot in a run: a reason code with its figures, never a sentence."""

    __tablename__ = "lot_outcome"

    clearing_run_id: Mapped[int] = mapped_column(foreign("clearing_run.id"), primary_key=True)
    lot_id: Mapped[int] = mapped_column(foreign("lot.id"), primary_key=True, index=True)
    sold_g: Mapped[grams]
    code: Mapped[str] = mapped_column(String(40))
    figures: Mapped[dict[str, Any]]


class LineOutcome(Base):
    """What became of a request in a run: a reason code with its figures."""

    __tablename__ = "line_outcome"

    clearing_run_id: Mapped[int] = mapped_column(foreign("clearing_run.id"), primary_key=True)
    order_line_id: Mapped[int] = mapped_column(
        foreign("order_line.id"), primary_key=True, index=True
    )
    filled_g: Mapped[grams]
    code: Mapped[str] = mapped_column(String(40))
    figures: Mapped[dict[str, Any]]


class VillagePrice(Base):
    """The farm-gate price per kg at which a village's grade cleared on a date."""

    __tablename__ = "village_price"

    id: Mapped[identity]
    clearing_run_id: Mapped[int] = mapped_column(foreign("clearing_run.id"))
    crop_id: Mapped[int] = mapped_column(foreign("crop.id"))
    village_id: Mapped[int] = mapped_column(foreign("village.id"))
    grade: Mapped[Grade] = mapped_column(enumerated(Grade))
    on: Mapped[date] = mapped_column("price_on")
    price_minor: Mapped[minor]
    sold_g: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        UniqueConstraint("clearing_run_id", "village_id", "grade", "price_on"),
        Index("ix_village_price_latest", "crop_id", "village_id", "grade", "price_on"),
    )


class OverrideKind(StrEnum):
    """What the manager decided about a pair before the matching."""

    PIN = "pin"
    FORBID = "forbid"


class PairOverride(Base):
    """A manager's decision about a pair, an input to every clearing while it stands.

    The pair is a lot and a request, or else a farmer and a buyer with all they have in
    the crop on that day. ``quantity_g``: what a pin gives at most; empty for a ban.
    """

    __tablename__ = "pair_override"

    id: Mapped[identity]
    cooperative_id: Mapped[int] = mapped_column(foreign("cooperative.id"))
    market_day_id: Mapped[int] = mapped_column(foreign("market_day.id"))
    crop_id: Mapped[int] = mapped_column(foreign("crop.id"))
    kind: Mapped[OverrideKind] = mapped_column(enumerated(OverrideKind))
    lot_id: Mapped[int | None] = mapped_column(foreign("lot.id"))
    order_line_id: Mapped[int | None] = mapped_column(foreign("order_line.id"))
    farmer_id: Mapped[int | None] = mapped_column(foreign("person.id"))
    buyer_id: Mapped[int | None] = mapped_column(foreign("person.id"))
    quantity_g: Mapped[int | None] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(String(200))
    person_id: Mapped[int] = mapped_column(foreign("person.id"))
    made_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    removed_by_id: Mapped[int | None] = mapped_column(foreign("person.id"))

    __table_args__ = (
        CheckConstraint(
            "(lot_id IS NULL) = (order_line_id IS NULL)"
            " AND (farmer_id IS NULL) = (buyer_id IS NULL)"
            " AND (lot_id IS NULL) <> (farmer_id IS NULL)",
            name="pair",
        ),
        CheckConstraint(
            "(kind = 'pin') = (quantity_g IS NOT NULL) AND (quantity_g IS NULL OR quantity_g > 0)",
            name="quantity",
        ),
        Index("ix_pair_override_day", "market_day_id", "crop_id"),
    )
