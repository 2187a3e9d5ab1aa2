"""From a database to a stored result, each measurement in a process of its own.

``python -m benchmarks.matching_database URL SIZE`` fills an empty database with a drawn
market, matches it through the product's services and prints one line of JSON.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
from sqlalchemy import create_engine, make_url
from sqlalchemy.orm import Session

from app.kernel.database import Database
from app.matching.bulk import write
from app.matching.problem import Problem
from app.matching.services import clear, load_problem, save, store_allocations
from app.models import (
    Base,
    Cooperative,
    Crop,
    FreightTariff,
    Grade,
    Hub,
    HubKind,
    Lot,
    LotStock,
    MarketDay,
    Order,
    OrderLine,
    Person,
    PickupPoint,
    Shop,
    Village,
)
from benchmarks.matching_markets import drawn
from benchmarks.measure import forget_peak, peak_mb

ON = date(2019, 1, 3)
AT = datetime(2019, 1, 2, tzinfo=UTC)
GRADES = [grade.value for grade in Grade]


@dataclass(frozen=True)
class DatabaseRow:
    """One market from rows to stored reasons, prices, certificate and allocations."""

    database: str
    size: int
    load_s: float
    engine_s: float
    store_s: float
    total_s: float
    times_engine: float
    trades: int
    peak_mb: int
    exponent: float | None = None


def rows(sizes: tuple[int, ...], server: str | None) -> Iterator[DatabaseRow]:
    """Measure SQLite at the smallest size, PostgreSQL at every one where there is a server."""
    if not sizes:
        return
    with tempfile.TemporaryDirectory() as folder:
        yield _measured(f"sqlite:///{Path(folder) / 'market.db'}", min(sizes))
    if server is None:
        print("no PostgreSQL was named (--url), so none was measured")
        return
    before: DatabaseRow | None = None
    for size in sorted(sizes):
        with _fresh(server) as url:
            row = _measured(url, size)
        if before is not None:
            growth = math.log(row.total_s / before.total_s) / math.log(size / before.size)
            row = DatabaseRow(**(asdict(row) | {"exponent": round(growth, 3)}))
        before = row
        yield row


def _measured(url: str, size: int) -> DatabaseRow:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.matching_database", url, str(size)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return DatabaseRow(**json.loads(done.stdout.splitlines()[-1]))


@contextmanager
def _fresh(server: str) -> Iterator[str]:
    name = "farmgate_bench_matching"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
        admin.dispose()


def main() -> None:
    """Fill, match, store, and print what it took."""
    url, size = sys.argv[1], int(sys.argv[2])
    database = Database(url)
    # Filling takes more memory than matching, and is not what is measured.
    subprocess.run([sys.executable, "-c", _FILL, url, str(size)], check=True)
    with database.transaction() as session:
        # A worker that serves a cooperative has its connection and statements ready.
        load_problem(session, market_day_id=1, crop_id=2, at=AT)
    forget_peak()
    begun = time.perf_counter()
    with database.transaction() as session:
        problem = load_problem(session, market_day_id=1, crop_id=1, at=AT)
        loaded = time.perf_counter()
        clearing = clear(problem)
        solved = time.perf_counter()
        saved = save(session, market_day_id=1, crop_id=1, clearing=clearing, at=AT)
        store_allocations(session, run_id=saved.run_id, allocations=saved.allocations, at=AT)
    ended = time.perf_counter()
    row = DatabaseRow(
        database=url.split(":", 1)[0].split("+", 1)[0],
        size=size,
        load_s=round(loaded - begun, 3),
        engine_s=round(solved - loaded, 3),
        store_s=round(ended - solved, 3),
        total_s=round(ended - begun, 3),
        times_engine=round((ended - begun) / (solved - loaded), 2),
        trades=len(clearing.allocations),
        peak_mb=peak_mb(0),
    )
    print(json.dumps(asdict(row)))


_FILL = (
    "import sys; from benchmarks.matching_database import fill; fill(sys.argv[1], int(sys.argv[2]))"
)


def fill(url: str, size: int) -> None:
    """Create the tables and one market day full of lots and requests."""
    database = Database(url)
    problem = drawn(size)
    with database.transaction() as session:
        Base.metadata.create_all(session.connection())
    with database.transaction() as session:
        _places(session, problem)
        _lots(session, problem)
        _requests(session, problem)
    if not database.is_sqlite:
        with database.transaction() as session:
            session.connection().exec_driver_sql("ANALYZE")
    database.dispose()


def _places(session: Session, problem: Problem) -> None:
    session.add(
        Cooperative(
            id=1,
            name="Bench",
            slug="bench",
            country="IN",
            currency="INR",
            time_zone="Asia/Kolkata",
            languages=["en"],
            created_at=AT,
        )
    )
    session.flush()
    session.add(Crop(id=1, cooperative_id=1, code="onion", names={}, category="vegetable"))
    session.add(Hub(id=1, cooperative_id=1, name="Hub", kind=HubKind.BOTH))
    session.add(Shop(id=1, cooperative_id=1, name="Shop"))
    cutoffs = dict.fromkeys(
        ("farmers_cutoff_at", "buyers_cutoff_at", "confirm_by_at", "pickup_at", "created_at"), AT
    )
    session.add(MarketDay(id=1, cooperative_id=1, on=ON, **cutoffs))
    session.flush()
    villages, points = (
        int(column.max())
        for column in (problem.freight.village_id, problem.freight.pickup_point_id)
    )
    session.add_all(Village(id=n, cooperative_id=1, name=f"V{n}") for n in range(1, villages + 1))
    session.add_all(
        PickupPoint(id=n, cooperative_id=1, shop_id=1, hub_id=1, name=f"P{n}")
        for n in range(1, points + 1)
    )
    session.flush()
    freight = problem.freight
    pairs = freight.village_id, freight.pickup_point_id, freight.freight_minor
    names = "cooperative_id village_id pickup_point_id price_minor source valid_from_at"
    at = _stamp(session)
    _fill(session, FreightTariff, names, ((1, *row, "distance", at) for row in _rows(*pairs)))
    people = max(int(problem.lots.farmer_id.max()), int(problem.orders.buyer_id.max()))
    _fill(
        session,
        Person,
        "id name member_number language created_at",
        ((n, f"Person {n}", f"m{n}", "en", at) for n in range(1, people + 1)),
    )


def _lots(session: Session, problem: Problem) -> None:
    lots, at, on = problem.lots, _stamp(session), ON.isoformat()
    names = (
        "id cooperative_id market_day_id farmer_id village_id crop_id grade quantity_g unit_code"
        " unit_grams ask_minor ready_from_on ready_until_on is_uncertain note listed_by_id key"
        " listed_at"
    )
    columns = lots.id, lots.farmer_id, lots.village_id, lots.grade, lots.quantity_g, lots.ask_minor
    _fill(
        session,
        Lot,
        names,
        (
            (
                *(n, 1, 1, farmer, village, 1, GRADES[grade], grams, "kg", 1000, ask, on, on),
                *(0, "-", farmer, str(n), at),
            )
            for n, farmer, village, grade, grams, ask in _rows(*columns)
        ),
    )
    stock = ((n, grams, 0) for n, grams in _rows(lots.id, lots.quantity_g))
    _fill(session, LotStock, "lot_id available_g is_frozen", stock)


def _requests(session: Session, problem: Problem) -> None:
    orders, at, on = problem.orders, _stamp(session), ON.isoformat()
    names = "id cooperative_id market_day_id buyer_id pickup_point_id payment_method code opened_at"
    heads = _rows(orders.id, orders.buyer_id, orders.pickup_point_id)
    _fill(
        session,
        Order,
        names,
        ((n, 1, 1, buyer, point, "cash", f"C{n}", at) for n, buyer, point in heads),
    )
    names = (
        "id order_id kind state crop_id crop_names least_grade unit_code unit_grams ordered_g"
        " ceiling_g allocated_g limit_minor first_on last_on is_all_or_nothing least_fill_g"
        " substitutes person_id key ordered_at"
    )
    columns = (
        *(orders.id, orders.buyer_id, orders.least_grade, orders.quantity_g, orders.limit_minor),
        orders.all_or_nothing,
    )
    _fill(
        session,
        OrderLine,
        names,
        (
            (
                *(n, n, "request", "waiting", 1, "{}", GRADES[grade], "kg", 1000, grams, grams, 0),
                *(limit, on, on, whole, 0, "{}", buyer, str(n), at),
            )
            for n, buyer, grade, grams, limit, whole in _rows(*columns)
        ),
    )


def _fill(
    session: Session, table: type[Base], names: str, rows: Iterable[tuple[int | str, ...]]
) -> None:
    write(session, table, names.split(), rows)


def _rows(*columns: np.ndarray) -> Iterator[tuple[int, ...]]:
    return zip(*(column.tolist() for column in columns), strict=True)


def _stamp(session: Session) -> str:
    """Return the instant as the database itself writes it."""
    sqlite = session.get_bind().dialect.name == "sqlite"
    return "2019-01-02 00:00:00.000000" + ("" if sqlite else "+00")


if __name__ == "__main__":
    main()
