"""Add stalls and promises

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.base import Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _points(table: str, *targets: str) -> list[sa.ForeignKeyConstraint]:
    """Return foreign keys; a column is named after its table unless it says so."""
    keys = []
    for target in targets:
        column, _, pointed = target.rpartition("=")
        keys.append(
            sa.ForeignKeyConstraint(
                [column or f"{pointed}_id"],
                [f"{pointed}.id"],
                name=op.f(f"fk_{table}_{column or pointed + '_id'}_{pointed}"),
                ondelete="RESTRICT",
            )
        )
    return keys


def upgrade() -> None:
    op.create_table(
        "stall",
        sa.Column("id", ID, nullable=False),
        sa.Column("cooperative_id", ID, nullable=False),
        sa.Column("farmer_id", ID, nullable=False),
        sa.Column("village_id", ID, nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("greeting", sa.String(length=160), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        *_points("stall", "cooperative", "farmer_id=person", "village"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stall")),
        sa.UniqueConstraint(
            "farmer_id", "cooperative_id", name=op.f("uq_stall_farmer_id_cooperative_id")
        ),
        sa.UniqueConstraint("name", name=op.f("uq_stall_name")),
    )
    op.create_table(
        "stall_address",
        sa.Column("id", ID, nullable=False),
        sa.Column("stall_id", ID, nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("given_at", Instant(), nullable=False),
        *_points("stall_address", "stall"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stall_address")),
        sa.UniqueConstraint("name", name=op.f("uq_stall_address_name")),
    )
    op.create_index("ix_stall_address_stall", "stall_address", ["stall_id", "id"])
    _add_promises()


def _add_promises() -> None:
    op.create_table(
        "supply_promise",
        sa.Column("id", ID, nullable=False),
        sa.Column("cooperative_id", ID, nullable=False),
        sa.Column("farmer_id", ID, nullable=False),
        sa.Column("village_id", ID, nullable=False),
        sa.Column("crop_id", ID, nullable=False),
        sa.Column(
            "grade",
            sa.Enum(
                "extra",
                "I",
                "II",
                name="grade",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("weekly_g", sa.BigInteger(), nullable=False),
        sa.Column("unit_code", sa.String(length=20), nullable=False),
        sa.Column("unit_grams", sa.BigInteger(), nullable=False),
        sa.Column("ask_minor", sa.BigInteger(), nullable=False),
        sa.Column("weekdays", sa.JSON(), nullable=False),
        sa.Column("keeps_days", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("promised_at", Instant(), nullable=False),
        sa.Column("paused_at", Instant(), nullable=True),
        sa.Column("withdrawn_at", Instant(), nullable=True),
        sa.CheckConstraint("weekly_g > 0", name=op.f("ck_supply_promise_quantity")),
        sa.CheckConstraint("unit_grams > 0", name=op.f("ck_supply_promise_unit")),
        sa.CheckConstraint("ask_minor >= 0", name=op.f("ck_supply_promise_ask")),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_supply_promise_season")),
        sa.CheckConstraint("keeps_days BETWEEN 0 AND 30", name=op.f("ck_supply_promise_keeps")),
        *_points("supply_promise", "cooperative", "farmer_id=person", "village", "crop"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supply_promise")),
        sa.UniqueConstraint("farmer_id", "key", name=op.f("uq_supply_promise_farmer_id_key")),
    )
    op.create_index(
        "ix_supply_promise_cooperative", "supply_promise", ["cooperative_id", "ends_on"]
    )
    op.create_table(
        "promised_day",
        sa.Column("id", ID, nullable=False),
        sa.Column("promise_id", ID, nullable=False),
        sa.Column("market_day_id", ID, nullable=False),
        sa.Column("lot_id", ID, nullable=True),
        sa.Column("quantity_g", sa.BigInteger(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("skipped_at", Instant(), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.CheckConstraint(
            "quantity_g IS NULL OR quantity_g > 0", name=op.f("ck_promised_day_quantity")
        ),
        *_points("promised_day", "promise_id=supply_promise", "market_day", "lot"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promised_day")),
        sa.UniqueConstraint("lot_id", name=op.f("uq_promised_day_lot_id")),
        sa.UniqueConstraint(
            "promise_id", "market_day_id", name=op.f("uq_promised_day_promise_id_market_day_id")
        ),
    )
    op.create_index(op.f("ix_promised_day_market_day_id"), "promised_day", ["market_day_id"])


def downgrade() -> None:
    for table in ("promised_day", "supply_promise", "stall_address", "stall"):
        op.drop_table(table)
