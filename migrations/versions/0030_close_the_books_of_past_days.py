"""Close the books of past days

Revision ID: 0030
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.base import BigId, Instant

revision = "0030"
down_revision = "0010"
branch_labels = None
depends_on = None

SQLITE = (
    """CREATE TRIGGER entry_open_day BEFORE INSERT ON entry BEGIN
    SELECT RAISE(ABORT, 'a closed day takes no entry')
        WHERE EXISTS (SELECT 1 FROM ledger_day WHERE cooperative_id = NEW.cooperative_id
                      AND until_at > NEW.at);
END""",
)
POSTGRESQL = (
    """CREATE FUNCTION entry_open_day() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM ledger_day WHERE cooperative_id = NEW.cooperative_id
               AND until_at > NEW.at) THEN
        RAISE EXCEPTION 'a closed day takes no entry';
    END IF;
    RETURN NEW;
END $$""",
    """CREATE TRIGGER entry_open_day BEFORE INSERT ON entry
    FOR EACH ROW EXECUTE FUNCTION entry_open_day()""",
)


def upgrade() -> None:
    op.create_table(
        "ledger_day",
        sa.Column("id", BigId, nullable=False),
        sa.Column("cooperative_id", BigId, nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("until_at", Instant(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.Column("closed_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cooperative_id"],
            ["cooperative.id"],
            name=op.f("fk_ledger_day_cooperative_id_cooperative"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_day")),
        sa.UniqueConstraint("cooperative_id", "on", name=op.f("uq_ledger_day_cooperative_id_on")),
    )
    op.create_index("ix_ledger_day_until", "ledger_day", ["cooperative_id", "until_at"])
    op.create_table(
        "account_checkpoint",
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("through_posting_id", sa.BigInteger(), nullable=False),
        sa.Column("balance_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_account_checkpoint_account_id_account"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account_checkpoint")),
    )
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE if is_sqlite else POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER entry_open_day")
    else:
        op.execute("DROP TRIGGER entry_open_day ON entry")
        op.execute("DROP FUNCTION entry_open_day")
    op.drop_table("account_checkpoint")
    op.drop_index("ix_ledger_day_until", table_name="ledger_day")
    op.drop_table("ledger_day")
