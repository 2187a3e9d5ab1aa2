"""Find the road nearest to a place, to the point on it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from logistics.solver.matrix import EARTH_RADIUS_M, Located

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_STEP_M = 50.0
"""Segments are sampled this densely; a nearest point lies at most half of it away."""

_M_PER_DEGREE = math.radians(1) * EARTH_RADIUS_M


@dataclass(frozen=True)
class Snap:
    """A point on a segment: its share of the length from the origin, and how far off."""

    segment: int
    share: float
    lat: float
    lon: float
    off_m: float


class Snapper:
    """An index over sampled points of all segments, in metres on a local plane."""

    def __init__(self, lat: Floats, lon: Floats, origin: Ints, target: Ints) -> None:
        # Within a district a plane around its middle is true to a few metres in 100 km.
        self._lat0 = float(lat.mean()) if len(lat) else 0.0
        self._stretch = math.cos(math.radians(self._lat0))
        self._x = lon * self._stretch * _M_PER_DEGREE
        self._y = lat * _M_PER_DEGREE
        self._origin = origin
        self._target = target
        self._tree, self._segment = self._sampled()

    def _sampled(self) -> tuple[cKDTree, Ints]:
        ax, ay = self._x[self._origin], self._y[self._origin]
        bx, by = self._x[self._target], self._y[self._target]
        steps = np.maximum(1, np.ceil(np.hypot(bx - ax, by - ay) / _STEP_M)).astype(np.int64)
        segment = np.repeat(np.arange(len(steps)), steps)
        first = np.repeat(np.cumsum(steps) - steps, steps)
        share = (np.arange(len(segment)) - first + 0.5) / steps[segment]
        x = ax[segment] + share * (bx - ax)[segment]
        y = ay[segment] + share * (by - ay)[segment]
        return cKDTree(np.column_stack([x, y])), segment

    @cached_property
    def twins(self) -> dict[tuple[int, int], list[int]]:
        """Return the segments by their origin and target."""
        found: dict[tuple[int, int], list[int]] = {}
        ends = zip(self._origin.tolist(), self._target.tolist(), strict=True)
        for number, pair in enumerate(ends):
            found.setdefault(pair, []).append(number)
        return found

    def nearest(
        self, place: Located, near_m: float, *, preferred: npt.NDArray[np.bool_]
    ) -> Snap | None:
        """Return the nearest point of a preferred segment, else of any, within reach."""
        found = sorted(
            (snap for snap in self._around(place, near_m) if snap.off_m <= near_m),
            key=lambda snap: (not preferred[snap.segment], snap.off_m, snap.segment),
        )
        return found[0] if found else None

    def _around(self, place: Located, near_m: float) -> Iterator[Snap]:
        x = place.lon * self._stretch * _M_PER_DEGREE
        y = place.lat * _M_PER_DEGREE
        samples = self._tree.query_ball_point((x, y), near_m + _STEP_M)
        for segment in sorted(set(self._segment[samples].tolist())):
            ax, ay = self._x[self._origin[segment]], self._y[self._origin[segment]]
            bx, by = self._x[self._target[segment]], self._y[self._target[segment]]
            dx, dy = bx - ax, by - ay
            long2 = dx * dx + dy * dy
            share = 0.0 if long2 == 0 else ((x - ax) * dx + (y - ay) * dy) / long2
            share = float(min(1.0, max(0.0, share)))
            px, py = ax + share * dx, ay + share * dy
            yield Snap(
                segment=segment,
                share=share,
                lat=float(py / _M_PER_DEGREE),
                lon=float(px / _M_PER_DEGREE / self._stretch),
                off_m=float(math.hypot(px - x, py - y)),
            )
