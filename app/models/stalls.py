"""A farmer's public page and every address that it ever had."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, foreign, identity

LONGEST_NAME = 40


class Stall(Base):
    """What the world may see of a farmer in a cooperative, while ``is_open``.

    ``name`` is the newest of its addresses; older ones lead here.
    """

    __tablename__ = "stall"

    id: Mapped[identity]
    cooperative_id: Mapped[int] = mapped_column(foreign("cooperative.id"))
    farmer_id: Mapped[int] = mapped_column(foreign("person.id"))
    village_id: Mapped[int] = mapped_column(foreign("village.id"))
    name: Mapped[str] = mapped_column(String(LONGEST_NAME), unique=True)
    greeting: Mapped[str] = mapped_column(String(160), default="")
    is_open: Mapped[bool] = mapped_column(default=True)
    changed_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("farmer_id", "cooperative_id"),)


class StallAddress(Base):
    """One address of a stall, kept for good: a poster may hang for years."""

    __tablename__ = "stall_address"

    id: Mapped[identity]
    stall_id: Mapped[int] = mapped_column(foreign("stall.id"))
    name: Mapped[str] = mapped_column(String(LONGEST_NAME), unique=True)
    given_at: Mapped[datetime]

    __table_args__ = (Index("ix_stall_address_stall", "stall_id", "id"),)
