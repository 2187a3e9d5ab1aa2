"""What people are told, once per event, how it reaches them, and sheets to look at twice."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, enumerated, foreign, identity


class Channel(StrEnum):
    """A way to a person beyond the list of messages in the pages."""

    SMS = "sms"
    PUSH = "push"


class DeliveryState(StrEnum):
    """Where a delivery stands; ``unknown`` may have arrived and is never resent blindly."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


OPEN_DELIVERIES = "state IN ('waiting', 'sending')"


class Message(Base):
    """One thing told to one person: a kind with figures, put into words when shown.

    After ``useful_until`` it is still listed, and no longer sent to a phone.
    """

    __tablename__ = "message"

    id: Mapped[identity]
    person_id: Mapped[int] = mapped_column(foreign("person.id"))
    cooperative_id: Mapped[int] = mapped_column(foreign("cooperative.id"))
    kind: Mapped[str] = mapped_column(String(40))
    event_key: Mapped[str] = mapped_column(String(120))
    figures: Mapped[dict[str, Any]] = mapped_column(default=dict)
    written_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    useful_until: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("person_id", "kind", "event_key"),
        Index("ix_message_person", "person_id", "id"),
    )


class MessageDelivery(Base):
    """One message on its way by one channel; ``attempt`` is the fence of its sender."""

    __tablename__ = "message_delivery"

    id: Mapped[identity]
    message_id: Mapped[int] = mapped_column(foreign("message.id"))
    cooperative_id: Mapped[int] = mapped_column(foreign("cooperative.id"))
    channel: Mapped[Channel] = mapped_column(enumerated(Channel))
    state: Mapped[DeliveryState] = mapped_column(
        enumerated(DeliveryState), default=DeliveryState.WAITING
    )
    # A code of ``app.messages.reasons``.
    reason: Mapped[str | None] = mapped_column(String(40))
    attempt: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    # Who looked at an unknown end and decided.
    decided_by_id: Mapped[int | None] = mapped_column(foreign("person.id"))
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("message_id", "channel"),
        CheckConstraint("state <> 'sending' OR leased_until IS NOT NULL", name="lease"),
        Index(
            "ix_message_delivery_open",
            "due_at",
            "id",
            sqlite_where=text(OPEN_DELIVERIES),
            postgresql_where=text(OPEN_DELIVERIES),
        ),
        Index("ix_message_delivery_cooperative", "cooperative_id", "state", "id"),
    )


class MessageChoice(Base):
    """What a person switched on or off: one topic on one channel."""

    __tablename__ = "message_choice"

    person_id: Mapped[int] = mapped_column(foreign("person.id"), primary_key=True)
    topic: Mapped[str] = mapped_column(String(30), primary_key=True)
    channel: Mapped[Channel] = mapped_column(enumerated(Channel), primary_key=True)
    is_on: Mapped[bool]
    chosen_at: Mapped[datetime]


class QuietHours(Base):
    """When a cooperative sends nothing to phones, in minutes of its own day; equal is never."""

    __tablename__ = "quiet_hours"

    cooperative_id: Mapped[int] = mapped_column(foreign("cooperative.id"), primary_key=True)
    from_minute: Mapped[int]
    until_minute: Mapped[int]

    __table_args__ = (
        CheckConstraint("from_minute BETWEEN 0 AND 1439", name="from"),
        CheckConstraint("until_minute BETWEEN 0 AND 1439", name="until"),
    )


class PushSubscription(Base):
    """A browser that shows a person's messages, for as long as its session is open."""

    __tablename__ = "push_subscription"

    id: Mapped[identity]
    person_id: Mapped[int] = mapped_column(foreign("person.id"))
    session_id: Mapped[int] = mapped_column(foreign("device_session.id"))
    endpoint: Mapped[str] = mapped_column(String(1000))
    p256dh: Mapped[str] = mapped_column(String(120))
    auth: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime]
    dropped_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("person_id", "endpoint"),)


class WrittenText(Base):
    """A text message that the local adapter wrote down instead of sending it."""

    __tablename__ = "written_text"

    id: Mapped[identity]
    delivery_id: Mapped[int] = mapped_column(foreign("message_delivery.id"), index=True)
    phone: Mapped[str] = mapped_column(String(20))
    body: Mapped[str]
    written_at: Mapped[datetime]


class SpreadsheetImport(Base):
    """An uploaded sheet, parsed and shown row by row before anything of it is saved."""

    __tablename__ = "spreadsheet_import"

    id: Mapped[identity]
    cooperative_id: Mapped[int] = mapped_column(foreign("cooperative.id"))
    kind: Mapped[str] = mapped_column(String(30))
    file_name: Mapped[str] = mapped_column(String(200))
    rows: Mapped[dict[str, Any]]
    person_id: Mapped[int] = mapped_column(foreign("person.id"))
    key: Mapped[str] = mapped_column(String(64), unique=True)
    uploaded_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]
