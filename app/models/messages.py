"""What people are told, once per event, and files that wait for a second look."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, foreign, identity


class Message(Base):
    """One thing told to one person: a kind with figures, put into words when shown."""

    __tablename__ = "message"

    id: Mapped[identity]
    person_id: Mapped[int] = mapped_column(foreign("person.id"))
    cooperative_id: Mapped[int] = mapped_column(foreign("cooperative.id"))
    kind: Mapped[str] = mapped_column(String(40))
    event_key: Mapped[str] = mapped_column(String(120))
    figures: Mapped[dict[str, Any]] = mapped_column(default=dict)
    written_at: Mapped[datetime]
    read_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("person_id", "kind", "event_key"),
        Index("ix_message_person", "person_id", "id"),
    )


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
