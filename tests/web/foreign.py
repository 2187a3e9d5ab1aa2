"""One row of every table for a cooperative that the tested people have no part in.

All these rows have one id, so that an address with that number in it meets a foreign
row whatever table its view looks into. A new table joins by itself; where its checks ask
for more than any value of the right type, it gets a line in ``PARTICULARS``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import Boolean, Column, Date, Enum, Float, Integer, String, Table, insert, select
from sqlalchemy.orm import Session
from sqlalchemy.types import JSON, TypeEngine

from app.kernel.database import reading, transaction
from app.models import Base
from app.models.base import Instant

NUMBER = 7007
NAME = "Badong-Secret"

PARTICULARS: dict[str, dict[str, object]] = {
    "account": {"shop_id": None},
    "allocation": {"buyer_price_minor": 3},
    "job_schedule": {"every_s": 60, "daily_at": None},
    "line_haul": {"to_hub_id": NUMBER + 1},
    "order_line": {"kind": "request", "lot_id": None},
    "message_choice": {"topic": "sales", "channel": "sms"},
    "person": {"phone": "+8613700000000"},
    "stop": {"pickup_point_id": None},
}


@dataclass(frozen=True)
class Foreign:
    """What stood in every table before the tested people tried to reach it."""

    rows: dict[str, list[tuple[object, ...]]]

    def changed(self) -> list[str]:
        """Return the tables whose foreign rows are not as they were."""
        with reading() as session:
            now = _rows(session)
        return [name for name, rows in self.rows.items() if now[name] != rows]


def foreign_rows() -> Foreign:
    """Fill every table with one row of the other cooperative."""
    with transaction() as session:
        for table in Base.metadata.sorted_tables:
            session.execute(insert(table).values(_values(table)))
            if table.name == "hub":
                second = {"id": NUMBER + 1, "name": f"{NAME} 2"}
                session.execute(insert(table).values({**_values(table), **second}))
        return Foreign(_rows(session))


def _rows(session: Session) -> dict[str, list[tuple[object, ...]]]:
    found: dict[str, list[tuple[object, ...]]] = {}
    for table in Base.metadata.sorted_tables:
        (first, *_) = table.primary_key.columns
        rows = session.execute(select(table).where(first == NUMBER).order_by(*table.primary_key))
        found[table.name] = [tuple(row) for row in rows]
    return found


def _values(table: Table) -> dict[str, object]:
    own = PARTICULARS.get(table.name, {})
    return {
        column.key: own[column.key] if column.key in own else _value(column)
        for column in table.columns
    }


def _value(column: Column[object]) -> object:
    points_at_own_table = any(key.column.table is column.table for key in column.foreign_keys)
    if points_at_own_table and column.nullable:
        return None
    if column.primary_key or column.foreign_keys:
        return NUMBER
    if column.default is not None and column.default.is_scalar:
        return column.default.arg
    if column.nullable and column.name not in ("lat", "lon"):
        return None
    return _of_type(column.name, column.type)


def _of_type(name: str, kind: TypeEngine[object]) -> object:
    if isinstance(kind, Enum):
        return kind.enums[0]
    if isinstance(kind, String):
        length = kind.length or 200
        return {"country": "CN", "currency": "CNY", "time_zone": "Asia/Shanghai"}.get(name) or (
            NAME if length >= len(NAME) else NAME[-length:]
        )
    if isinstance(kind, Instant):
        return datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
    if isinstance(kind, JSON):
        return ["en"] if name in ("languages", "weekdays") else {"en": NAME}
    for sort, value in (
        (Boolean, False),
        (Date, date(2026, 5, 4)),
        (Float, 30.5),
        (Integer, 1),
    ):
        if isinstance(kind, sort):
            return value
    raise AssertionError(f"PARTICULARS needs a value for {name} of type {kind!r}")
