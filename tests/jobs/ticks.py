"""The effect that the tests' jobs have: a row, without any constraint against a second."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select
from sqlalchemy.orm import Session

from app.kernel.database import Database

ticks = Table(
    "test_tick",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("key", String(200)),
    Column("note", String(200)),
)


def tick(session: Session, key: str, note: str = "") -> None:
    """Leave a trace of an effect."""
    session.execute(insert(ticks).values(key=key, note=note))


def ticks_by_key(database: Database) -> Counter[str]:
    """Return how often each key ticked."""
    with database.reading() as session:
        return Counter(session.scalars(select(ticks.c.key)).all())
