"""Moving many whole numbers between the database and arrays.

A market of a million lots and a million requests would spend more time and memory on
Python objects than on matching. PostgreSQL is read and written by COPY; SQLite by its
own driver, some ten thousand rows at a time.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar, cast

import numpy as np
import psycopg
from sqlalchemy import Select, insert
from sqlalchemy.orm import DeclarativeBase, Session

from app.matching.tables import Ints

_CHUNK = 50_000
# What PostgreSQL sends before the first row of a binary COPY.
_HEADER_BYTES = 19
T = TypeVar("T")


def fetch(session: Session, statement: Select[*tuple[int, ...]]) -> Ints:
    """Return the rows of a select of whole 64-bit numbers, none of them empty.

    The shape is (columns, rows). Every column has to be a BIGINT in PostgreSQL.
    """
    width = len(statement.selected_columns)
    session.flush()
    connection = session.connection()
    sql = str(statement.compile(connection, compile_kwargs={"literal_binds": True}))
    driver = connection.connection.driver_connection
    if isinstance(driver, psycopg.Connection):
        return _copied_out(driver, sql, width)
    rows = cast(sqlite3.Connection, driver).execute(sql)
    pieces = [np.zeros((0, width), dtype=np.int64)]
    while chunk := rows.fetchmany(_CHUNK):
        pieces.append(np.array(chunk, dtype=np.int64))
    return np.ascontiguousarray(np.concatenate(pieces).T)


def _copied_out(driver: psycopg.Connection[tuple[object, ...]], sql: str, width: int) -> Ints:
    # Each row: the number of fields, then for every field its length and its 8 bytes.
    row = np.dtype(
        [("fields", ">i2"), *((f"c{n}", [("size", ">i4"), ("value", ">i8")]) for n in range(width))]
    )
    parts, rest, skipped = [np.empty((width, 0), dtype=np.int64)], b"", _HEADER_BYTES
    with driver.cursor() as cursor, cursor.copy(f"COPY ({sql}) TO STDOUT (FORMAT BINARY)") as copy:
        for pieces in _chunks(copy):
            data = rest + b"".join(pieces)
            # The few bytes after the last row are shorter than a row.
            count = (len(data) - skipped) // row.itemsize
            rows = np.frombuffer(data, dtype=row, count=count, offset=skipped)
            parts.append(np.array([rows[f"c{n}"]["value"] for n in range(width)], dtype=np.int64))
            rest, skipped = data[skipped + count * row.itemsize :], 0
    return np.concatenate(parts, axis=1)


def write(
    session: Session,
    table: type[DeclarativeBase],
    names: Sequence[str],
    rows: Iterable[tuple[int | str, ...]],
) -> None:
    """Append rows to a table; words and JSON come as text without tabs or line breaks.

    :param names: the columns, in the order in which the table has them.
    """
    session.flush()
    connection = session.connection()
    driver = connection.connection.driver_connection
    if isinstance(driver, psycopg.Connection):
        with (
            driver.cursor() as cursor,
            cursor.copy(f"COPY {table.__tablename__} ({', '.join(names)}) FROM STDIN") as copy,
        ):
            for chunk in _chunks(rows):
                copy.write(
                    "".join("\t".join(map(str, row)) + "\n" for row in chunk).replace("\\", "\\\\")
                )
        return
    sql = str(insert(table).compile(connection, column_keys=list(names)))
    cast(sqlite3.Connection, driver).executemany(sql, rows)


def rows_of(columns: Sequence[Ints]) -> Iterator[tuple[int, ...]]:
    """Yield rows of plain numbers, some at a time, so that few are in memory at once."""
    for start in range(0, len(columns[0]), _CHUNK):
        part = (column[start : start + _CHUNK].tolist() for column in columns)
        yield from zip(*part, strict=True)


def _chunks(rows: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, _CHUNK)):
        yield chunk
