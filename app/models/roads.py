"""What is known of the roads: extracts of OpenStreetMap, closures, and what runs taught."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, foreign, identity


class RoadExtract(Base):
    """A cooperative's extract of OpenStreetMap; the newest built one gives the roads.

    ``digest`` is the SHA-256 of the file, under which its graph and matrices lie.
    """

    __tablename__ = "road_extract"

    id: Mapped[identity]
    cooperative_id: Mapped[int] = mapped_column(foreign("cooperative.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str | None] = mapped_column(String(64))
    segments: Mapped[int] = mapped_column(default=0)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    uploaded_by_id: Mapped[int | None] = mapped_column(foreign("person.id"))
    uploaded_at: Mapped[datetime]
    built_at: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("(built_at IS NULL) OR (digest IS NOT NULL)", name="built"),
        CheckConstraint("size_bytes > 0 AND segments >= 0", name="figures"),
    )


class RoadClosure(Base):
    """A road that is closed on a day: at a point, or all ways to one village."""

    __tablename__ = "road_closure"

    id: Mapped[identity]
    cooperative_id: Mapped[int] = mapped_column(foreign("cooperative.id"))
    on: Mapped[date]
    village_id: Mapped[int | None] = mapped_column(foreign("village.id"))
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    reason: Mapped[str] = mapped_column(String(200), default="")
    key: Mapped[str] = mapped_column(String(64), unique=True)
    closed_by_id: Mapped[int] = mapped_column(foreign("person.id"))
    closed_at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("(lat IS NULL) = (lon IS NULL)", name="position_whole"),
        CheckConstraint("(village_id IS NULL) <> (lat IS NULL)", name="one_place"),
        CheckConstraint("lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180", name="position"),
        Index("ix_road_closure_day", "cooperative_id", "on"),
    )


class RoadLesson(Base):
    """What the recorded runs of a district taught, in force from an instant on.

    A plan without a road map multiplies great circles by ``factor_percent`` and drives
    at ``speed_m_per_h``. ``stop_s`` and ``load_s_per_100_kg`` are a stop's service time.
    """

    __tablename__ = "road_lesson"

    id: Mapped[identity]
    cooperative_id: Mapped[int] = mapped_column(foreign("cooperative.id"))
    district: Mapped[str] = mapped_column(String(200))
    factor_percent: Mapped[int]
    speed_m_per_h: Mapped[int]
    stop_s: Mapped[int]
    load_s_per_100_kg: Mapped[int]
    runs: Mapped[int]
    learnt_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("cooperative_id", "district", "learnt_at"),
        CheckConstraint("factor_percent >= 100 AND speed_m_per_h > 0", name="road"),
        CheckConstraint("stop_s >= 0 AND load_s_per_100_kg >= 0 AND runs > 0", name="service"),
    )
