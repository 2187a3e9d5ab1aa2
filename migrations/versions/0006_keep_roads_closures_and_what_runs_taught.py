"""Keep road extracts, closures, and what recorded runs taught

Revision ID: 0006
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.base import BigId, Instant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add three tables and the odometer's reading to the runs."""
    op.create_table(
        "road_extract",
        sa.Column("id", BigId, nullable=False),
        sa.Column("cooperative_id", BigId, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("uploaded_by_id", BigId, nullable=True),
        sa.Column("uploaded_at", Instant(), nullable=False),
        sa.Column("built_at", Instant(), nullable=True),
        sa.Column("retired_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "(built_at IS NULL) OR (digest IS NOT NULL)", name=op.f("ck_road_extract_built")
        ),
        sa.CheckConstraint(
            "size_bytes > 0 AND segments >= 0", name=op.f("ck_road_extract_figures")
        ),
        _to("road_extract", "cooperative"),
        _to("road_extract", "person", "uploaded_by_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_road_extract")),
        sa.UniqueConstraint("key", name=op.f("uq_road_extract_key")),
    )
    op.create_index(op.f("ix_road_extract_cooperative_id"), "road_extract", ["cooperative_id"])
    _create_closures()
    _create_lessons()
    with op.batch_alter_table("run") as batch:
        batch.add_column(sa.Column("driven_m", sa.Integer(), nullable=True))
        batch.create_check_constraint(op.f("ck_run_driven"), "driven_m > 0")


def downgrade() -> None:
    """Take them away again."""
    with op.batch_alter_table("run") as batch:
        batch.drop_constraint(op.f("ck_run_driven"), type_="check")
        batch.drop_column("driven_m")
    op.drop_table("road_lesson")
    op.drop_table("road_closure")
    op.drop_table("road_extract")


def _create_closures() -> None:
    op.create_table(
        "road_closure",
        sa.Column("id", BigId, nullable=False),
        sa.Column("cooperative_id", BigId, nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("village_id", BigId, nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("closed_by_id", BigId, nullable=False),
        sa.Column("closed_at", Instant(), nullable=False),
        sa.Column("lifted_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "(lat IS NULL) = (lon IS NULL)", name=op.f("ck_road_closure_position_whole")
        ),
        sa.CheckConstraint(
            "(village_id IS NULL) <> (lat IS NULL)", name=op.f("ck_road_closure_one_place")
        ),
        sa.CheckConstraint(
            "lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180",
            name=op.f("ck_road_closure_position"),
        ),
        _to("road_closure", "cooperative"),
        _to("road_closure", "village"),
        _to("road_closure", "person", "closed_by_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_road_closure")),
        sa.UniqueConstraint("key", name=op.f("uq_road_closure_key")),
    )
    op.create_index("ix_road_closure_day", "road_closure", ["cooperative_id", "on"])


def _create_lessons() -> None:
    op.create_table(
        "road_lesson",
        sa.Column("id", BigId, nullable=False),
        sa.Column("cooperative_id", BigId, nullable=False),
        sa.Column("district", sa.String(length=200), nullable=False),
        sa.Column("factor_percent", sa.Integer(), nullable=False),
        sa.Column("speed_m_per_h", sa.Integer(), nullable=False),
        sa.Column("stop_s", sa.Integer(), nullable=False),
        sa.Column("load_s_per_100_kg", sa.Integer(), nullable=False),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("learnt_at", Instant(), nullable=False),
        sa.CheckConstraint(
            "factor_percent >= 100 AND speed_m_per_h > 0", name=op.f("ck_road_lesson_road")
        ),
        sa.CheckConstraint(
            "stop_s >= 0 AND load_s_per_100_kg >= 0 AND runs > 0",
            name=op.f("ck_road_lesson_service"),
        ),
        _to("road_lesson", "cooperative"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_road_lesson")),
        sa.UniqueConstraint(
            "cooperative_id",
            "district",
            "learnt_at",
            name=op.f("uq_road_lesson_cooperative_id_district_learnt_at"),
        ),
    )


def _to(table: str, target: str, column: str | None = None) -> sa.ForeignKeyConstraint:
    """Return a foreign key as the models name it."""
    name = column or f"{target}_id"
    return sa.ForeignKeyConstraint(
        [name], [f"{target}.id"], name=op.f(f"fk_{table}_{name}_{target}"), ondelete="RESTRICT"
    )
