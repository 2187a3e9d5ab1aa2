"""Databases on a real PostgreSQL server, one at a time for each test process.

Copying a migrated template takes up to half a second, emptying the few tables that a
test wrote to takes hundredths; so a database is emptied where that is enough.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import (
    Connection,
    Engine,
    create_engine,
    delete,
    exists,
    inspect,
    literal,
    make_url,
    select,
    table,
    text,
    union_all,
)
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.pool import NullPool

KEPT = {"alembic_version"}
_END_SESSIONS = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :database"
)
_RESTART_SEQUENCES = text(
    "SELECT setval(quote_ident(sequencename)::regclass, start_value, false)"
    " FROM pg_sequences WHERE last_value IS NOT NULL"
)


class PostgreSQL:
    """The databases of one test process: a migrated template and a copy of it.

    :param url: a database on the server from which others may be created.
    :param create_schema: brings the empty database at an address to the newest schema.
    """

    def __init__(self, url: str, create_schema: Callable[[str], None]) -> None:
        self._url = make_url(url)
        self._server = _engine(url, isolation_level="AUTOCOMMIT")
        self._template = f"farmgate_test_{os.getpid()}"
        self._copy = f"{self._template}_copy"
        self._has_copy = False
        self._drop(self._template)
        self._run(f'CREATE DATABASE "{self._template}" TEMPLATE template0')
        create_schema(self._address(self._template))
        with _engine(self._address(self._template)).connect() as connection:
            self._tables = set(inspect(connection).get_table_names())
            # Emptying would take these along.
            assert _filled_tables(connection) <= KEPT

    @contextmanager
    def database(self) -> Iterator[str]:
        """Yield the address of a database that is as the migrations leave it."""
        if not self._has_copy:
            self._drop(self._copy)
            self._run(f'CREATE DATABASE "{self._copy}" TEMPLATE "{self._template}"')
        self._has_copy = False
        yield self._address(self._copy)
        with self._server.connect() as connection:
            connection.execute(_END_SESSIONS, {"database": self._copy})
        self._has_copy = self._emptied()

    def close(self) -> None:
        """Drop what was created."""
        self._drop(self._copy)
        self._drop(self._template)
        self._server.dispose()

    def _emptied(self) -> bool:
        """Empty the copy; return whether it is like its template again."""
        with _engine(self._address(self._copy)).connect() as connection:
            if set(inspect(connection).get_table_names()) != self._tables:
                return False
            try:
                # Foreign keys, and triggers that forbid deleting, rest in this session.
                connection.execute(text("SET session_replication_role = replica"))
            except ProgrammingError:
                # Only a superuser may do that; everyone else copies the template again.
                return False
            for name in _filled_tables(connection) - KEPT:
                connection.execute(delete(table(name)))
            connection.execute(_RESTART_SEQUENCES)
            connection.commit()
        return True

    def _address(self, name: str) -> str:
        return self._url.set(database=name).render_as_string(hide_password=False)

    def _drop(self, name: str) -> None:
        self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _run(self, statement: str) -> None:
        with self._server.connect() as connection:
            connection.execute(text(statement))


def _engine(url: str, **options: str) -> Engine:
    return create_engine(url, poolclass=NullPool, **options)


def _filled_tables(connection: Connection) -> set[str]:
    names = inspect(connection).get_table_names()
    filled = (select(literal(name)).where(exists().select_from(table(name))) for name in names)
    return set(connection.scalars(union_all(*filled)))
