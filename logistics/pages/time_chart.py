"""All trucks over the hours of the day: driving, stops and waiting, as bars."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.web import formatting
from app.web.words import called_name
from logistics.pages.schematic import colour_of
from logistics.services.board_view import RouteView

WIDTH, LEFT, ROW, HEAD = 900.0, 130.0, 34.0, 28.0
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Bar:
    """One stop in its row, with what is said of it; ``is_broken`` marks a broken limit."""

    x: float
    wide: float
    text: str
    is_broken: bool


@dataclass(frozen=True)
class Row:
    """One truck: from leaving to coming back, and its stops."""

    name: str
    y: float
    colour: str
    x: float
    wide: float
    bars: tuple[Bar, ...]
    waits: tuple[Bar, ...]


@dataclass(frozen=True)
class TimeChart:
    """The chart in its own units; ``hours`` are marks with their text."""

    high: float
    rows: tuple[Row, ...]
    hours: tuple[tuple[float, str], ...]


def draw(routes: Sequence[RouteView]) -> TimeChart | None:
    """Return the chart of the trucks that drive, or None where none does."""
    driven = [
        (index, route, route.starts_at, route.ends_at)
        for index, route in enumerate(routes)
        if route.starts_at is not None and route.ends_at is not None
    ]
    if not driven:
        return None
    first = min(starts for _, _, starts, _ in driven).replace(minute=0, second=0, microsecond=0)
    last = max(ends for _, _, _, ends in driven)
    scale = (WIDTH - LEFT - 10) / max((last - first).total_seconds(), 3600.0)

    def across(at: datetime) -> float:
        return round(LEFT + (at - first).total_seconds() * scale, 1)

    rows = []
    for line, (index, route, starts, ends) in enumerate(driven):
        bars, waits = [], []
        for visit in route.visits:
            name = called_name(visit.village)
            text = f"{formatting.clock_time(visit.arrives_at)} {name}"
            x = across(visit.begins_at)
            wide = round(max(across(visit.departs_at) - x, 2.0), 1)
            bars.append(Bar(x, wide, text, bool(visit.broken)))
            if visit.begins_at > visit.arrives_at:
                from_x = across(visit.arrives_at)
                waits.append(Bar(from_x, round(x - from_x, 1), text, False))
        x = across(starts)
        rows.append(
            Row(
                route.truck.name,
                HEAD + ROW * line,
                colour_of(index),
                x,
                round(across(ends) - x, 1),
                tuple(bars),
                tuple(waits),
            )
        )
    return TimeChart(HEAD + ROW * len(rows) + 8, tuple(rows), tuple(_hours(first, last, across)))


def _hours(
    first: datetime, last: datetime, across: Callable[[datetime], float]
) -> Iterator[tuple[float, str]]:
    step = max(1, round((last - first) / _HOUR / 10))
    at = first
    while at <= last:
        yield across(at), formatting.clock_time(at)
        at += step * _HOUR
