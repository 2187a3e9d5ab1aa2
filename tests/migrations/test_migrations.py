"""The migrations: up, down, in step with the models, with the ledger's guards in place."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import alembic.command
import pytest
from sqlalchemy import Connection, Engine, create_engine, inspect, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from app.cli.preparing import alembic_config, known_revisions, migrate
from app.models import Account, AccountKind, Base, Cooperative, Entry, Posting
from config import Config
from tests.conftest import POSTGRESQL_URL

AT = datetime(2026, 5, 4, 1, 0, tzinfo=UTC)
OWN_TO_ALEMBIC = {"alembic_version"}
_NAME = "farmgate_test_migrations"


@pytest.fixture(params=["sqlite", *(["postgresql"] if POSTGRESQL_URL else [])])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the address of a database without a table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'migrated.db'}"
        return
    assert POSTGRESQL_URL is not None
    server = create_engine(POSTGRESQL_URL, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    name = f"{_NAME}_{tmp_path.name}".lower()[:60]
    with server.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE template0'))
    yield make_url(POSTGRESQL_URL).set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


def _tables(url: str) -> set[str]:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return set(inspect(connection).get_table_names()) - OWN_TO_ALEMBIC


def test_up_down_and_up_again_leave_every_table_or_none(empty: str) -> None:
    settings = alembic_config(empty)
    alembic.command.upgrade(settings, "head")
    assert _tables(empty) == set(Base.metadata.tables)
    alembic.command.downgrade(settings, "base")
    assert _tables(empty) == set()
    alembic.command.upgrade(settings, "head")
    assert _tables(empty) == set(Base.metadata.tables)


def test_the_migrations_and_the_models_agree(empty: str) -> None:
    settings = alembic_config(empty)
    alembic.command.upgrade(settings, "head")
    # Fails if a migration could be generated from what differs.
    alembic.command.check(settings)


def test_the_program_brings_a_new_database_to_the_newest_schema_and_again_without_harm(
    tmp_path: Path,
) -> None:
    config = Config.from_environment({"FARMGATE_INSTANCE_DIR": str(tmp_path / "new" / "place")})
    migrate(config)
    migrate(config)
    with create_engine(config.database_url, poolclass=NullPool).connect() as connection:
        (version,) = connection.execute(text("SELECT version_num FROM alembic_version")).scalars()
    assert version in known_revisions()


@pytest.fixture
def migrated(empty: str) -> Iterator[Engine]:
    """Return a migrated database with a cooperative, two accounts and an open entry."""
    alembic.command.upgrade(alembic_config(empty), "head")
    engine = create_engine(empty, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(
            Cooperative.__table__.insert().values(  # type: ignore[attr-defined]
                id=1,
                name="Enshi Hills",
                slug="enshi",
                country="CN",
                currency="CNY",
                time_zone="Asia/Shanghai",
                languages=["en"],
                created_at=AT,
            )
        )
        for number, kind in ((1, AccountKind.CASH), (2, AccountKind.TRADE)):
            connection.execute(
                Account.__table__.insert().values(  # type: ignore[attr-defined]
                    id=number, cooperative_id=1, kind=kind, owner="cooperative", opened_at=AT
                )
            )
        connection.execute(
            Entry.__table__.insert().values(  # type: ignore[attr-defined]
                id=1, cooperative_id=1, reason="test", key="k", cause_kind="t", cause_id=1, at=AT
            )
        )
    yield engine
    engine.dispose()


def _post(connection: Connection, number: int, account: int, amount_minor: int) -> None:
    connection.execute(
        Posting.__table__.insert().values(  # type: ignore[attr-defined]
            id=number, entry_id=1, account_id=account, amount_minor=amount_minor
        )
    )


def _seal(connection: Connection) -> None:
    entry = Entry.__table__
    connection.execute(entry.update().values(sealed_at=AT))  # type: ignore[attr-defined]


def test_an_entry_that_does_not_balance_cannot_be_sealed(migrated: Engine) -> None:
    with pytest.raises(DBAPIError, match="must balance"), migrated.begin() as connection:
        _post(connection, 1, 1, 500)
        _post(connection, 2, 2, -499)
        _seal(connection)
    with pytest.raises(DBAPIError, match="must balance"), migrated.begin() as connection:
        _seal(connection)


def test_a_sealed_entry_takes_nothing_and_loses_nothing(migrated: Engine) -> None:
    with migrated.begin() as connection:
        _post(connection, 1, 1, 500)
        _post(connection, 2, 2, -500)
        _seal(connection)
    for statement, words in (
        ("UPDATE posting SET amount_minor = 1", "immutable"),
        ("DELETE FROM posting", "never deleted|immutable"),
        ("DELETE FROM entry", "never deleted"),
        ("UPDATE entry SET reason = 'other'", "sealed entry is immutable"),
    ):
        with pytest.raises(DBAPIError, match=words), migrated.begin() as connection:
            connection.execute(text(statement))
    with pytest.raises(DBAPIError, match="takes no posting"), migrated.begin() as connection:
        _post(connection, 3, 1, 5)


def _guards(connection: Connection) -> dict[str, str]:
    asked = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    if connection.dialect.name == "postgresql":
        asked = "SELECT tgname, pg_get_functiondef(tgfoid) FROM pg_trigger WHERE NOT tgisinternal"
    return {name: " ".join(sql.split()) for name, sql in connection.execute(text(asked))}


def test_the_newest_schema_has_every_guard_that_the_models_create(empty: str) -> None:
    """A migration that rebuilds a table loses its triggers, unless it creates them again."""
    alembic.command.upgrade(alembic_config(empty), "head")
    engine = create_engine(empty, poolclass=NullPool)
    with engine.begin() as connection:
        migrated = _guards(connection)
    alembic.command.downgrade(alembic_config(empty), "base")
    with engine.begin() as connection:
        Base.metadata.create_all(connection)
        assert migrated == _guards(connection)
    assert "entry_open_day" in migrated
    engine.dispose()
