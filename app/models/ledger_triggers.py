"""Database triggers that keep the ledger balanced and immutable on both engines.

They hang on the tables' creation, so that a database made without migrations has them
too. A migration that rebuilds one of these tables must create them again.
"""

from __future__ import annotations

from sqlalchemy import DDL, event

from app.models.ledger import Posting

SQLITE = (
    """CREATE TRIGGER entry_open_day BEFORE INSERT ON entry BEGIN
    SELECT RAISE(ABORT, 'a closed day takes no entry')
        WHERE EXISTS (SELECT 1 FROM ledger_day WHERE cooperative_id = NEW.cooperative_id
                      AND until_at > NEW.at);
END""",
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
    """CREATE TRIGGER entry_seal BEFORE UPDATE OR DELETE ON entry
    FOR EACH ROW EXECUTE FUNCTION entry_seal()""",
    """CREATE TRIGGER posting_guard BEFORE INSERT OR UPDATE OR DELETE ON posting
    FOR EACH ROW EXECUTE FUNCTION posting_guard()""",
)


def _create_with(statements: tuple[str, ...], dialect: str) -> None:
    for statement in statements:
        # DDL() formats with %, which no statement above contains.
        create = DDL(statement).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]
        event.listen(Posting.__table__, "after_create", create)


_create_with(SQLITE, "sqlite")
_create_with(POSTGRESQL, "postgresql")
