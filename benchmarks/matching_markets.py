"""Markets to measure on, drawn around real wholesale prices where there are any."""

from __future__ import annotations

import csv
import math
import os
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np

from app.matching.problem import Problem
from app.matching.tables import FreightTable, Ints, LotTable, OrderTable

# A folder beside the project, or the one that the environment names.
PRICES = Path(
    os.environ.get("FARMGATE_BENCH_PRICES") or Path(__file__).parents[2] / "shared/data/market"
)
ASSUMED = (
    "Everything else is an assumption, because nobody publishes it: lot and order sizes are"
    " lognormal (medians 150 and 110 kg, sigma 0.8), villages lie around the yards, farmers ask"
    " 75 to 105 % of their yard's price, buyers go 115 to 160 % of the median one, and freight is"
    " Rs 0.50 + 1 paisa per km per kg."
)
DAYS = 3


def assumptions() -> str:
    """Return in one paragraph what is measured and what was made up."""
    source = "a real day of AGMARKNET wholesale prices by yard (onion, 3 January 2019)"
    if not (PRICES / "mandis.csv").exists():
        source = f"generated, because {PRICES} has none: 60 yards around 1,200 paise per kg"
    return f"Prices are {source}. {ASSUMED}"


def drawn(
    size: int,
    *,
    orders: int | None = None,
    seed: int = 1,
    whole: float = 0.0,
    big: float = 1.0,
) -> Problem:
    """Return a market of so many lots and, unless told otherwise, as many orders.

    :param whole: the part of orders that are all or nothing. :param big: how many
        times larger than usual those are.
    """
    chance = np.random.default_rng(seed)
    yards = _yards()
    villages, points = _places(size)
    yard_of = chance.integers(0, len(yards), villages)
    at_village = yards[yard_of, :2] + chance.normal(0, 0.3, (villages, 2))
    at_point = yards[chance.integers(0, len(yards), points), :2] + chance.normal(
        0, 0.2, (points, 2)
    )
    km = _kilometres(at_village, at_point)
    lot_village = chance.integers(0, villages, size)
    price = yards[yard_of[lot_village], 2]
    middle = float(np.median(yards[:, 2]))
    lots = LotTable.read(
        {
            "id": np.arange(1, size + 1),
            "farmer_id": chance.integers(1, size // 2 + 2, size),
            "village_id": lot_village + 1,
            "grade": chance.choice(3, size, p=[0.2, 0.5, 0.3]),
            "quantity_g": _sizes(chance, size, 150),
            "ask_minor": (price * chance.uniform(0.75, 1.05, size)).astype(np.int64),
            **_windows(chance, size),
            "offered_at": chance.permutation(size),
        }
    )
    return Problem.from_tables(
        lots, _orders(chance, orders or size, points, middle, whole, big), _tariff(km)
    )


def repeated_prices(problem: Problem, step: int) -> Problem:
    """Return the market with asks and limits rounded, as people round: full of ties."""
    lots, orders = problem.lots, problem.orders
    return replace(
        problem,
        lots=replace(lots, ask_minor=(lots.ask_minor + step // 2) // step * step),
        orders=replace(orders, limit_minor=(orders.limit_minor + step // 2) // step * step),
    )


def _orders(
    chance: np.random.Generator, size: int, points: int, middle: float, whole: float, big: float
) -> OrderTable:
    is_whole = chance.random(size) < whole
    quantity_g = _sizes(chance, size, 110)
    quantity_g = np.where(is_whole, (quantity_g * big).astype(np.int64), quantity_g)
    nothing = np.zeros(size, dtype=np.int64)
    return OrderTable.read(
        {
            "id": np.arange(1, size + 1),
            "buyer_id": np.arange(1, size + 1),
            "pickup_point_id": chance.integers(1, points + 1, size),
            "least_grade": chance.choice(3, size, p=[0.1, 0.5, 0.4]),
            "quantity_g": quantity_g,
            "limit_minor": (middle * chance.uniform(1.15, 1.6, size)).astype(np.int64),
            **_windows(chance, size),
            "all_or_nothing": is_whole,
            "least_fill_g": nothing,
            "most_lots": nothing,
            "only_farmer_id": nothing,
            "substitute_1_minor": nothing - 1,
            "substitute_2_minor": nothing - 1,
            "ordered_at": chance.permutation(size),
        }
    )


def _places(size: int) -> tuple[int, int]:
    """Return how many villages and pickup points a market of this size has."""
    if size >= 1_000_000:
        return 2000, 100
    if size >= 100_000:
        return 1000, 60
    return (200, 20) if size >= 10_000 else (50, 10)


def _yards() -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return latitude, longitude and price (paise per kg) of each yard on a real day."""
    if not (PRICES / "mandis.csv").exists():
        chance = np.random.default_rng(2019)
        at = chance.uniform((12.0, 73.0), (28.0, 86.0), (60, 2))
        return np.column_stack([at, chance.normal(1200, 200, 60).clip(600, 1800)])
    with (PRICES / "mandis.csv").open(encoding="utf-8") as file:
        at = {
            row["mandi_id"]: (float(row["lat"]), float(row["lon"])) for row in csv.DictReader(file)
        }
    found = {}
    with (PRICES / "agmarknet_daily_2019.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            # Rupees per quintal are paise per kg.
            if (row["crop"], row["date"]) == ("ONION", "2019-01-03") and row["mandi_id"] in at:
                found[row["mandi_id"]] = (*at[row["mandi_id"]], float(row["modal_rs_q"]))
    return np.array([found[key] for key in sorted(found)])


def _kilometres(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return distances on a flat map, which a made-up tariff can live with."""
    north = (a[:, None, 0] - b[None, :, 0]) * 111.2
    east = (a[:, None, 1] - b[None, :, 1]) * 111.2 * math.cos(math.radians(22))
    return np.hypot(north, east)


def _tariff(km: np.ndarray) -> FreightTable:
    villages, points = km.shape
    none = np.zeros(km.size, dtype=np.int64)
    return FreightTable.read(
        {
            "village_id": np.repeat(np.arange(1, villages + 1), points),
            "pickup_point_id": np.tile(np.arange(1, points + 1), villages),
            "freight_minor": (50 + km.ravel()).astype(np.int64),
            "fee_minor": none,
            "lag_days": none,
        }
    )


def _windows(chance: np.random.Generator, size: int) -> dict[str, Ints]:
    first, last = np.sort(chance.integers(0, DAYS, (2, size)), axis=0)
    start = date(2019, 1, 3).toordinal()
    return {"first_day": start + first, "last_day": start + last}


def _sizes(chance: np.random.Generator, size: int, median_kg: int) -> Ints:
    kilograms = np.maximum(5, chance.lognormal(math.log(median_kg), 0.8, size).astype(np.int64))
    return np.asarray(kilograms * 1000, dtype=np.int64)
