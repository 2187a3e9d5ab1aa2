"""What buyers order, what they were allocated, and how it was handed over."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, enumerated, foreign, grams, identity, minor
from app.models.lots import Grade


class PaymentMethod(StrEnum):
    """How an order is paid."""

    CASH = "cash"
    TRANSFER = "transfer"
    ACCOUNT = "account"
    CARD = "card"


class Order(Base):
    """A buyer's order for one market day and pickup point; later lines join it."""

    __tablename__ = "orders"

    id: Mapped[identity]
    cooperative_id: Mapped[int] = mapped_column(foreign("cooperative.id"))
    market_day_id: Mapped[int] = mapped_column(foreign("market_day.id"))
    buyer_id: Mapped[int] = mapped_column(foreign("person.id"))
    pickup_point_id: Mapped[int] = mapped_column(foreign("pickup_point.id"))
    payment_method: Mapped[PaymentMethod] = mapped_column(enumerated(PaymentMethod))
    code: Mapped[str] = mapped_column(String(12))
    opened_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("cooperative_id", "code"),
        Index("ix_orders_day_point", "market_day_id", "pickup_point_id"),
        Index("ix_orders_buyer", "buyer_id", "id"),
    )


class LineKind(StrEnum):
    """Part of a visible lot, or a bid for the matching."""

    DIRECT = "direct"
    REQUEST = "request"


class LineState(StrEnum):
    """Where an order line stands.

    ``queued``: a direct order that came while its lot was frozen, kept until it can be
    tried; ``waiting``: a request before clearing.
    """

    QUEUED = "queued"
    WAITING = "waiting"
    ALLOCATED = "allocated"
    UNFILLED = "unfilled"
    COLLECTED = "collected"
    REFUSED = "refused"
    UNCOLLECTED = "uncollected"
    CANCELLED = "cancelled"


class OrderLine(Base):
    """One crop of an order: ordered, allocated and billed quantity each in its own field.

    ``limit_minor``: for a request the most per kg at the pickup point; for a direct line
    the price per kg it was bought at. ``ceiling_g``: the most that may be billed.
    ``crop_names``, ``unit_code`` and ``unit_grams`` are snapshots of the day it was ordered.
    """

    __tablename__ = "order_line"

    id: Mapped[identity]
    order_id: Mapped[int] = mapped_column(foreign("orders.id"), index=True)
    kind: Mapped[LineKind] = mapped_column(enumerated(LineKind))
    state: Mapped[LineState] = mapped_column(enumerated(LineState))
    lot_id: Mapped[int | None] = mapped_column(foreign("lot.id"), index=True)
    crop_id: Mapped[int] = mapped_column(foreign("crop.id"))
    crop_names: Mapped[dict[str, Any]]
    least_grade: Mapped[Grade] = mapped_column(enumerated(Grade))
    unit_code: Mapped[str] = mapped_column(String(20))
    unit_grams: Mapped[grams]
    ordered_g: Mapped[grams]
    ceiling_g: Mapped[grams]
    allocated_g: Mapped[grams] = mapped_column(default=0)
    billed_g: Mapped[int | None]
    billed_minor: Mapped[int | None]
    limit_minor: Mapped[minor]
    first_on: Mapped[date]
    last_on: Mapped[date]
    is_all_or_nothing: Mapped[bool] = mapped_column(default=False)
    least_fill_g: Mapped[grams] = mapped_column(default=0)
    most_lots: Mapped[int | None]
    only_farmer_id: Mapped[int | None] = mapped_column(foreign("person.id"))
    substitutes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    person_id: Mapped[int] = mapped_column(foreign("person.id"))
    key: Mapped[str] = mapped_column(String(64))
    ordered_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("person_id", "key"),
        CheckConstraint("ordered_g > 0 AND ceiling_g >= ordered_g", name="quantity"),
        CheckConstraint("allocated_g BETWEEN 0 AND ordered_g", name="allocated"),
        CheckConstraint("billed_g IS NULL OR billed_g BETWEEN 0 AND ceiling_g", name="billed"),
        CheckConstraint("limit_minor >= 0", name="limit"),
        CheckConstraint("first_on <= last_on", name="window"),
        CheckConstraint("(kind = 'direct') = (lot_id IS NOT NULL)", name="lot_of_direct"),
    )


class Allocation(Base):
    """What a clearing or a direct order gave: lot, line, quantity and the price's parts.

    The buyer's price per kg is exactly the farmer's net, the freight and the fee together.
    ``accepted_g``: what of it the village's scale accepted; empty until it is weighed in.
    """

    __tablename__ = "allocation"

    id: Mapped[identity]
    cooperative_id: Mapped[int] = mapped_column(foreign("cooperative.id"))
    market_day_id: Mapped[int] = mapped_column(foreign("market_day.id"), index=True)
    clearing_run_id: Mapped[int | None] = mapped_column(foreign("clearing_run.id"), index=True)
    lot_id: Mapped[int] = mapped_column(foreign("lot.id"), index=True)
    order_line_id: Mapped[int] = mapped_column(foreign("order_line.id"), index=True)
    quantity_g: Mapped[grams]
    buyer_price_minor: Mapped[minor]
    farmer_price_minor: Mapped[minor]
    freight_minor: Mapped[minor]
    fee_minor: Mapped[minor]
    accepted_g: Mapped[int | None]
    made_at: Mapped[datetime]
    released_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("quantity_g > 0", name="quantity"),
        CheckConstraint(
            "accepted_g IS NULL OR accepted_g BETWEEN 0 AND quantity_g", name="accepted"
        ),
        CheckConstraint(
            "buyer_price_minor = farmer_price_minor + freight_minor + fee_minor", name="price_parts"
        ),
        CheckConstraint(
            "farmer_price_minor >= 0 AND freight_minor >= 0 AND fee_minor >= 0", name="parts"
        ),
    )


class HandOver(Base):
    """A line given to its buyer (or not), with the weight on the shop's scale."""

    __tablename__ = "hand_over"

    id: Mapped[identity]
    order_line_id: Mapped[int] = mapped_column(foreign("order_line.id"), unique=True)
    outcome: Mapped[LineState] = mapped_column(enumerated(LineState))
    received_g: Mapped[grams]
    reason: Mapped[str] = mapped_column(String(200), default="")
    person_id: Mapped[int] = mapped_column(foreign("person.id"))
    key: Mapped[str] = mapped_column(String(64), unique=True)
    at: Mapped[datetime]

    __table_args__ = (CheckConstraint("received_g >= 0", name="received"),)
