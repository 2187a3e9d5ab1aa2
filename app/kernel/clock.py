"""Time as it is stored (UTC) and as a cooperative sees it (its own zone)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """Where the present moment comes from; tests and rehearsals bring their own."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime) -> None:
        self.at = as_utc(at)

    def now(self) -> datetime:
        """Return the instant the clock was set to."""
        return self.at


def as_utc(at: datetime) -> datetime:
    """Return the same instant in UTC.

    :raises ValueError: if the instant has no zone; guessing one moves a cut-off.
    """
    if at.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return at.astimezone(UTC)


def instant(on: date, at: time, zone: str) -> datetime:
    """Return the UTC instant of a wall-clock time on a day in a zone.

    A time that a summer-time change skips becomes the instant it would have had,
    one that occurs twice is the first of the two (``fold=0``).
    """
    return datetime.combine(on, at, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def local(at: datetime, zone: str) -> datetime:
    """Return an instant as wall-clock time in a zone."""
    return as_utc(at).astimezone(ZoneInfo(zone))
