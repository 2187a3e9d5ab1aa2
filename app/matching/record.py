"""Evidence as plain JSON and back, so that a clearing can be checked from storage alone.

Columns of whole numbers are packed (little-endian 64-bit differences, zlib, base64),
because a large market has a million figures.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from collections.abc import Mapping
from typing import TypeAlias, TypeVar

import numpy as np

from app.kernel.errors import BadInput
from app.matching.evidence import (
    AllocationTable,
    Evidence,
    Narrowed,
    OwnFigures,
    PlacePrices,
    Support,
    Terms,
)
from app.matching.problem import Problem
from app.matching.rows import Forbidden, Pin, Rules
from app.matching.tables import FreightTable, Ints, LotTable, OrderTable, Table

FORMAT = 1
Json: TypeAlias = "bool | int | str | list[Json] | dict[str, Json]"
T = TypeVar("T", bound=Table)


class RecordDamaged(ValueError):
    """A stored record cannot be read as evidence."""


def input_hash(problem: Problem) -> str:
    """Return the SHA-256 of everything a clearing depends on, as 64 hex digits."""
    digest = hashlib.sha256()
    for table in (problem.lots, problem.orders, problem.freight):
        for name, column in table.columns().items():
            digest.update(f"{name}:{len(column)}:".encode())
            digest.update(column.astype("<i8").tobytes())
    digest.update(repr(_overrides(problem)).encode())
    return digest.hexdigest()


def to_record(evidence: Evidence) -> dict[str, Json]:
    """Return evidence as JSON."""
    problem = evidence.problem
    return {
        "format": FORMAT,
        "versions": dict(evidence.versions),
        "input_hash": input_hash(problem),
        "input": {
            "lots": _packed(problem.lots),
            "orders": _packed(problem.orders),
            "freight": _packed(problem.freight),
            **_overrides(problem),
        },
        "allocations": _packed(evidence.allocations),
        "dropped": [int(order) for order in evidence.dropped],
        "terms": _packed(evidence.terms),
        "narrowed": _packed(evidence.narrowed),
        "support": _support_record(evidence.support),
        "relaxed": _support_record(evidence.relaxed),
        "value": evidence.value,
        "bound": evidence.bound,
        "relaxed_bound": evidence.relaxed_bound,
    }


def from_record(record: Mapping[str, Json]) -> Evidence:
    """Return the evidence in a record.

    :raises RecordDamaged: if it cannot be read, or its input has another hash.
    """
    if record.get("format") != FORMAT:
        raise RecordDamaged("unknown format")
    try:
        evidence = _evidence(record)
    except (KeyError, TypeError, ValueError, zlib.error, binascii.Error, BadInput) as damage:
        raise RecordDamaged(str(damage)) from damage
    if input_hash(evidence.problem) != record.get("input_hash"):
        raise RecordDamaged("the input does not have the recorded hash")
    return evidence


def _evidence(record: Mapping[str, Json]) -> Evidence:
    given = _dict(record["input"])
    rules = _dict(given["rules"])
    # The input is checked like any other: a record may come from anywhere.
    problem = Problem.from_tables(
        _unpacked(LotTable, given["lots"]),
        _unpacked(OrderTable, given["orders"]),
        _unpacked(FreightTable, given["freight"]),
        pins=tuple(Pin(*_ints(row)) for row in _list(given["pins"])),
        forbidden=tuple(Forbidden(*_ints(row)) for row in _list(given["forbidden"])),
        fallbacks={
            _int(_list(row)[0]): tuple(_pair(step) for step in _list(_list(row)[1]))
            for row in _list(given["fallbacks"])
        },
        rules=Rules(
            pricing="pay_as_ask" if rules["pricing"] == "pay_as_ask" else "uniform",
            floor_g=_int(rules["floor_g"]),
            pool_below_g=_int(rules["pool_below_g"]),
            earliest_day=_int(rules["earliest_day"]),
        ),
    )
    return Evidence(
        problem=problem,
        allocations=_unpacked(AllocationTable, record["allocations"]),
        dropped=np.array(_ints(record["dropped"]), dtype=np.int64),
        terms=_unpacked(Terms, record["terms"]),
        narrowed=_unpacked(Narrowed, record["narrowed"]),
        support=_support(record["support"]),
        relaxed=_support(record["relaxed"]),
        value=_int(record["value"]),
        bound=_int(record["bound"]),
        relaxed_bound=_int(record["relaxed_bound"]),
        versions={name: str(version) for name, version in _dict(record["versions"]).items()},
    )


def _overrides(problem: Problem) -> dict[str, Json]:
    rules = problem.rules
    return {
        "pins": [[pin.lot_id, pin.order_id, pin.quantity_g] for pin in problem.pins],
        "forbidden": [[pair.lot_id, pair.order_id] for pair in problem.forbidden],
        "fallbacks": [
            [order, [[least_g, limit] for least_g, limit in steps]]
            for order, steps in problem.fallbacks.items()
        ],
        "rules": {
            "pricing": str(rules.pricing),
            "floor_g": rules.floor_g,
            "pool_below_g": rules.pool_below_g,
            "earliest_day": rules.earliest_day,
        },
    }


def _support_record(support: Support) -> dict[str, Json]:
    return {
        "villages": _packed(support.villages),
        "points": _packed(support.points),
        "lots": _packed(support.lots),
        "orders": _packed(support.orders),
    }


def _support(value: Json) -> Support:
    tables = _dict(value)
    return Support(
        villages=_unpacked(PlacePrices, tables["villages"]),
        points=_unpacked(PlacePrices, tables["points"]),
        lots=_unpacked(OwnFigures, tables["lots"]),
        orders=_unpacked(OwnFigures, tables["orders"]),
    )


def _packed(table: Table) -> dict[str, Json]:
    packed: dict[str, Json] = {}
    for name, column in table.columns().items():
        # Sorted ids and repeated places shrink to runs of equal differences.
        differences = np.diff(column, prepend=0).astype("<i8").tobytes()
        packed[name] = base64.b64encode(zlib.compress(differences, 1)).decode("ascii")
    return packed


def _unpacked(table: type[T], value: Json) -> T:
    columns: dict[str, Ints] = {}
    for name, text in _dict(value).items():
        differences = zlib.decompress(base64.b64decode(str(text), validate=True))
        columns[name] = np.cumsum(np.frombuffer(differences, dtype="<i8").astype(np.int64))
    return table.read(columns)


def _dict(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise TypeError("an object is missing")
    return value


def _list(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise TypeError("a list is missing")
    return value


def _int(value: Json) -> int:
    if not isinstance(value, int):
        raise TypeError("a whole number is missing")
    return value


def _ints(value: Json) -> list[int]:
    return [_int(entry) for entry in _list(value)]


def _pair(value: Json) -> tuple[int, int]:
    first, second = _ints(value)
    return first, second
