"""Send messages to phones

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.base import BigId, Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "message_choice",
        sa.Column("person_id", BigId, nullable=False),
        sa.Column("topic", sa.String(length=30), nullable=False),
        sa.Column(
            "channel",
            sa.Enum(
                "sms", "push", name="channel", native_enum=False, create_constraint=True, length=30
            ),
            nullable=False,
        ),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("chosen_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_message_choice_person_id_person"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("person_id", "topic", "channel", name=op.f("pk_message_choice")),
    )
    op.create_table(
        "quiet_hours",
        sa.Column("cooperative_id", BigId, nullable=False),
        sa.Column("from_minute", sa.Integer(), nullable=False),
        sa.Column("until_minute", sa.Integer(), nullable=False),
        sa.CheckConstraint("from_minute BETWEEN 0 AND 1439", name=op.f("ck_quiet_hours_from")),
        sa.CheckConstraint("until_minute BETWEEN 0 AND 1439", name=op.f("ck_quiet_hours_until")),
        sa.ForeignKeyConstraint(
            ["cooperative_id"],
            ["cooperative.id"],
            name=op.f("fk_quiet_hours_cooperative_id_cooperative"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("cooperative_id", name=op.f("pk_quiet_hours")),
    )
    op.create_table(
        "message_delivery",
        sa.Column("id", BigId, nullable=False),
        sa.Column("message_id", BigId, nullable=False),
        sa.Column("cooperative_id", BigId, nullable=False),
        sa.Column(
            "channel",
            sa.Enum(
                "sms", "push", name="channel", native_enum=False, create_constraint=True, length=30
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "sending",
                "sent",
                "failed",
                "unknown",
                name="delivery_state",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("leased_until", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("decided_by_id", BigId, nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.CheckConstraint(
            "state <> 'sending' OR leased_until IS NOT NULL", name=op.f("ck_message_delivery_lease")
        ),
        sa.ForeignKeyConstraint(
            ["cooperative_id"],
            ["cooperative.id"],
            name=op.f("fk_message_delivery_cooperative_id_cooperative"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"],
            ["person.id"],
            name=op.f("fk_message_delivery_decided_by_id_person"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["message.id"],
            name=op.f("fk_message_delivery_message_id_message"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_delivery")),
        sa.UniqueConstraint(
            "message_id", "channel", name=op.f("uq_message_delivery_message_id_channel")
        ),
    )
    with op.batch_alter_table("message_delivery", schema=None) as batch_op:
        batch_op.create_index(
            "ix_message_delivery_cooperative", ["cooperative_id", "state", "id"], unique=False
        )
        batch_op.create_index(
            "ix_message_delivery_open",
            ["due_at", "id"],
            unique=False,
            sqlite_where=sa.text("state IN ('waiting', 'sending')"),
            postgresql_where=sa.text("state IN ('waiting', 'sending')"),
        )

    op.create_table(
        "push_subscription",
        sa.Column("id", BigId, nullable=False),
        sa.Column("person_id", BigId, nullable=False),
        sa.Column("session_id", BigId, nullable=False),
        sa.Column("endpoint", sa.String(length=1000), nullable=False),
        sa.Column("p256dh", sa.String(length=120), nullable=False),
        sa.Column("auth", sa.String(length=40), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("dropped_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_push_subscription_person_id_person"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["device_session.id"],
            name=op.f("fk_push_subscription_session_id_device_session"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_subscription")),
        sa.UniqueConstraint(
            "person_id", "endpoint", name=op.f("uq_push_subscription_person_id_endpoint")
        ),
    )
    op.create_table(
        "written_text",
        sa.Column("id", BigId, nullable=False),
        sa.Column("delivery_id", BigId, nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("written_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["message_delivery.id"],
            name=op.f("fk_written_text_delivery_id_message_delivery"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_written_text")),
    )
    with op.batch_alter_table("written_text", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_written_text_delivery_id"), ["delivery_id"], unique=False
        )

    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("useful_until", Instant(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_column("useful_until")

    with op.batch_alter_table("written_text", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_written_text_delivery_id"))

    op.drop_table("written_text")
    op.drop_table("push_subscription")
    with op.batch_alter_table("message_delivery", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_message_delivery_open",
            sqlite_where=sa.text("state IN ('waiting', 'sending')"),
            postgresql_where=sa.text("state IN ('waiting', 'sending')"),
        )
        batch_op.drop_index("ix_message_delivery_cooperative")

    op.drop_table("message_delivery")
    op.drop_table("quiet_hours")
    op.drop_table("message_choice")
