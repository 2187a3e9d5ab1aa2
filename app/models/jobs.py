"""Durable jobs and the schedules that make them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, enumerated, foreign, identity


class JobState(StrEnum):
    """Where a job stands; the last three are ends."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class JobQueue(StrEnum):
    """Which workers take a job: seconds at most, or minutes of solving."""

    QUICK = "quick"
    SOLVE = "solve"


OPEN = "state IN ('waiting', 'running')"


class Job(Base):
    """One piece of work, recorded in the transaction of the change that causes it."""

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint("progress BETWEEN 0 AND 100", name="progress"),
        # The dispatcher reads this one every 20 ms, so it holds open jobs alone.
        Index(
            "ix_job_open",
            "queue",
            "id",
            sqlite_where=text(OPEN),
            postgresql_where=text(OPEN),
        ),
        Index("ix_job_state_id", "state", "id"),
    )

    id: Mapped[identity]
    kind: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(200), unique=True)
    queue: Mapped[JobQueue] = mapped_column(enumerated(JobQueue))
    payload: Mapped[dict[str, Any]]
    cooperative_id: Mapped[int | None] = mapped_column(foreign("cooperative.id"), index=True)
    state: Mapped[JobState] = mapped_column(enumerated(JobState), default=JobState.WAITING)
    # Nothing means at once, whatever the clock says later.
    due_at: Mapped[datetime | None]
    # Counts the starts; the number is the fence that an overtaken worker fails at.
    attempt: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    worker: Mapped[str | None] = mapped_column(String(120))
    leased_until: Mapped[datetime | None]
    rung_at: Mapped[datetime | None]
    cancel_requested_at: Mapped[datetime | None]
    progress: Mapped[int] = mapped_column(default=0)
    progress_note: Mapped[str | None] = mapped_column(String(64))
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    # What the manager is told: code, message id and figures, as a refusal has them.
    error: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class Schedule(Base):
    """A recurring job: every so many seconds, or daily at a wall-clock time."""

    __tablename__ = "job_schedule"
    __table_args__ = (
        CheckConstraint("(every_s IS NULL) <> (daily_at IS NULL)", name="one_rhythm"),
        CheckConstraint("every_s > 0", name="every_s"),
    )

    id: Mapped[identity]
    name: Mapped[str] = mapped_column(String(120), unique=True)
    kind: Mapped[str] = mapped_column(String(64))
    queue: Mapped[JobQueue] = mapped_column(enumerated(JobQueue))
    payload: Mapped[dict[str, Any]]
    cooperative_id: Mapped[int | None] = mapped_column(foreign("cooperative.id"))
    every_s: Mapped[int | None]
    # Wall-clock time as HH:MM, in the zone beside it.
    daily_at: Mapped[str | None] = mapped_column(String(5))
    zone: Mapped[str] = mapped_column(String(64), default="UTC")
    next_at: Mapped[datetime] = mapped_column(index=True)
