"""The market day, its steps, and the calendar that makes it."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, enumerated, foreign, identity


class MarketDayState(StrEnum):
    """Where a market day stands; see the order of steps in app.market_days."""

    OPEN = "open"
    CLOSED = "closed"
    CLEARED = "cleared"
    PLANNED = "planned"
    COLLECTED = "collected"
    DELIVERED = "delivered"
    SETTLED = "settled"
    CANCELLED = "cancelled"


class MarketDay(Base):
    """One day of a cooperative's market; its four times are fields of their own.

    ``on`` is the date on which the trucks collect at the villages; ``pickup_at`` is when
    buyers may begin to collect at their pickup points, after a line haul a day later.

    ``postponed_from_on``: the date it was moved from. Buyers did not agree to the new one,
    so they may cancel until ``confirm_by_at``.
    """

    __tablename__ = "market_day"

    id: Mapped[identity]
    cooperative_id: Mapped[int] = mapped_column(foreign("cooperative.id"))
    on: Mapped[date] = mapped_column("market_on")
    state: Mapped[MarketDayState] = mapped_column(
        enumerated(MarketDayState), default=MarketDayState.OPEN
    )
    farmers_cutoff_at: Mapped[datetime]
    buyers_cutoff_at: Mapped[datetime]
    confirm_by_at: Mapped[datetime]
    pickup_at: Mapped[datetime]
    postponed_from_on: Mapped[date | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("cooperative_id", "market_on"),
        CheckConstraint("farmers_cutoff_at <= confirm_by_at", name="farmers_order"),
        CheckConstraint("buyers_cutoff_at <= confirm_by_at", name="buyers_order"),
        CheckConstraint("confirm_by_at <= pickup_at", name="pickup_order"),
        Index("ix_market_day_state", "cooperative_id", "state", "market_on"),
    )


class MarketDayStep(Base):
    """One transition of a market day: who, when, and what it did. Undoing adds a row."""

    __tablename__ = "market_day_step"

    id: Mapped[identity]
    market_day_id: Mapped[int] = mapped_column(foreign("market_day.id"), index=True)
    name: Mapped[str] = mapped_column(String(30))
    key: Mapped[str] = mapped_column(String(120), unique=True)
    person_id: Mapped[int | None] = mapped_column(foreign("person.id"))
    at: Mapped[datetime]
    figures: Mapped[dict[str, Any]] = mapped_column(default=dict)


class VillagePostponement(Base):
    """Rain kept the truck from one village on one day; its lots wait for the other."""

    __tablename__ = "village_postponement"

    id: Mapped[identity]
    market_day_id: Mapped[int] = mapped_column(foreign("market_day.id"))
    village_id: Mapped[int] = mapped_column(foreign("village.id"))
    to_market_day_id: Mapped[int | None] = mapped_column(foreign("market_day.id"))
    reason: Mapped[str] = mapped_column(String(200), default="")
    person_id: Mapped[int | None] = mapped_column(foreign("person.id"))
    at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("market_day_id", "village_id"),)


class CalendarRule(Base):
    """A weekday on which there is a market (0 = Monday).

    The four times are minutes of local wall-clock time counted from midnight at the
    start of the market's date; a negative one lies on a day before.
    """

    __tablename__ = "calendar_rule"

    id: Mapped[identity]
    cooperative_id: Mapped[int] = mapped_column(foreign("cooperative.id"))
    weekday: Mapped[int]
    farmers_cutoff_minute: Mapped[int]
    buyers_cutoff_minute: Mapped[int]
    confirm_by_minute: Mapped[int]
    pickup_minute: Mapped[int]

    __table_args__ = (
        UniqueConstraint("cooperative_id", "weekday"),
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint(
            "farmers_cutoff_minute <= confirm_by_minute"
            " AND buyers_cutoff_minute <= confirm_by_minute"
            " AND confirm_by_minute <= pickup_minute",
            name="order",
        ),
    )


class CalendarExceptionKind(StrEnum):
    """A festival closes a day; a feast before it may add one."""

    CLOSED = "closed"
    EXTRA = "extra"


class CalendarException(Base):
    """A date on which the weekly rule does not hold."""

    __tablename__ = "calendar_exception"

    id: Mapped[identity]
    cooperative_id: Mapped[int] = mapped_column(foreign("cooperative.id"))
    on: Mapped[date] = mapped_column("exception_on")
    kind: Mapped[CalendarExceptionKind] = mapped_column(enumerated(CalendarExceptionKind))
    note: Mapped[str] = mapped_column(String(120), default="")

    __table_args__ = (UniqueConstraint("cooperative_id", "exception_on"),)
