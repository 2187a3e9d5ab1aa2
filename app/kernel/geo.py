"""Positions on the ground, in WGS-84 degrees, and distances in whole metres."""

from __future__ import annotations

from dataclasses import dataclass

from geopy.distance import geodesic


@dataclass(frozen=True)
class Position:
    """A point in WGS-84 degrees."""

    lat: float
    lon: float

    def __post_init__(self) -> None:
        # A NaN fails both comparisons, so it is refused here as well.
        if not (-90 <= self.lat <= 90 and -180 <= self.lon <= 180):
            raise ValueError(f"not a position: {self.lat}, {self.lon}")


def distance_m(a: Position, b: Position) -> int:
    """Return the geodesic distance between two points in metres (Karney, via geopy)."""
    metres: float = geodesic((a.lat, a.lon), (b.lat, b.lon)).meters
    return round(metres)
