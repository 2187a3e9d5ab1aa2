"""Keep what managers change by hand, trips of a run, and cargo that changes its truck

Revision ID: 0007
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.base import Instant

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BIG = sa.BigInteger()
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KINDS = ("move", "take_out", "put_in", "lock", "unlock", "mend", "improve", "breakdown")


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SET LOCAL lock_timeout = '5s'")
    with op.batch_alter_table("run") as run:
        run.add_column(sa.Column("broken_at", Instant(), nullable=True))
    with op.batch_alter_table("stop") as stop:
        stop.add_column(sa.Column("trip", sa.Integer(), nullable=False, server_default="0"))
        stop.add_column(sa.Column("takes_over_run_id", ID, nullable=True))
        stop.create_foreign_key(
            "fk_stop_takes_over_run_id_run",
            "run",
            ["takes_over_run_id"],
            ["id"],
            ondelete="RESTRICT",
        )
    op.create_table(
        "plan_draft",
        sa.Column("plan_id", ID, autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("applied", sa.Integer(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plan.id"], name="fk_plan_draft_plan_id_plan", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("plan_id", name="pk_plan_draft"),
    )
    op.create_table(
        "plan_edit",
        sa.Column("id", ID, nullable=False),
        sa.Column("plan_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(*KINDS, name="edit_kind", native_enum=False, create_constraint=True, length=30),
            nullable=False,
        ),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("board", sa.JSON(), nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("dropped_at", Instant(), nullable=True),
        sa.CheckConstraint("number > 0", name=op.f("ck_plan_edit_number")),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plan.id"], name="fk_plan_edit_plan_id_plan", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_plan_edit_person_id_person", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_plan_edit"),
    )
    op.create_index("ix_plan_edit_plan_id", "plan_edit", ["plan_id"])
    op.create_table(
        "cargo_transfer",
        sa.Column("id", ID, nullable=False),
        sa.Column("cooperative_id", ID, nullable=False),
        sa.Column("from_run_id", ID, nullable=False),
        sa.Column("to_run_id", ID, nullable=False),
        sa.Column("lot_id", ID, nullable=False),
        sa.Column("quantity_g", BIG, nullable=False),
        sa.Column("code", sa.String(80), nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.CheckConstraint("quantity_g > 0", name=op.f("ck_cargo_transfer_quantity")),
        sa.CheckConstraint(
            "from_run_id <> to_run_id", name=op.f("ck_cargo_transfer_another_truck")
        ),
        *(
            sa.ForeignKeyConstraint(
                [column],
                [f"{table}.id"],
                name=f"fk_cargo_transfer_{column}_{table}",
                ondelete="RESTRICT",
            )
            for column, table in (
                ("cooperative_id", "cooperative"),
                ("from_run_id", "run"),
                ("to_run_id", "run"),
                ("lot_id", "lot"),
                ("person_id", "person"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name="pk_cargo_transfer"),
        sa.UniqueConstraint("from_run_id", "lot_id", name="uq_cargo_transfer_from_run_id_lot_id"),
    )
    op.create_index("ix_cargo_transfer_to_run_id", "cargo_transfer", ["to_run_id"])


def downgrade() -> None:
    op.drop_table("cargo_transfer")
    op.drop_table("plan_edit")
    op.drop_table("plan_draft")
    with op.batch_alter_table("stop") as stop:
        stop.drop_constraint("fk_stop_takes_over_run_id_run", type_="foreignkey")
        stop.drop_column("takes_over_run_id")
        stop.drop_column("trip")
    with op.batch_alter_table("run") as run:
        run.drop_column("broken_at")
