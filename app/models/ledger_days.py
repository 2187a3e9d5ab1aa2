"""Days whose books are closed, and the sums that were cached at a closing."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, foreign, identity, minor


class LedgerDay(Base):
    """The books of one cooperative closed up to an instant; a trigger keeps them closed.

    ``root`` is the hash over the entries since the closing before, and that one's root.
    """

    __tablename__ = "ledger_day"

    id: Mapped[identity]
    cooperative_id: Mapped[int] = mapped_column(foreign("cooperative.id"))
    on: Mapped[date]
    until_at: Mapped[datetime]
    entries: Mapped[int]
    root: Mapped[str] = mapped_column(String(64))
    closed_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("cooperative_id", "on"),
        Index("ix_ledger_day_until", "cooperative_id", "until_at"),
    )


class AccountCheckpoint(Base):
    """The sum of an account's postings up to one of them, so that few are summed again."""

    __tablename__ = "account_checkpoint"

    account_id: Mapped[int] = mapped_column(foreign("account.id"), primary_key=True)
    through_posting_id: Mapped[int] = mapped_column(BigInteger)
    balance_minor: Mapped[minor]
