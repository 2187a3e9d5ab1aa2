"""Keep overrides of pairs, what a changed lot was before, and how small lots are pooled

Revision ID: 0005
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.base import Instant

revision = "0005"
down_revision = "0003"
branch_labels = None
depends_on = None


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column(
        "cooperative",
        sa.Column("pool_below_g", sa.BigInteger(), nullable=False, server_default="0"),
    )
    op.create_table(
        "lot_change",
        sa.Column("id", _id(), nullable=False),
        sa.Column("lot_id", _id(), nullable=False),
        sa.Column("ask_minor", sa.BigInteger(), nullable=False),
        sa.Column("market_day_id", _id(), nullable=True),
        sa.Column("ready_from_on", sa.Date(), nullable=False),
        sa.Column("ready_until_on", sa.Date(), nullable=False),
        sa.Column("person_id", _id(), nullable=False),
        sa.Column("changed_at", Instant(timezone=True), nullable=False),
        *_references("lot_change", lot_id="lot", market_day_id="market_day", person_id="person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot_change")),
    )
    op.create_index(op.f("ix_lot_change_lot_id"), "lot_change", ["lot_id"])
    op.create_table(
        "pair_override",
        sa.Column("id", _id(), nullable=False),
        sa.Column("cooperative_id", _id(), nullable=False),
        sa.Column("market_day_id", _id(), nullable=False),
        sa.Column("crop_id", _id(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "pin",
                "forbid",
                name="override_kind",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("lot_id", _id(), nullable=True),
        sa.Column("order_line_id", _id(), nullable=True),
        sa.Column("farmer_id", _id(), nullable=True),
        sa.Column("buyer_id", _id(), nullable=True),
        sa.Column("quantity_g", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("person_id", _id(), nullable=False),
        sa.Column("made_at", Instant(timezone=True), nullable=False),
        sa.Column("removed_at", Instant(timezone=True), nullable=True),
        sa.Column("removed_by_id", _id(), nullable=True),
        sa.CheckConstraint(
            "(lot_id IS NULL) = (order_line_id IS NULL)"
            " AND (farmer_id IS NULL) = (buyer_id IS NULL)"
            " AND (lot_id IS NULL) <> (farmer_id IS NULL)",
            name=op.f("ck_pair_override_pair"),
        ),
        sa.CheckConstraint(
            "(kind = 'pin') = (quantity_g IS NOT NULL) AND (quantity_g IS NULL OR quantity_g > 0)",
            name=op.f("ck_pair_override_quantity"),
        ),
        *_references(
            "pair_override",
            cooperative_id="cooperative",
            market_day_id="market_day",
            crop_id="crop",
            lot_id="lot",
            order_line_id="order_line",
            farmer_id="person",
            buyer_id="person",
            person_id="person",
            removed_by_id="person",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pair_override")),
    )
    op.create_index("ix_pair_override_day", "pair_override", ["market_day_id", "crop_id"])


def downgrade() -> None:
    op.drop_index("ix_pair_override_day", table_name="pair_override")
    op.drop_table("pair_override")
    op.drop_index(op.f("ix_lot_change_lot_id"), table_name="lot_change")
    op.drop_table("lot_change")
    op.drop_column("cooperative", "pool_below_g")


def _references(table: str, **targets: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint(
            [column],
            [f"{target}.id"],
            name=op.f(f"fk_{table}_{column}_{target}"),
            ondelete="RESTRICT",
        )
        for column, target in targets.items()
    ]
