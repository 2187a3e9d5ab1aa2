"""Short recordings that are played where a phone has no voice for its page's language."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, enumerated, foreign, identity


class ClipStep(StrEnum):
    """The steps of the listing form, in their order."""

    CROP = "crop"
    QUANTITY = "quantity"
    GRADE = "grade"
    PRICE = "price"
    DAYS = "days"
    SEND = "send"


class VoiceClip(Base):
    """One cooperative's recording for a step of the form in a language."""

    __tablename__ = "voice_clip"

    id: Mapped[identity]
    cooperative_id: Mapped[int] = mapped_column(foreign("cooperative.id"))
    language: Mapped[str] = mapped_column(String(12))
    step: Mapped[ClipStep] = mapped_column(enumerated(ClipStep))
    stored_name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(40))
    uploaded_by_id: Mapped[int] = mapped_column(foreign("person.id"))
    uploaded_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("cooperative_id", "language", "step"),)
