"""Minutes of a cooperative's day, seconds of a route plan, and the instants they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from app.kernel.clock import instant

_DAY_MINUTES = 24 * 60


@dataclass(frozen=True)
class DayTimes:
    """One date in one zone. A plan counts its seconds from ``base_at``, local midnight."""

    on: date
    zone: str

    @property
    def base_at(self) -> datetime:
        """Return the instant at which the date begins."""
        return self.at_minute(0)

    def at_minute(self, minute: int) -> datetime:
        """Return the instant of a wall-clock minute; from 1440 on it lies a day later."""
        days, rest = divmod(minute, _DAY_MINUTES)
        wall = time(rest // 60, rest % 60)
        return instant(self.on + timedelta(days=days), wall, self.zone)

    def second_of(self, minute: int) -> int:
        """Return a wall-clock minute as seconds since ``base_at``, summer time included."""
        return int((self.at_minute(minute) - self.base_at).total_seconds())

    def at_second(self, second: int) -> datetime:
        """Return the instant of a plan's second."""
        return self.base_at + timedelta(seconds=second)
