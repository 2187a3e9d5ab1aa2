"""Lay down the tables of the market day

Revision ID: 0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.base import Instant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# The ledger's guards: a migration that rebuilds entry or posting creates them again.
SQLITE = (
    """CREATE TRIGGER entry_seal BEFORE UPDATE ON entry BEGIN
    SELECT RAISE(ABORT, 'a sealed entry is immutable') WHERE OLD.sealed_at IS NOT NULL;
    SELECT RAISE(ABORT, 'an entry may only be sealed')
        WHERE NEW.key <> OLD.key OR NEW.cooperative_id <> OLD.cooperative_id
        OR NEW.sealed_at IS NULL;
    SELECT RAISE(ABORT, 'an entry must balance before it is sealed')
        WHERE (SELECT count(*) < 2 OR sum(amount_minor) <> 0
               FROM posting WHERE entry_id = NEW.id);
END""",
    """CREATE TRIGGER entry_keep BEFORE DELETE ON entry BEGIN
    SELECT RAISE(ABORT, 'an entry is never deleted');
END""",
    """CREATE TRIGGER posting_add BEFORE INSERT ON posting BEGIN
    SELECT RAISE(ABORT, 'a sealed entry takes no posting')
        WHERE (SELECT sealed_at IS NOT NULL FROM entry WHERE id = NEW.entry_id);
    SELECT RAISE(ABORT, 'a posting stays within its cooperative')
        WHERE (SELECT cooperative_id FROM entry WHERE id = NEW.entry_id)
        <> (SELECT cooperative_id FROM account WHERE id = NEW.account_id);
END""",
    """CREATE TRIGGER posting_change BEFORE UPDATE ON posting BEGIN
    SELECT RAISE(ABORT, 'a posting is immutable');
END""",
    """CREATE TRIGGER posting_keep BEFORE DELETE ON posting BEGIN
    SELECT RAISE(ABORT, 'a posting is never deleted');
END""",
)
POSTGRESQL = (
    """CREATE FUNCTION entry_seal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'an entry is never deleted';
    END IF;
    IF OLD.sealed_at IS NOT NULL THEN
        RAISE EXCEPTION 'a sealed entry is immutable';
    END IF;
    IF NEW.key <> OLD.key OR NEW.cooperative_id <> OLD.cooperative_id
        OR NEW.sealed_at IS NULL THEN
        RAISE EXCEPTION 'an entry may only be sealed';
    END IF;
    IF (SELECT count(*) < 2 OR sum(amount_minor) <> 0
        FROM posting WHERE entry_id = NEW.id) THEN
        RAISE EXCEPTION 'an entry must balance before it is sealed';
    END IF;
    RETURN NEW;
END $$""",
    """CREATE FUNCTION posting_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        RAISE EXCEPTION 'a posting is immutable';
    END IF;
    IF (SELECT sealed_at IS NOT NULL FROM entry WHERE id = NEW.entry_id) THEN
        RAISE EXCEPTION 'a sealed entry takes no posting';
    END IF;
    IF (SELECT cooperative_id FROM entry WHERE id = NEW.entry_id)
        <> (SELECT cooperative_id FROM account WHERE id = NEW.account_id) THEN
        RAISE EXCEPTION 'a posting stays within its cooperative';
    END IF;
    RETURN NEW;
END $$""",
    """CREATE TRIGGER entry_seal BEFORE UPDATE OR DELETE ON entry
    FOR EACH ROW EXECUTE FUNCTION entry_seal()""",
    """CREATE TRIGGER posting_guard BEFORE INSERT OR UPDATE OR DELETE ON posting
    FOR EACH ROW EXECUTE FUNCTION posting_guard()""",
)


def upgrade() -> None:
    op.create_table(
        "cooperative",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("time_zone", sa.String(length=60), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column(
            "pricing_rule",
            sa.Enum(
                "uniform",
                "pay_as_ask",
                name="pricing_rule",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("direct_margin_bp", sa.Integer(), nullable=False),
        sa.Column("ceiling_bp", sa.Integer(), nullable=False),
        sa.Column("shrinkage_bp", sa.Integer(), nullable=False),
        sa.Column("road_factor_percent", sa.Integer(), nullable=False),
        sa.Column("freight_base_minor", sa.BigInteger(), nullable=False),
        sa.Column("freight_per_100km_minor", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.CheckConstraint("ceiling_bp BETWEEN 0 AND 5000", name=op.f("ck_cooperative_ceiling")),
        sa.CheckConstraint("direct_margin_bp >= 0", name=op.f("ck_cooperative_margin")),
        sa.CheckConstraint(
            "freight_base_minor >= 0 AND freight_per_100km_minor >= 0",
            name=op.f("ck_cooperative_freight"),
        ),
        sa.CheckConstraint(
            "road_factor_percent BETWEEN 100 AND 500", name=op.f("ck_cooperative_road_factor")
        ),
        sa.CheckConstraint(
            "shrinkage_bp BETWEEN 0 AND 5000", name=op.f("ck_cooperative_shrinkage")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cooperative")),
        sa.UniqueConstraint("slug", name=op.f("uq_cooperative_slug")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("member_number", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("member_number", name=op.f("uq_person_member_number")),
    )
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_phone"), ["phone"], unique=False)

    op.create_table(
        "sign_in_attempt",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
    )
    with op.batch_alter_table("sign_in_attempt", schema=None) as batch_op:
        batch_op.create_index("ix_sign_in_attempt_subject", ["subject", "at"], unique=False)

    op.create_table(
        "buyer_terms",
        sa.Column(
            "person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "cooperative_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("account_limit_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cooperative_id"],
            ["cooperative.id"],
            name=op.f("fk_buyer_terms_cooperative_id_cooperative"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_buyer_terms_person_id_person"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("person_id", "cooperative_id", name=op.f("pk_buyer_terms")),
    )
    op.create_table(
        "calendar_exception",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "cooperative_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("exception_on", sa.Date(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "closed",
                "extra",
                name="calendar_exception_kind",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["cooperative_id"],
            ["cooperative.id"],
            name=op.f("fk_calendar_exception_cooperative_id_cooperative"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_exception")),
        sa.UniqueConstraint(
            "cooperative_id",
            "exception_on",
            name=op.f("uq_calendar_exception_cooperative_id_exception_on"),
        ),
    )
    op.create_table(
        "calendar_rule",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "cooperative_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("farmers_cutoff_minute", sa.Integer(), nullable=False),
        sa.Column("buyers_cutoff_minute", sa.Integer(), nullable=False),
        sa.Column("confirm_by_minute", sa.Integer(), nullable=False),
        sa.Column("pickup_minute", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "farmers_cutoff_minute <= confirm_by_minute AND buyers_cutoff_minute <= confirm_by_minute AND confirm_by_minute <= pickup_minute",
            name=op.f("ck_calendar_rule_order"),
        ),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_calendar_rule_weekday")),
        sa.ForeignKeyConstraint(
            ["cooperative_id"],
            ["cooperative.id"],
            name=op.f("fk_calendar_rule_cooperative_id_cooperative"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_rule")),
        sa.UniqueConstraint(
            "cooperative_id", "weekday", name=op.f("uq_calendar_rule_cooperative_id_weekday")
        ),
    )
    op.create_table(
        "crop",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "cooperative_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("emoji", sa.String(length=16), nullable=True),
        sa.Column("keeps_days", sa.Integer(), nullable=False),
        sa.Column("needs_cold", sa.Boolean(), nullable=False),
        sa.Column("is_traded", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cooperative_id"],
            ["cooperative.id"],
            name=op.f("fk_crop_cooperative_id_cooperative"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crop")),
        sa.UniqueConstraint("cooperative_id", "code", name=op.f("uq_crop_cooperative_id_code")),
    )
    op.create_table(
        "device_session",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=200), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_device_session_person_id_person"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_device_session_token_hash")),
    )
    with op.batch_alter_table("device_session", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_device_session_person_id"), ["person_id"], unique=False
        )

    op.create_table(
        "enrolment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column(
            "created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("used_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by_id"],
            ["person.id"],
            name=op.f("fk_enrolment_created_by_id_person"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_enrolment_person_id_person"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_enrolment_code_hash")),
    )
    with op.batch_alter_table("enrolment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_enrolment_person_id"), ["person_id"], unique=False)

    op.create_table(
        "entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "cooperative_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("cause_kind", sa.String(length=30), nullable=False),
        sa.Column("cause_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "counters_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("sealed_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["cooperative_id"],
            ["cooperative.id"],
            name=op.f("fk_entry_cooperative_id_cooperative"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["counters_id"],
            ["entry.id"],
            name=op.f("fk_entry_counters_id_entry"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry")),
        sa.UniqueConstraint("counters_id", name=op.f("uq_entry_counters_id")),
        sa.UniqueConstraint("key", name=op.f("uq_entry_key")),
    )
    with op.batch_alter_table("entry", schema=None) as batch_op:
        batch_op.create_index("ix_entry_cause", ["cause_kind", "cause_id"], unique=False)

    op.create_table(
        "fee",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "cooperative_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.CheckConstraint("price_minor >= 0", name=op.f("ck_fee_price")),
        sa.ForeignKeyConstraint(
            ["cooperative_id"],
            ["cooperative.id"],
            name=op.f("fk_fee_cooperative_id_cooperative"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fee")),
    )
    with op.batch_alter_table("fee", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_fee_cooperative_id"), ["cooperative_id"], unique=False)

    op.create_table(
        "hub",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "cooperative_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("local_name", sa.String(length=120), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "rural",
                "city",
                "both",
                name="hub_kind",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("place_source", sa.String(length=40), nullable=False),
        sa.Column(
            "place_precision",
            sa.Enum(
                "pin",
                "phone",
                "town",
                "district",
                "unknown",
                name="place_precision",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.CheckConstraint("(lat IS NULL) = (lon IS NULL)", name=op.f("ck_hub_position_whole")),
        sa.CheckConstraint(
            "lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180", name=op.f("ck_hub_position")
        ),
        sa.ForeignKeyConstraint(
            ["cooperative_id"],
            ["cooperative.id"],
            name=op.f("fk_hub_cooperative_id_cooperative"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hub")),
        sa.UniqueConstraint("cooperative_id", "name", name=op.f("uq_hub_cooperative_id_name")),
    )
    op.create_table(
        "job",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column(
            "queue",
            sa.Enum(
                "quick",
                "solve",
                name="job_queue",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column(
            "cooperative_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "running",
                "done",
                "failed",
                "cancelled",
                name="job_state",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(length=120), nullable=True),
        sa.Column("leased_until", Instant(), nullable=True),
        sa.Column("rung_at", Instant(), nullable=True),
        sa.Column("cancel_requested_at", Instant(), nullable=True),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("progress_note", sa.String(length=64), nullable=True),
        sa.Column("result", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("error", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("done_at", Instant(), nullable=True),
        sa.CheckConstraint("progress BETWEEN 0 AND 100", name=op.f("ck_job_progress")),
        sa.ForeignKeyConstraint(
            ["cooperative_id"],
            ["cooperative.id"],
            name=op.f("fk_job_cooperative_id_cooperative"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sa.UniqueConstraint("key", name=op.f("uq_job_key")),
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_job_cooperative_id"), ["cooperative_id"], unique=False)
        batch_op.create_index(
            "ix_job_open",
            ["queue", "id"],
            unique=False,
            sqlite_where=sa.text("state IN ('waiting', 'running')"),
            postgresql_where=sa.text("state IN ('waiting', 'running')"),
        )
        batch_op.create_index("ix_job_state_id", ["state", "id"], unique=False)

    op.create_table(
        "job_schedule",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column(
            "queue",
            sa.Enum(
                "quick",
                "solve",
                name="job_queue",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column(
            "cooperative_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("every_s", sa.Integer(), nullable=True),
        sa.Column("daily_at", sa.String(length=5), nullable=True),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("next_at", Instant(), nullable=False),
        sa.CheckConstraint(
            "(every_s IS NULL) <> (daily_at IS NULL)", name=op.f("ck_job_schedule_one_rhythm")
        ),
        sa.CheckConstraint("every_s > 0", name=op.f("ck_job_schedule_every_s")),
        sa.ForeignKeyConstraint(
            ["cooperative_id"],
            ["cooperative.id"],
            name=op.f("fk_job_schedule_cooperative_id_cooperative"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_schedule")),
        sa.UniqueConstraint("name", name=op.f("uq_job_schedule_name")),
    )
    with op.batch_alter_table("job_schedule", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_job_schedule_next_at"), ["next_at"], unique=False)

    op.create_table(
        "market_day",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "cooperative_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("market_on", sa.Date(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "closed",
                "cleared",
                "planned",
                "collected",
                "delivered",
                "settled",
                "cancelled",
                name="market_day_state",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("farmers_cutoff_at", Instant(), nullable=False),
        sa.Column("buyers_cutoff_at", Instant(), nullable=False),
        sa.Column("confirm_by_at", Instant(), nullable=False),
        sa.Column("pickup_at", Instant(), nullable=False),
        sa.Column("postponed_from_on", sa.Date(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.CheckConstraint(
            "buyers_cutoff_at <= confirm_by_at", name=op.f("ck_market_day_buyers_order")
        ),
        sa.CheckConstraint("confirm_by_at <= pickup_at", name=op.f("ck_market_day_pickup_order")),
        sa.CheckConstraint(
            "farmers_cutoff_at <= confirm_by_at", name=op.f("ck_market_day_farmers_order")
        ),
        sa.ForeignKeyConstraint(
            ["cooperative_id"],
            ["cooperative.id"],
            name=op.f("fk_market_day_cooperative_id_cooperative"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_market_day")),
        sa.UniqueConstraint(
            "cooperative_id", "market_on", name=op.f("uq_market_day_cooperative_id_market_on")
        ),
    )
    with op.batch_alter_table("market_day", schema=None) as batch_op:
        batch_op.create_index(
            "ix_market_day_state", ["cooperative_id", "state", "market_on"], unique=False
        )

    op.create_table(
        "message",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "cooperative_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("event_key", sa.String(length=120), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("written_at", Instant(), nullable=False),
        sa.Column("read_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["cooperative_id"],
            ["cooperative.id"],
            name=op.f("fk_message_cooperative_id_cooperative"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_message_person_id_person"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint(
            "person_id", "kind", "event_key", name=op.f("uq_message_person_id_kind_event_key")
        ),
    )
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_index("ix_message_person", ["person_id", "id"], unique=False)

    op.create_table(
        "pin",
        sa.Column(
            "person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("pin_hash", sa.String(length=200), nullable=False),
        sa.Column("set_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_pin_person_id_person"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_pin")),
    )
    op.create_table(
        "reply",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("location", sa.String(length=300), nullable=True),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_reply_person_id_person"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reply")),
        sa.UniqueConstraint("person_id", "key", name=op.f("uq_reply_person_id_key")),
    )
    op.create_table(
        "shop",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "cooperative_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("local_name", sa.String(length=120), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(
            ["cooperative_id"],
            ["cooperative.id"],
            name=op.f("fk_shop_cooperative_id_cooperative"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop")),
        sa.UniqueConstraint("cooperative_id", "name", name=op.f("uq_shop_cooperative_id_name")),
    )
    op.create_table(
        "spreadsheet_import",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "cooperative_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.Column(
            "person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("uploaded_at", Instant(), nullable=False),
        sa.Column("applied_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["cooperative_id"],
            ["cooperative.id"],
            name=op.f("fk_spreadsheet_import_cooperative_id_cooperative"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_spreadsheet_import_person_id_person"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spreadsheet_import")),
        sa.UniqueConstraint("key", name=op.f("uq_spreadsheet_import_key")),
    )
    op.create_table(
        "account",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "cooperative_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "kind",
            sa.Enum(
                "bank",
                "cash",
                "card",
                "escrow",
                "receivable",
                "trade",
                "farmer_payable",
                "shop_payable",
                "carrier_payable",
                "fees",
                "transport_pool",
                "losses",
                "rounding",
                name="account_kind",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("shop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("owner", sa.String(length=30), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.CheckConstraint(
            "person_id IS NULL OR shop_id IS NULL", name=op.f("ck_account_one_owner")
        ),
        sa.ForeignKeyConstraint(
            ["cooperative_id"],
            ["cooperative.id"],
            name=op.f("fk_account_cooperative_id_cooperative"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_account_person_id_person"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shop.id"], name=op.f("fk_account_shop_id_shop"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint(
            "cooperative_id", "kind", "owner", name=op.f("uq_account_cooperative_id_kind_owner")
        ),
    )
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_account_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_account_shop_id"), ["shop_id"], unique=False)

    op.create_table(
        "clearing_run",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "cooperative_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "market_day_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("crop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("input_hash", sa.String(length=64), nullable=False),
        sa.Column("value_scaled", sa.String(length=40), nullable=False),
        sa.Column("bound_scaled", sa.String(length=40), nullable=False),
        sa.Column("certificate", sa.JSON(), nullable=False),
        sa.Column("solved_at", Instant(), nullable=False),
        sa.Column("applied_at", Instant(), nullable=True),
        sa.Column("undone_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["cooperative_id"],
            ["cooperative.id"],
            name=op.f("fk_clearing_run_cooperative_id_cooperative"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["crop_id"], ["crop.id"], name=op.f("fk_clearing_run_crop_id_crop"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["market_day_id"],
            ["market_day.id"],
            name=op.f("fk_clearing_run_market_day_id_market_day"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clearing_run")),
        sa.UniqueConstraint(
            "market_day_id",
            "crop_id",
            "attempt",
            name=op.f("uq_clearing_run_market_day_id_crop_id_attempt"),
        ),
    )
    op.create_table(
        "crop_unit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("crop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("grams", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint("grams > 0", name=op.f("ck_crop_unit_grams")),
        sa.ForeignKeyConstraint(
            ["crop_id"], ["crop.id"], name=op.f("fk_crop_unit_crop_id_crop"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crop_unit")),
        sa.UniqueConstraint("crop_id", "code", name=op.f("uq_crop_unit_crop_id_code")),
    )
    op.create_table(
        "line_haul",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "cooperative_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "from_hub_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "to_hub_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("carrier", sa.String(length=120), nullable=False),
        sa.Column("departs_minute", sa.Integer(), nullable=False),
        sa.Column("duration_s", sa.Integer(), nullable=False),
        sa.Column("capacity_g", sa.BigInteger(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("retired_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "duration_s > 0 AND capacity_g > 0 AND price_minor >= 0",
            name=op.f("ck_line_haul_figures"),
        ),
        sa.CheckConstraint("from_hub_id <> to_hub_id", name=op.f("ck_line_haul_two_hubs")),
        sa.ForeignKeyConstraint(
            ["cooperative_id"],
            ["cooperative.id"],
            name=op.f("fk_line_haul_cooperative_id_cooperative"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["from_hub_id"],
            ["hub.id"],
            name=op.f("fk_line_haul_from_hub_id_hub"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["to_hub_id"], ["hub.id"], name=op.f("fk_line_haul_to_hub_id_hub"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_haul")),
    )
    with op.batch_alter_table("line_haul", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_line_haul_cooperative_id"), ["cooperative_id"], unique=False
        )

    op.create_table(
        "market_day_step",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "market_day_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("name", sa.String(length=30), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["market_day_id"],
            ["market_day.id"],
            name=op.f("fk_market_day_step_market_day_id_market_day"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_market_day_step_person_id_person"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_market_day_step")),
        sa.UniqueConstraint("key", name=op.f("uq_market_day_step_key")),
    )
    with op.batch_alter_table("market_day_step", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_market_day_step_market_day_id"), ["market_day_id"], unique=False
        )

    op.create_table(
        "pickup_point",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "cooperative_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("shop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hub_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("local_name", sa.String(length=120), nullable=True),
        sa.Column("address", sa.String(length=200), nullable=True),
        sa.Column("opens_minute", sa.Integer(), nullable=False),
        sa.Column("closes_minute", sa.Integer(), nullable=False),
        sa.Column("retired_at", Instant(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("place_source", sa.String(length=40), nullable=False),
        sa.Column(
            "place_precision",
            sa.Enum(
                "pin",
                "phone",
                "town",
                "district",
                "unknown",
                name="place_precision",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.CheckConstraint(
            "(lat IS NULL) = (lon IS NULL)", name=op.f("ck_pickup_point_position_whole")
        ),
        sa.CheckConstraint(
            "0 <= opens_minute AND opens_minute < closes_minute", name=op.f("ck_pickup_point_hours")
        ),
        sa.CheckConstraint(
            "lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180",
            name=op.f("ck_pickup_point_position"),
        ),
        sa.ForeignKeyConstraint(
            ["cooperative_id"],
            ["cooperative.id"],
            name=op.f("fk_pickup_point_cooperative_id_cooperative"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["hub_id"], ["hub.id"], name=op.f("fk_pickup_point_hub_id_hub"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shop.id"], name=op.f("fk_pickup_point_shop_id_shop"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pickup_point")),
        sa.UniqueConstraint(
            "cooperative_id", "name", name=op.f("uq_pickup_point_cooperative_id_name")
        ),
    )
    with op.batch_alter_table("pickup_point", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pickup_point_shop_id"), ["shop_id"], unique=False)

    op.create_table(
        "plan",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "cooperative_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "market_day_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("hub_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "collection",
                "distribution",
                name="plan_kind",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("is_estimate", sa.Boolean(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("planned_at", Instant(), nullable=False),
        sa.Column("published_at", Instant(), nullable=True),
        sa.Column("replaced_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["cooperative_id"],
            ["cooperative.id"],
            name=op.f("fk_plan_cooperative_id_cooperative"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["hub_id"], ["hub.id"], name=op.f("fk_plan_hub_id_hub"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["market_day_id"],
            ["market_day.id"],
            name=op.f("fk_plan_market_day_id_market_day"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
    )
    with op.batch_alter_table("plan", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_plan_market_day_id"), ["market_day_id"], unique=False)

    op.create_table(
        "till_shift",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("shop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("float_minor", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("expected_minor", sa.Integer(), nullable=True),
        sa.Column("counted_minor", sa.Integer(), nullable=True),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_till_shift_person_id_person"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shop.id"], name=op.f("fk_till_shift_shop_id_shop"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_till_shift")),
        sa.UniqueConstraint("key", name=op.f("uq_till_shift_key")),
    )
    with op.batch_alter_table("till_shift", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_till_shift_shop_id"), ["shop_id"], unique=False)

    op.create_table(
        "vehicle",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "cooperative_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("hub_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("driver_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("plate", sa.String(length=20), nullable=True),
        sa.Column("capacity_g", sa.BigInteger(), nullable=False),
        sa.Column("crates", sa.Integer(), nullable=False),
        sa.Column("cold_crates", sa.Integer(), nullable=False),
        sa.Column("cost_per_km_minor", sa.BigInteger(), nullable=False),
        sa.Column("cost_per_hour_minor", sa.BigInteger(), nullable=False),
        sa.Column("starts_minute", sa.Integer(), nullable=False),
        sa.Column("ends_minute", sa.Integer(), nullable=False),
        sa.Column("retired_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "0 <= starts_minute AND starts_minute < ends_minute", name=op.f("ck_vehicle_shift")
        ),
        sa.CheckConstraint("capacity_g > 0", name=op.f("ck_vehicle_capacity")),
        sa.ForeignKeyConstraint(
            ["cooperative_id"],
            ["cooperative.id"],
            name=op.f("fk_vehicle_cooperative_id_cooperative"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["driver_id"],
            ["person.id"],
            name=op.f("fk_vehicle_driver_id_person"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["hub_id"], ["hub.id"], name=op.f("fk_vehicle_hub_id_hub"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vehicle")),
        sa.UniqueConstraint("cooperative_id", "name", name=op.f("uq_vehicle_cooperative_id_name")),
    )
    op.create_table(
        "village",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "cooperative_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("hub_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("local_name", sa.String(length=120), nullable=True),
        sa.Column("admin", sa.String(length=200), nullable=True),
        sa.Column("gathering_point", sa.String(length=200), nullable=True),
        sa.Column("opens_minute", sa.Integer(), nullable=False),
        sa.Column("closes_minute", sa.Integer(), nullable=False),
        sa.Column("retired_at", Instant(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("place_source", sa.String(length=40), nullable=False),
        sa.Column(
            "place_precision",
            sa.Enum(
                "pin",
                "phone",
                "town",
                "district",
                "unknown",
                name="place_precision",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.CheckConstraint("(lat IS NULL) = (lon IS NULL)", name=op.f("ck_village_position_whole")),
        sa.CheckConstraint(
            "0 <= opens_minute AND opens_minute < closes_minute", name=op.f("ck_village_hours")
        ),
        sa.CheckConstraint(
            "lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180", name=op.f("ck_village_position")
        ),
        sa.ForeignKeyConstraint(
            ["cooperative_id"],
            ["cooperative.id"],
            name=op.f("fk_village_cooperative_id_cooperative"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["hub_id"], ["hub.id"], name=op.f("fk_village_hub_id_hub"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_village")),
        sa.UniqueConstraint(
            "cooperative_id", "name", "admin", name=op.f("uq_village_cooperative_id_name_admin")
        ),
    )
    op.create_table(
        "card_balance",
        sa.Column(
            "account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("available_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("available_minor >= 0", name=op.f("ck_card_balance_no_overdraft")),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_card_balance_account_id_account"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_card_balance")),
    )
    op.create_table(
        "freight_tariff",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "cooperative_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "village_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "pickup_point_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("valid_from_at", Instant(), nullable=False),
        sa.CheckConstraint("price_minor >= 0", name=op.f("ck_freight_tariff_price")),
        sa.ForeignKeyConstraint(
            ["cooperative_id"],
            ["cooperative.id"],
            name=op.f("fk_freight_tariff_cooperative_id_cooperative"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["pickup_point_id"],
            ["pickup_point.id"],
            name=op.f("fk_freight_tariff_pickup_point_id_pickup_point"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["village_id"],
            ["village.id"],
            name=op.f("fk_freight_tariff_village_id_village"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_freight_tariff")),
        sa.UniqueConstraint(
            "village_id",
            "pickup_point_id",
            "valid_from_at",
            name=op.f("uq_freight_tariff_village_id_pickup_point_id_valid_from_at"),
        ),
    )
    with op.batch_alter_table("freight_tariff", schema=None) as batch_op:
        batch_op.create_index(
            "ix_freight_tariff_pair",
            ["village_id", "pickup_point_id", "valid_from_at"],
            unique=False,
        )

    op.create_table(
        "line_haul_trip",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "market_day_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "line_haul_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("departs_at", Instant(), nullable=False),
        sa.Column("arrives_at", Instant(), nullable=False),
        sa.Column("load_g", sa.BigInteger(), nullable=False),
        sa.Column("cost_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["line_haul_id"],
            ["line_haul.id"],
            name=op.f("fk_line_haul_trip_line_haul_id_line_haul"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["market_day_id"],
            ["market_day.id"],
            name=op.f("fk_line_haul_trip_market_day_id_market_day"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_haul_trip")),
        sa.UniqueConstraint(
            "market_day_id",
            "line_haul_id",
            name=op.f("uq_line_haul_trip_market_day_id_line_haul_id"),
        ),
    )
    with op.batch_alter_table("line_haul_trip", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_line_haul_trip_market_day_id"), ["market_day_id"], unique=False
        )

    op.create_table(
        "lot",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "cooperative_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "market_day_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "farmer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "village_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("crop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
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
        sa.Column("quantity_g", sa.BigInteger(), nullable=False),
        sa.Column("unit_code", sa.String(length=20), nullable=False),
        sa.Column("unit_grams", sa.BigInteger(), nullable=False),
        sa.Column("ask_minor", sa.BigInteger(), nullable=False),
        sa.Column("ready_from_on", sa.Date(), nullable=False),
        sa.Column("ready_until_on", sa.Date(), nullable=False),
        sa.Column("is_uncertain", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("parked_reason", sa.String(length=40), nullable=True),
        sa.Column(
            "rolled_from_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "surplus_of_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "listed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("listed_at", Instant(), nullable=False),
        sa.Column("withdrawn_at", Instant(), nullable=True),
        sa.Column(
            "withdrawn_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.CheckConstraint("ask_minor >= 0", name=op.f("ck_lot_ask")),
        sa.CheckConstraint("quantity_g > 0", name=op.f("ck_lot_quantity")),
        sa.CheckConstraint("ready_from_on <= ready_until_on", name=op.f("ck_lot_window")),
        sa.CheckConstraint("unit_grams > 0", name=op.f("ck_lot_unit")),
        sa.ForeignKeyConstraint(
            ["cooperative_id"],
            ["cooperative.id"],
            name=op.f("fk_lot_cooperative_id_cooperative"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["crop_id"], ["crop.id"], name=op.f("fk_lot_crop_id_crop"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["farmer_id"], ["person.id"], name=op.f("fk_lot_farmer_id_person"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["listed_by_id"],
            ["person.id"],
            name=op.f("fk_lot_listed_by_id_person"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["market_day_id"],
            ["market_day.id"],
            name=op.f("fk_lot_market_day_id_market_day"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["rolled_from_id"],
            ["market_day.id"],
            name=op.f("fk_lot_rolled_from_id_market_day"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["surplus_of_id"],
            ["lot.id"],
            name=op.f("fk_lot_surplus_of_id_lot"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["village_id"],
            ["village.id"],
            name=op.f("fk_lot_village_id_village"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["withdrawn_by_id"],
            ["person.id"],
            name=op.f("fk_lot_withdrawn_by_id_person"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot")),
        sa.UniqueConstraint("listed_by_id", "key", name=op.f("uq_lot_listed_by_id_key")),
    )
    with op.batch_alter_table("lot", schema=None) as batch_op:
        batch_op.create_index("ix_lot_cooperative", ["cooperative_id", "id"], unique=False)
        batch_op.create_index("ix_lot_day_crop", ["market_day_id", "crop_id"], unique=False)
        batch_op.create_index("ix_lot_farmer", ["farmer_id", "id"], unique=False)
        batch_op.create_index("ix_lot_village", ["village_id", "id"], unique=False)

    op.create_table(
        "orders",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "cooperative_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "market_day_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("buyer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "pickup_point_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "payment_method",
            sa.Enum(
                "cash",
                "transfer",
                "account",
                "card",
                name="payment_method",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("cancelled_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["buyer_id"], ["person.id"], name=op.f("fk_orders_buyer_id_person"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["cooperative_id"],
            ["cooperative.id"],
            name=op.f("fk_orders_cooperative_id_cooperative"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["market_day_id"],
            ["market_day.id"],
            name=op.f("fk_orders_market_day_id_market_day"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["pickup_point_id"],
            ["pickup_point.id"],
            name=op.f("fk_orders_pickup_point_id_pickup_point"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("cooperative_id", "code", name=op.f("uq_orders_cooperative_id_code")),
    )
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.create_index("ix_orders_buyer", ["buyer_id", "id"], unique=False)
        batch_op.create_index(
            "ix_orders_day_point", ["market_day_id", "pickup_point_id"], unique=False
        )

    op.create_table(
        "posting",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("ck_posting_not_zero")),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_posting_account_id_account"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entry.id"], name=op.f("fk_posting_entry_id_entry"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posting")),
    )
    with op.batch_alter_table("posting", schema=None) as batch_op:
        batch_op.create_index("ix_posting_account", ["account_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_posting_entry_id"), ["entry_id"], unique=False)

    op.create_table(
        "role",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "cooperative_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "kind",
            sa.Enum(
                "farmer",
                "village_lead",
                "buyer",
                "manager",
                "hub_worker",
                "driver",
                "shopkeeper",
                name="role_kind",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column(
            "village_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("shop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("hub_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "pickup_point_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["cooperative_id"],
            ["cooperative.id"],
            name=op.f("fk_role_cooperative_id_cooperative"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["hub_id"], ["hub.id"], name=op.f("fk_role_hub_id_hub"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_role_person_id_person"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["pickup_point_id"],
            ["pickup_point.id"],
            name=op.f("fk_role_pickup_point_id_pickup_point"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shop.id"], name=op.f("fk_role_shop_id_shop"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["village_id"],
            ["village.id"],
            name=op.f("fk_role_village_id_village"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role")),
    )
    with op.batch_alter_table("role", schema=None) as batch_op:
        batch_op.create_index(
            "ix_role_cooperative_kind", ["cooperative_id", "kind", "person_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_role_person_id"), ["person_id"], unique=False)

    op.create_table(
        "unplanned_stop",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "village_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "pickup_point_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("quantity_g", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["pickup_point_id"],
            ["pickup_point.id"],
            name=op.f("fk_unplanned_stop_pickup_point_id_pickup_point"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"],
            ["plan.id"],
            name=op.f("fk_unplanned_stop_plan_id_plan"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["village_id"],
            ["village.id"],
            name=op.f("fk_unplanned_stop_village_id_village"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unplanned_stop")),
    )
    with op.batch_alter_table("unplanned_stop", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_unplanned_stop_plan_id"), ["plan_id"], unique=False)

    op.create_table(
        "village_postponement",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "market_day_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "village_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "to_market_day_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["market_day_id"],
            ["market_day.id"],
            name=op.f("fk_village_postponement_market_day_id_market_day"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_village_postponement_person_id_person"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["to_market_day_id"],
            ["market_day.id"],
            name=op.f("fk_village_postponement_to_market_day_id_market_day"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["village_id"],
            ["village.id"],
            name=op.f("fk_village_postponement_village_id_village"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_village_postponement")),
        sa.UniqueConstraint(
            "market_day_id",
            "village_id",
            name=op.f("uq_village_postponement_market_day_id_village_id"),
        ),
    )
    op.create_table(
        "village_price",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "clearing_run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("crop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "village_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
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
        sa.Column("price_on", sa.Date(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("sold_g", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clearing_run_id"],
            ["clearing_run.id"],
            name=op.f("fk_village_price_clearing_run_id_clearing_run"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["crop_id"],
            ["crop.id"],
            name=op.f("fk_village_price_crop_id_crop"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["village_id"],
            ["village.id"],
            name=op.f("fk_village_price_village_id_village"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_village_price")),
        sa.UniqueConstraint(
            "clearing_run_id",
            "village_id",
            "grade",
            "price_on",
            name=op.f("uq_village_price_clearing_run_id_village_id_grade_price_on"),
        ),
    )
    with op.batch_alter_table("village_price", schema=None) as batch_op:
        batch_op.create_index(
            "ix_village_price_latest", ["crop_id", "village_id", "grade", "price_on"], unique=False
        )

    op.create_table(
        "village_route",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "cooperative_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("weekdays", sa.JSON(), nullable=False),
        sa.Column(
            "vehicle_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("starts_minute", sa.Integer(), nullable=False),
        sa.Column("retired_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["cooperative_id"],
            ["cooperative.id"],
            name=op.f("fk_village_route_cooperative_id_cooperative"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["vehicle_id"],
            ["vehicle.id"],
            name=op.f("fk_village_route_vehicle_id_vehicle"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_village_route")),
        sa.UniqueConstraint(
            "cooperative_id", "name", name=op.f("uq_village_route_cooperative_id_name")
        ),
    )
    op.create_table(
        "lot_outcome",
        sa.Column(
            "clearing_run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sold_g", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clearing_run_id"],
            ["clearing_run.id"],
            name=op.f("fk_lot_outcome_clearing_run_id_clearing_run"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["lot_id"], ["lot.id"], name=op.f("fk_lot_outcome_lot_id_lot"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("clearing_run_id", "lot_id", name=op.f("pk_lot_outcome")),
    )
    with op.batch_alter_table("lot_outcome", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lot_outcome_lot_id"), ["lot_id"], unique=False)

    op.create_table(
        "lot_stock",
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("available_g", sa.BigInteger(), nullable=False),
        sa.Column("is_frozen", sa.Boolean(), nullable=False),
        sa.CheckConstraint("available_g >= 0", name=op.f("ck_lot_stock_never_oversold")),
        sa.ForeignKeyConstraint(
            ["lot_id"], ["lot.id"], name=op.f("fk_lot_stock_lot_id_lot"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("lot_id", name=op.f("pk_lot_stock")),
        postgresql_with={
            "fillfactor": 10,
            "autovacuum_vacuum_scale_factor": 0,
            "autovacuum_vacuum_threshold": 500,
        },
    )
    op.create_table(
        "order_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "direct",
                "request",
                name="line_kind",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "queued",
                "waiting",
                "allocated",
                "unfilled",
                "collected",
                "refused",
                "uncollected",
                "cancelled",
                name="line_state",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("crop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("crop_names", sa.JSON(), nullable=False),
        sa.Column(
            "least_grade",
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
        sa.Column("unit_code", sa.String(length=20), nullable=False),
        sa.Column("unit_grams", sa.BigInteger(), nullable=False),
        sa.Column("ordered_g", sa.BigInteger(), nullable=False),
        sa.Column("ceiling_g", sa.BigInteger(), nullable=False),
        sa.Column("allocated_g", sa.BigInteger(), nullable=False),
        sa.Column("billed_g", sa.Integer(), nullable=True),
        sa.Column("billed_minor", sa.Integer(), nullable=True),
        sa.Column("limit_minor", sa.BigInteger(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("is_all_or_nothing", sa.Boolean(), nullable=False),
        sa.Column("least_fill_g", sa.BigInteger(), nullable=False),
        sa.Column("most_lots", sa.Integer(), nullable=True),
        sa.Column(
            "only_farmer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("substitutes", sa.JSON(), nullable=False),
        sa.Column(
            "person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("ordered_at", Instant(), nullable=False),
        sa.Column("cancelled_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "(kind = 'direct') = (lot_id IS NOT NULL)", name=op.f("ck_order_line_lot_of_direct")
        ),
        sa.CheckConstraint(
            "allocated_g BETWEEN 0 AND ordered_g", name=op.f("ck_order_line_allocated")
        ),
        sa.CheckConstraint(
            "billed_g IS NULL OR billed_g BETWEEN 0 AND ceiling_g",
            name=op.f("ck_order_line_billed"),
        ),
        sa.CheckConstraint("first_on <= last_on", name=op.f("ck_order_line_window")),
        sa.CheckConstraint("limit_minor >= 0", name=op.f("ck_order_line_limit")),
        sa.CheckConstraint(
            "ordered_g > 0 AND ceiling_g >= ordered_g", name=op.f("ck_order_line_quantity")
        ),
        sa.ForeignKeyConstraint(
            ["crop_id"], ["crop.id"], name=op.f("fk_order_line_crop_id_crop"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["lot_id"], ["lot.id"], name=op.f("fk_order_line_lot_id_lot"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["only_farmer_id"],
            ["person.id"],
            name=op.f("fk_order_line_only_farmer_id_person"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["orders.id"],
            name=op.f("fk_order_line_order_id_orders"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_order_line_person_id_person"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_line")),
        sa.UniqueConstraint("person_id", "key", name=op.f("uq_order_line_person_id_key")),
    )
    with op.batch_alter_table("order_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_order_line_lot_id"), ["lot_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_order_line_order_id"), ["order_id"], unique=False)

    op.create_table(
        "photo",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "received",
                "ready",
                "refused",
                name="photo_state",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("original", sa.String(length=200), nullable=True),
        sa.Column("sizes", sa.JSON(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["lot_id"], ["lot.id"], name=op.f("fk_photo_lot_id_lot"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_photo_person_id_person"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo")),
        sa.UniqueConstraint("person_id", "key", name=op.f("uq_photo_person_id_key")),
    )
    with op.batch_alter_table("photo", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_photo_lot_id"), ["lot_id"], unique=False)

    op.create_table(
        "run",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "vehicle_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("driver_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "village_route_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("distance_m", sa.Integer(), nullable=False),
        sa.Column("duration_s", sa.Integer(), nullable=False),
        sa.Column("load_g", sa.BigInteger(), nullable=False),
        sa.Column("cost_minor", sa.BigInteger(), nullable=False),
        sa.Column("started_at", Instant(), nullable=True),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["driver_id"], ["person.id"], name=op.f("fk_run_driver_id_person"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plan.id"], name=op.f("fk_run_plan_id_plan"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["vehicle_id"],
            ["vehicle.id"],
            name=op.f("fk_run_vehicle_id_vehicle"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["village_route_id"],
            ["village_route.id"],
            name=op.f("fk_run_village_route_id_village_route"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
    )
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_run_driver_id"), ["driver_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_run_plan_id"), ["plan_id"], unique=False)

    op.create_table(
        "village_route_stop",
        sa.Column(
            "village_route_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "village_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["village_id"],
            ["village.id"],
            name=op.f("fk_village_route_stop_village_id_village"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["village_route_id"],
            ["village_route.id"],
            name=op.f("fk_village_route_stop_village_route_id_village_route"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("village_route_id", "position", name=op.f("pk_village_route_stop")),
        sa.UniqueConstraint(
            "village_route_id",
            "village_id",
            name=op.f("uq_village_route_stop_village_route_id_village_id"),
        ),
    )
    with op.batch_alter_table("village_route_stop", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_village_route_stop_village_id"), ["village_id"], unique=False
        )

    op.create_table(
        "allocation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "cooperative_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "market_day_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "clearing_run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "order_line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("quantity_g", sa.BigInteger(), nullable=False),
        sa.Column("buyer_price_minor", sa.BigInteger(), nullable=False),
        sa.Column("farmer_price_minor", sa.BigInteger(), nullable=False),
        sa.Column("freight_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("accepted_g", sa.Integer(), nullable=True),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("released_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "accepted_g IS NULL OR accepted_g BETWEEN 0 AND quantity_g",
            name=op.f("ck_allocation_accepted"),
        ),
        sa.CheckConstraint(
            "buyer_price_minor = farmer_price_minor + freight_minor + fee_minor",
            name=op.f("ck_allocation_price_parts"),
        ),
        sa.CheckConstraint(
            "farmer_price_minor >= 0 AND freight_minor >= 0 AND fee_minor >= 0",
            name=op.f("ck_allocation_parts"),
        ),
        sa.CheckConstraint("quantity_g > 0", name=op.f("ck_allocation_quantity")),
        sa.ForeignKeyConstraint(
            ["clearing_run_id"],
            ["clearing_run.id"],
            name=op.f("fk_allocation_clearing_run_id_clearing_run"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["cooperative_id"],
            ["cooperative.id"],
            name=op.f("fk_allocation_cooperative_id_cooperative"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["lot_id"], ["lot.id"], name=op.f("fk_allocation_lot_id_lot"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["market_day_id"],
            ["market_day.id"],
            name=op.f("fk_allocation_market_day_id_market_day"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"],
            ["order_line.id"],
            name=op.f("fk_allocation_order_line_id_order_line"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocation")),
    )
    with op.batch_alter_table("allocation", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_allocation_clearing_run_id"), ["clearing_run_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_allocation_lot_id"), ["lot_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_allocation_market_day_id"), ["market_day_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_allocation_order_line_id"), ["order_line_id"], unique=False
        )

    op.create_table(
        "hand_over",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "order_line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "outcome",
            sa.Enum(
                "queued",
                "waiting",
                "allocated",
                "unfilled",
                "collected",
                "refused",
                "uncollected",
                "cancelled",
                name="line_state",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("received_g", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column(
            "person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.CheckConstraint("received_g >= 0", name=op.f("ck_hand_over_received")),
        sa.ForeignKeyConstraint(
            ["order_line_id"],
            ["order_line.id"],
            name=op.f("fk_hand_over_order_line_id_order_line"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_hand_over_person_id_person"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_over")),
        sa.UniqueConstraint("key", name=op.f("uq_hand_over_key")),
        sa.UniqueConstraint("order_line_id", name=op.f("uq_hand_over_order_line_id")),
    )
    op.create_table(
        "hold",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "order_line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("captured_minor", sa.BigInteger(), nullable=False),
        sa.Column("held_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_hold_amount")),
        sa.CheckConstraint(
            "captured_minor BETWEEN 0 AND amount_minor", name=op.f("ck_hold_captured")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_hold_account_id_account"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"],
            ["order_line.id"],
            name=op.f("fk_hold_order_line_id_order_line"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
        sa.UniqueConstraint("order_line_id", name=op.f("uq_hold_order_line_id")),
    )
    with op.batch_alter_table("hold", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hold_account_id"), ["account_id"], unique=False)

    op.create_table(
        "line_outcome",
        sa.Column(
            "clearing_run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "order_line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("filled_g", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clearing_run_id"],
            ["clearing_run.id"],
            name=op.f("fk_line_outcome_clearing_run_id_clearing_run"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"],
            ["order_line.id"],
            name=op.f("fk_line_outcome_order_line_id_order_line"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("clearing_run_id", "order_line_id", name=op.f("pk_line_outcome")),
    )
    with op.batch_alter_table("line_outcome", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_line_outcome_order_line_id"), ["order_line_id"], unique=False
        )

    op.create_table(
        "payment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "cooperative_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "order_line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("shop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("method", sa.String(length=20), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "due",
                "confirmed",
                name="payment_state",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("confirmed_at", Instant(), nullable=True),
        sa.Column(
            "confirmed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_payment_amount")),
        sa.ForeignKeyConstraint(
            ["confirmed_by_id"],
            ["person.id"],
            name=op.f("fk_payment_confirmed_by_id_person"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["cooperative_id"],
            ["cooperative.id"],
            name=op.f("fk_payment_cooperative_id_cooperative"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["orders.id"],
            name=op.f("fk_payment_order_id_orders"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"],
            ["order_line.id"],
            name=op.f("fk_payment_order_line_id_order_line"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shop.id"], name=op.f("fk_payment_shop_id_shop"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("order_line_id", name=op.f("uq_payment_order_line_id")),
    )
    with op.batch_alter_table("payment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payment_order_id"), ["order_id"], unique=False)
        batch_op.create_index("ix_payment_state", ["cooperative_id", "state", "id"], unique=False)

    op.create_table(
        "stop",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "village_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "pickup_point_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("arrives_at", Instant(), nullable=False),
        sa.Column("departs_at", Instant(), nullable=False),
        sa.Column("load_g", sa.BigInteger(), nullable=False),
        sa.Column("distance_m", sa.Integer(), nullable=False),
        sa.Column("done_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "(village_id IS NULL) <> (pickup_point_id IS NULL)", name=op.f("ck_stop_one_place")
        ),
        sa.ForeignKeyConstraint(
            ["pickup_point_id"],
            ["pickup_point.id"],
            name=op.f("fk_stop_pickup_point_id_pickup_point"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["run.id"], name=op.f("fk_stop_run_id_run"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["village_id"],
            ["village.id"],
            name=op.f("fk_stop_village_id_village"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stop")),
        sa.UniqueConstraint("run_id", "position", name=op.f("uq_stop_run_id_position")),
    )
    op.create_table(
        "stop_lot",
        sa.Column("stop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quantity_g", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("quantity_g > 0", name=op.f("ck_stop_lot_quantity")),
        sa.ForeignKeyConstraint(
            ["lot_id"], ["lot.id"], name=op.f("fk_stop_lot_lot_id_lot"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["stop_id"], ["stop.id"], name=op.f("fk_stop_lot_stop_id_stop"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("stop_id", "lot_id", name=op.f("pk_stop_lot")),
    )
    with op.batch_alter_table("stop_lot", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stop_lot_lot_id"), ["lot_id"], unique=False)

    op.create_table(
        "weighing",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "cooperative_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "market_day_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("stop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "place",
            sa.Enum(
                "village",
                "hub",
                "pickup",
                name="weighing_place",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column(
            "outcome",
            sa.Enum(
                "loaded",
                "short",
                "absent",
                "refused",
                "received",
                name="weighing_outcome",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("gross_g", sa.BigInteger(), nullable=False),
        sa.Column("tare_g", sa.BigInteger(), nullable=False),
        sa.Column("net_g", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column(
            "counters_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.CheckConstraint(
            "net_g >= 0 AND tare_g >= 0 AND net_g = gross_g - tare_g", name=op.f("ck_weighing_net")
        ),
        sa.ForeignKeyConstraint(
            ["cooperative_id"],
            ["cooperative.id"],
            name=op.f("fk_weighing_cooperative_id_cooperative"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["counters_id"],
            ["weighing.id"],
            name=op.f("fk_weighing_counters_id_weighing"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["lot_id"], ["lot.id"], name=op.f("fk_weighing_lot_id_lot"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["market_day_id"],
            ["market_day.id"],
            name=op.f("fk_weighing_market_day_id_market_day"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_weighing_person_id_person"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["stop_id"], ["stop.id"], name=op.f("fk_weighing_stop_id_stop"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weighing")),
        sa.UniqueConstraint("counters_id", name=op.f("uq_weighing_counters_id")),
        sa.UniqueConstraint("key", name=op.f("uq_weighing_key")),
    )
    with op.batch_alter_table("weighing", schema=None) as batch_op:
        batch_op.create_index("ix_weighing_day", ["market_day_id", "place"], unique=False)
        batch_op.create_index("ix_weighing_lot", ["lot_id", "place", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_weighing_stop_id"), ["stop_id"], unique=False)

    statements = SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL
    for statement in statements:
        op.execute(statement)


def downgrade() -> None:
    with op.batch_alter_table("weighing", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_weighing_stop_id"))
        batch_op.drop_index("ix_weighing_lot")
        batch_op.drop_index("ix_weighing_day")

    op.drop_table("weighing")
    with op.batch_alter_table("stop_lot", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stop_lot_lot_id"))

    op.drop_table("stop_lot")
    op.drop_table("stop")
    with op.batch_alter_table("payment", schema=None) as batch_op:
        batch_op.drop_index("ix_payment_state")
        batch_op.drop_index(batch_op.f("ix_payment_order_id"))

    op.drop_table("payment")
    with op.batch_alter_table("line_outcome", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_line_outcome_order_line_id"))

    op.drop_table("line_outcome")
    with op.batch_alter_table("hold", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_hold_account_id"))

    op.drop_table("hold")
    op.drop_table("hand_over")
    with op.batch_alter_table("allocation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_allocation_order_line_id"))
        batch_op.drop_index(batch_op.f("ix_allocation_market_day_id"))
        batch_op.drop_index(batch_op.f("ix_allocation_lot_id"))
        batch_op.drop_index(batch_op.f("ix_allocation_clearing_run_id"))

    op.drop_table("allocation")
    with op.batch_alter_table("village_route_stop", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_village_route_stop_village_id"))

    op.drop_table("village_route_stop")
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_run_plan_id"))
        batch_op.drop_index(batch_op.f("ix_run_driver_id"))

    op.drop_table("run")
    with op.batch_alter_table("photo", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_photo_lot_id"))

    op.drop_table("photo")
    with op.batch_alter_table("order_line", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_order_line_order_id"))
        batch_op.drop_index(batch_op.f("ix_order_line_lot_id"))

    op.drop_table("order_line")
    op.drop_table("lot_stock")
    with op.batch_alter_table("lot_outcome", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_lot_outcome_lot_id"))

    op.drop_table("lot_outcome")
    op.drop_table("village_route")
    with op.batch_alter_table("village_price", schema=None) as batch_op:
        batch_op.drop_index("ix_village_price_latest")

    op.drop_table("village_price")
    op.drop_table("village_postponement")
    with op.batch_alter_table("unplanned_stop", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_unplanned_stop_plan_id"))

    op.drop_table("unplanned_stop")
    with op.batch_alter_table("role", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_role_person_id"))
        batch_op.drop_index("ix_role_cooperative_kind")

    op.drop_table("role")
    with op.batch_alter_table("posting", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_posting_entry_id"))
        batch_op.drop_index("ix_posting_account")

    op.drop_table("posting")
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.drop_index("ix_orders_day_point")
        batch_op.drop_index("ix_orders_buyer")

    op.drop_table("orders")
    with op.batch_alter_table("lot", schema=None) as batch_op:
        batch_op.drop_index("ix_lot_village")
        batch_op.drop_index("ix_lot_farmer")
        batch_op.drop_index("ix_lot_day_crop")
        batch_op.drop_index("ix_lot_cooperative")

    op.drop_table("lot")
    with op.batch_alter_table("line_haul_trip", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_line_haul_trip_market_day_id"))

    op.drop_table("line_haul_trip")
    with op.batch_alter_table("freight_tariff", schema=None) as batch_op:
        batch_op.drop_index("ix_freight_tariff_pair")

    op.drop_table("freight_tariff")
    op.drop_table("card_balance")
    op.drop_table("village")
    op.drop_table("vehicle")
    with op.batch_alter_table("till_shift", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_till_shift_shop_id"))

    op.drop_table("till_shift")
    with op.batch_alter_table("plan", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_plan_market_day_id"))

    op.drop_table("plan")
    with op.batch_alter_table("pickup_point", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pickup_point_shop_id"))

    op.drop_table("pickup_point")
    with op.batch_alter_table("market_day_step", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_market_day_step_market_day_id"))

    op.drop_table("market_day_step")
    with op.batch_alter_table("line_haul", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_line_haul_cooperative_id"))

    op.drop_table("line_haul")
    op.drop_table("crop_unit")
    op.drop_table("clearing_run")
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_account_shop_id"))
        batch_op.drop_index(batch_op.f("ix_account_person_id"))

    op.drop_table("account")
    op.drop_table("spreadsheet_import")
    op.drop_table("shop")
    op.drop_table("reply")
    op.drop_table("pin")
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_index("ix_message_person")

    op.drop_table("message")
    with op.batch_alter_table("market_day", schema=None) as batch_op:
        batch_op.drop_index("ix_market_day_state")

    op.drop_table("market_day")
    with op.batch_alter_table("job_schedule", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_job_schedule_next_at"))

    op.drop_table("job_schedule")
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.drop_index("ix_job_state_id")
        batch_op.drop_index(
            "ix_job_open",
            sqlite_where=sa.text("state IN ('waiting', 'running')"),
            postgresql_where=sa.text("state IN ('waiting', 'running')"),
        )
        batch_op.drop_index(batch_op.f("ix_job_cooperative_id"))

    op.drop_table("job")
    op.drop_table("hub")
    with op.batch_alter_table("fee", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_fee_cooperative_id"))

    op.drop_table("fee")
    with op.batch_alter_table("entry", schema=None) as batch_op:
        batch_op.drop_index("ix_entry_cause")

    op.drop_table("entry")
    with op.batch_alter_table("enrolment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_enrolment_person_id"))

    op.drop_table("enrolment")
    with op.batch_alter_table("device_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_device_session_person_id"))

    op.drop_table("device_session")
    op.drop_table("crop")
    op.drop_table("calendar_rule")
    op.drop_table("calendar_exception")
    op.drop_table("buyer_terms")
    with op.batch_alter_table("sign_in_attempt", schema=None) as batch_op:
        batch_op.drop_index("ix_sign_in_attempt_subject")

    op.drop_table("sign_in_attempt")
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_phone"))

    op.drop_table("person")
    op.drop_table("cooperative")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION posting_guard()")
        op.execute("DROP FUNCTION entry_seal()")
