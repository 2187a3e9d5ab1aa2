"""A cooperative with its rules, fees, crops and the units its farmers use."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, enumerated, foreign, grams, identity, minor


class PricingRule(StrEnum):
    """What a matched farmer is paid: the village's one price, or the own ask."""

    UNIFORM = "uniform"
    PAY_AS_ASK = "pay_as_ask"


class Cooperative(Base):
    """Runs one market; an installation may hold several.

    ``direct_margin_bp``: basis points a direct price stands above the last village price.
    ``ceiling_bp``: how far the received weight may exceed the ordered one, in basis points.
    ``shrinkage_bp``: weight a lot may lose between two scales before it is named a loss.
    ``road_factor_percent``: road metres per 100 geodesic metres, until runs teach better.
    ``pool_below_g``: lots under this size are matched as one per village; 0 pools nothing.
    ``freight_base_minor`` + ``freight_per_100km_minor``: first tariff per kg, before runs.
    """

    __tablename__ = "cooperative"

    id: Mapped[identity]
    name: Mapped[str] = mapped_column(String(120))
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    country: Mapped[str] = mapped_column(String(2))
    currency: Mapped[str] = mapped_column(String(3))
    time_zone: Mapped[str] = mapped_column(String(60))
    languages: Mapped[list[str]]
    phone: Mapped[str | None] = mapped_column(String(20))
    pricing_rule: Mapped[PricingRule] = mapped_column(
        enumerated(PricingRule), default=PricingRule.UNIFORM
    )
    direct_margin_bp: Mapped[int] = mapped_column(default=300)
    ceiling_bp: Mapped[int] = mapped_column(default=1000)
    shrinkage_bp: Mapped[int] = mapped_column(default=200)
    road_factor_percent: Mapped[int] = mapped_column(default=150)
    freight_base_minor: Mapped[minor] = mapped_column(default=0)
    freight_per_100km_minor: Mapped[minor] = mapped_column(default=0)
    pool_below_g: Mapped[grams] = mapped_column(default=0)
    created_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("direct_margin_bp >= 0", name="margin"),
        CheckConstraint("ceiling_bp BETWEEN 0 AND 5000", name="ceiling"),
        CheckConstraint("shrinkage_bp BETWEEN 0 AND 5000", name="shrinkage"),
        CheckConstraint("road_factor_percent BETWEEN 100 AND 500", name="road_factor"),
        CheckConstraint("freight_base_minor >= 0 AND freight_per_100km_minor >= 0", name="freight"),
    )


class Fee(Base):
    """A published cost per kg that the cooperative keeps, from a day on until it ends."""

    __tablename__ = "fee"

    id: Mapped[identity]
    cooperative_id: Mapped[int] = mapped_column(foreign("cooperative.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    price_minor: Mapped[minor]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]

    __table_args__ = (CheckConstraint("price_minor >= 0", name="price"),)


class Crop(Base):
    """A crop that a cooperative trades, with its names by language."""

    __tablename__ = "crop"

    id: Mapped[identity]
    cooperative_id: Mapped[int] = mapped_column(foreign("cooperative.id"))
    code: Mapped[str] = mapped_column(String(40))
    names: Mapped[dict[str, Any]]
    category: Mapped[str] = mapped_column(String(40))
    emoji: Mapped[str | None] = mapped_column(String(16))
    keeps_days: Mapped[int] = mapped_column(default=7)
    needs_cold: Mapped[bool] = mapped_column(default=False)
    is_traded: Mapped[bool] = mapped_column(default=True)

    __table_args__ = (UniqueConstraint("cooperative_id", "code"),)


class CropUnit(Base):
    """A unit in which a crop is counted here, and the grams that one of it weighs."""

    __tablename__ = "crop_unit"

    id: Mapped[identity]
    crop_id: Mapped[int] = mapped_column(foreign("crop.id"))
    code: Mapped[str] = mapped_column(String(20))
    grams: Mapped[grams]
    position: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        UniqueConstraint("crop_id", "code"),
        CheckConstraint("grams > 0", name="grams"),
    )
