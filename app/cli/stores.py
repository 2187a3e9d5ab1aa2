"""How each kind of database is saved to a file and loaded from it."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import ClassVar, Protocol

from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import make_url

from app.jobs.only_worker import OnlyWorker, WorkerRuns
from app.kernel.database import Database
from app.kernel.errors import N_, Refusal

DATABASE_FILE = "database"
_VERSIONS = "alembic_version"
# A worker's own rows are made again at its start, and nobody would miss them.
_NOT_MISSED = frozenset({_VERSIONS, "job", "job_schedule"})


class ToolMissing(Refusal):
    """PostgreSQL's own programs are needed and not installed."""

    code = "tool_missing"
    message = N_("%(tool)s is not installed. On Debian: apt install postgresql-client")


class ToolFailed(Refusal):
    """PostgreSQL's own program gave up."""

    code = "tool_failed"
    message = N_("%(tool)s failed: %(said)s")


class StillRunning(Refusal):
    """The application works on the database that is to be replaced."""

    code = "still_running"
    message = N_("The application is running on this database. End it first.")


class Store(Protocol):
    """A database as backups see it."""

    kind: ClassVar[str]

    def save(self, target: Path) -> None:
        """Write a consistent copy to a file, while others read and write."""
        ...

    def load(self, source: Path) -> None:
        """Replace everything by the content of a file."""
        ...

    def is_empty(self) -> bool:
        """Return whether no row would be lost."""
        ...

    def schema_version(self) -> str:
        """Return the revision of the schema, or nothing before the first."""
        ...


def open_store(database_url: str) -> Store:
    """Return the way to save and load a database."""
    if database_url.startswith("sqlite"):
        return SqliteStore(database_url)
    return PostgresqlStore(database_url)


class SqliteStore:
    """Saves and loads by SQLite's online backup."""

    kind: ClassVar[str] = "sqlite"

    def __init__(self, url: str) -> None:
        self._url = url
        self._path = Path(url.removeprefix("sqlite:///"))

    def save(self, target: Path) -> None:
        """Copy page by page under one read view, and check the copy."""
        with (
            closing(sqlite3.connect(f"file:{self._path}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)
            # One file alone must hold everything, without a log beside it.
            copy.execute("PRAGMA journal_mode = DELETE")
            _check(copy)

    def load(self, source: Path) -> None:
        """Copy the other way, with the writers' lock held and no worker about.

        :raises StillRunning: if a worker serves the database.
        """
        only = OnlyWorker(self._path)
        try:
            only.take(patience_s=0)
            with closing(sqlite3.connect(source)) as saved:
                _check(saved)
                database = Database(self._url)
                with database.exclusive(), closing(sqlite3.connect(self._path)) as target:
                    saved.backup(target)
                database.dispose()
        except WorkerRuns as error:
            raise StillRunning from error
        finally:
            only.give_back()

    def is_empty(self) -> bool:
        """Return whether no table of the product holds a row."""
        return not self._path.exists() or _is_empty(self._url)

    def schema_version(self) -> str:
        """Return the revision of the schema, or nothing before the first."""
        return _schema_version(self._url)


class PostgresqlStore:
    """Saves and loads by pg_dump and pg_restore."""

    kind: ClassVar[str] = "postgresql"

    def __init__(self, url: str) -> None:
        self._url = url
        plain = make_url(url).set(drivername="postgresql")
        self._address = plain.render_as_string(hide_password=False)

    def save(self, target: Path) -> None:
        """Dump in PostgreSQL's own compressed format."""
        _run_tool("pg_dump", "--format=custom", "--no-owner", f"--file={target}", self._address)

    def load(self, source: Path) -> None:
        """Restore in one transaction: all of it or nothing."""
        _run_tool(
            "pg_restore",
            "--single-transaction",
            "--clean",
            "--if-exists",
            "--no-owner",
            f"--dbname={self._address}",
            str(source),
        )

    def is_empty(self) -> bool:
        """Return whether no table of the product holds a row."""
        return _is_empty(self._url)

    def schema_version(self) -> str:
        """Return the revision of the schema, or nothing before the first."""
        return _schema_version(self._url)


def _check(connection: sqlite3.Connection) -> None:
    (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if verdict != "ok":
        raise sqlite3.DatabaseError(verdict)


def _run_tool(tool: str, *arguments: str) -> None:
    if shutil.which(tool) is None:
        raise ToolMissing(tool=tool)
    # The address holds the password, so only what the tool itself says is shown.
    done = subprocess.run([tool, *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ToolFailed(tool=tool, said=done.stderr.strip()[-500:])


def _is_empty(url: str) -> bool:
    engine = create_engine(url)
    with engine.connect() as connection:
        names = set(inspect(connection).get_table_names()) - _NOT_MISSED
        quote = engine.dialect.identifier_preparer.quote
        has_rows = any(
            connection.execute(text(f"SELECT 1 FROM {quote(name)} LIMIT 1")).first()  # noqa: S608
            for name in names
        )
    engine.dispose()
    return not has_rows


def _schema_version(url: str) -> str:
    engine = create_engine(url)
    with engine.connect() as connection:
        versions: list[str] = []
        if inspect(connection).has_table(_VERSIONS):
            found = connection.execute(text("SELECT version_num FROM alembic_version"))
            versions = [str(version) for version in found.scalars()]
    engine.dispose()
    return ",".join(versions)
