"""How Alembic reaches the database; the address comes from the caller, never a file."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, create_engine, event, pool, text

from app.models import Base

LOCK_TIMEOUT_MS = 5_000


def _address() -> str:
    address = context.config.attributes.get("database_url")
    return address or context.config.get_main_option("sqlalchemy.url")


def _run(connection: Connection) -> None:
    is_sqlite = connection.dialect.name == "sqlite"
    if not is_sqlite:
        # A migration that waits for a lock makes everybody behind it wait as well.
        connection.execute(text(f"SET lock_timeout = {LOCK_TIMEOUT_MS}"))
        # One migration at a time, however many processes start at once.
        connection.execute(text("SELECT pg_advisory_lock(7312001)"))
        connection.commit()
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=is_sqlite,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    if is_sqlite:
        broken = connection.execute(text("PRAGMA foreign_key_check")).all()
        if broken:
            raise RuntimeError(f"the migration left broken references: {broken[:5]}")


def run() -> None:
    """Bring the database at the caller's address to the wanted revision."""
    engine = create_engine(_address(), poolclass=pool.NullPool)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def own_the_transaction(connection, _record) -> None:  # type: ignore[no-untyped-def]
            connection.isolation_level = None
            # A table that is rebuilt is dropped for a moment; references are checked after.
            connection.execute("PRAGMA foreign_keys = OFF")
            connection.execute("PRAGMA busy_timeout = 30000")

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    with engine.connect() as connection:
        _run(connection)
    engine.dispose()


run()
