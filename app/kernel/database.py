"""The two ways to the database: ``transaction()`` writes, ``reading()`` does not.

SQLite allows one writer. Waiting for its own lock by polling gave waits of a
second at the 99th percentile, so writers queue on a file lock shared by the
processes and begin with BEGIN IMMEDIATE. The same lock keeps every commit, and so
every checkpoint that a commit starts, one after the other: SQLite before 3.51.3
can damage a WAL database when a checkpoint and a commit race.
"""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from psycopg.abc import Buffer
from psycopg.adapt import Loader
from sqlalchemy import Engine, create_engine, event, inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry

_AFTER_COMMIT = "farmgate_after_commit"


class Database:
    """One database address with its writing and its reading engine.

    :param url: an SQLAlchemy address, ``sqlite:////path/file.db`` or
        ``postgresql+psycopg://...``.
    :param pool_size: connections kept open per process (PostgreSQL only).
    """

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self._writing_thread = threading.local()
        if self.is_sqlite:
            path = Path(url.removeprefix("sqlite:///"))
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writer_lock: _FileLock | None = _FileLock(path.with_name(path.name + ".lock"))
            self.engine = _sqlite_engine(url, begin="BEGIN IMMEDIATE", query_only=False)
            self.read_engine = _sqlite_engine(url, begin="BEGIN", query_only=True)
        else:
            self._writer_lock = None
            self.engine = _postgresql_engine(url, pool_size=pool_size)
            self.read_engine = self.engine.execution_options(postgresql_readonly=True)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Yield a session; commit on return, roll back on any error.

        Calls noted with :func:`after_commit` run once the change is durable.

        :raises RuntimeError: if this thread already is inside a transaction: on
            SQLite the second one would wait for the first for ever.
        """
        if getattr(self._writing_thread, "active", False):
            raise RuntimeError("a transaction is already open in this thread")
        self._writing_thread.active = True
        try:
            with (
                self.exclusive(),
                Session(self.engine, expire_on_commit=False) as session,
                session.begin(),
            ):
                yield session
        finally:
            self._writing_thread.active = False
        for call in session.info.pop(_AFTER_COMMIT, []):
            call()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Yield a session that sees one consistent state and cannot write."""
        with (
            Session(self.read_engine, autoflush=False, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold off the other writers of an SQLite file, for one who writes past this class."""
        if self._writer_lock is None:
            yield
        else:
            with self._writer_lock:
                yield

    def dispose(self) -> None:
        """Close every pooled connection, as a forked child must before its first query."""
        self.engine.dispose()
        self.read_engine.dispose()


class _FileLock:
    """An exclusive lock across threads (mutex) and processes (flock), in that order."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mutex = threading.Lock()

    def __enter__(self) -> None:
        self._mutex.acquire()
        try:
            self._file = self._path.open("ab")
            fcntl.flock(self._file, fcntl.LOCK_EX)
        except BaseException:
            self._mutex.release()
            raise

    def __exit__(self, *_: object) -> None:
        # Closing gives the flock back, also when the process is killed here.
        self._file.close()
        self._mutex.release()


class _WholeNumber(Loader):
    """Read PostgreSQL's numeric as an integer where it is one, as a sum of bigints is.

    No column of the product is numeric; without this, sums would come as decimals on
    one database and as integers on the other.
    """

    def load(self, data: Buffer) -> int | Decimal:
        """Return the number of its text."""
        number = Decimal(bytes(data).decode())
        return int(number) if number == number.to_integral_value() else number


def _postgresql_engine(url: str, *, pool_size: int) -> Engine:
    engine = create_engine(url, pool_size=pool_size, max_overflow=pool_size, pool_pre_ping=True)

    @event.listens_for(engine, "connect")
    def read_sums_as_integers(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        connection.adapters.register_loader("numeric", _WholeNumber)

    return engine


def _sqlite_engine(url: str, *, begin: str, query_only: bool) -> Engine:
    engine = create_engine(url, connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def configure(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        # The driver's own implicit BEGIN comes too late for BEGIN IMMEDIATE.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        if query_only:
            cursor.execute("PRAGMA query_only = ON")
            cursor.execute("PRAGMA wal_autocheckpoint = 0")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin_explicitly(connection: object) -> None:
        connection.exec_driver_sql(begin)  # type: ignore[attr-defined]

    return engine


def after_commit(session: Session, call: Callable[[], None]) -> None:
    """Have a call made when this session's transaction is durable, and not otherwise."""
    session.info.setdefault(_AFTER_COMMIT, []).append(call)


def insert_if_new(
    session: Session, table: type[DeclarativeBase], values: Mapping[str, object]
) -> int | None:
    """Insert a row unless one of its unique keys is taken; return the new id or nothing.

    Two requests with one key meet here: the later one waits for the earlier to commit,
    then inserts nothing, instead of failing its whole transaction.
    """
    new_ids = insert_new_rows(session, table, [values])
    return new_ids[0] if new_ids else None


def insert_new_rows(
    session: Session, table: type[DeclarativeBase], rows: Sequence[Mapping[str, object]]
) -> list[int]:
    """Insert the rows whose unique keys are free, in one statement; return their ids.

    Rows come in the order of their keys where several transactions may insert the same
    ones, or two of them could wait for each other.
    """
    if not rows:
        return []
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    (key,) = inspect(table).primary_key
    statement = dialect.insert(table).values(list(rows)).on_conflict_do_nothing().returning(key)
    return list(session.scalars(statement))


_bound: Database | None = None


def bind(database: Database) -> None:
    """Make a database the one that ``transaction()`` and ``reading()`` use here."""
    global _bound
    _bound = database


def bound() -> Database:
    """Return the database of this process.

    :raises RuntimeError: before a composition root has bound one.
    """
    if _bound is None:
        raise RuntimeError("no database is bound; call app.kernel.database.bind first")
    return _bound


@contextmanager
def transaction() -> Iterator[Session]:
    """Open a writing transaction on the bound database; see :class:`Database`."""
    with bound().transaction() as session:
        yield session


@contextmanager
def reading() -> Iterator[Session]:
    """Open a read-only view of the bound database; see :class:`Database`."""
    with bound().reading() as session:
        yield session
