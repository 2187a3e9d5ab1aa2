"""The road graph: points, directed segments, and the shortest ways between places.

Time decides, and metres are those of the quickest way. Both are summed in one exact
number per segment (tenths of seconds times 2**26 plus metres), so that one run of
Dijkstra's algorithm gives both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from io import BytesIO

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra

from logistics.solver.matrix import EARTH_RADIUS_M, UNREACHABLE, Located, Matrix
from logistics.solver.roads.net import METRES, Net
from logistics.solver.roads.snap import Snap, Snapper

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NEAR_M = 100
"""A place farther than this from any road is not reached."""

_MOST_FIGURES = 8_000_000


@dataclass(frozen=True, eq=False)
class RoadGraph:
    """Points in degrees and directed segments with metres and tenths of seconds.

    ``digest`` is the extract's SHA-256. Data (c) OpenStreetMap contributors, ODbL.
    """

    lat: Floats
    lon: Floats
    origin: Ints
    target: Ints
    metres: Ints
    tenths: Ints
    digest: str

    @classmethod
    def of_segments(
        cls,
        *,
        lat: Floats,
        lon: Floats,
        ends: Ints,
        kmh: Floats,
        open_both: npt.NDArray[np.bool_],
        digest: str,
    ) -> RoadGraph:
        """Return the graph of undirected segments with the directions that are open."""
        long_m = segment_metres(lat, lon, ends[:, 0], ends[:, 1])
        metres = np.maximum(1, np.rint(long_m)).astype(np.int64)
        tenths = np.maximum(1, np.rint(long_m * 36 / kmh)).astype(np.int64)
        along, against = open_both[:, 0], open_both[:, 1]
        return cls(
            lat=lat,
            lon=lon,
            origin=np.concatenate([ends[along, 0], ends[against, 1]]),
            target=np.concatenate([ends[along, 1], ends[against, 0]]),
            metres=np.concatenate([metres[along], metres[against]]),
            tenths=np.concatenate([tenths[along], tenths[against]]),
            digest=digest,
        )

    def to_bytes(self) -> bytes:
        """Return the graph as a file of numpy's."""
        file = BytesIO()
        np.savez_compressed(
            file,
            lat=self.lat,
            lon=self.lon,
            origin=self.origin,
            target=self.target,
            metres=self.metres,
            tenths=self.tenths,
            digest=np.array(self.digest),
        )
        return file.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> RoadGraph:
        """Read a graph that was saved."""
        with np.load(BytesIO(data), allow_pickle=False) as saved:
            arrays = {name: saved[name] for name in saved.files if name != "digest"}
            return cls(**arrays, digest=str(saved["digest"]))

    @cached_property
    def island(self) -> Ints:
        """Return a number per point: points of one number reach each other both ways."""
        ones = np.ones(len(self.origin))
        shape = (len(self.lat), len(self.lat))
        links = csr_matrix((ones, (self.origin, self.target)), shape=shape)
        _, labels = connected_components(links, directed=True, connection="strong")
        found: Ints = labels.astype(np.int64)
        return found

    @cached_property
    def mainland(self) -> int:
        """Return the number of the largest island."""
        return int(np.bincount(self.island).argmax())

    @cached_property
    def snapper(self) -> Snapper:
        """Return the index of nearest roads."""
        return Snapper(self.lat, self.lon, self.origin, self.target)

    def snap(self, places: Sequence[Located], near_m: int = NEAR_M) -> list[Snap | None]:
        """Return the nearest point of the nearest road per place, None beyond ``near_m``.

        A road of the mainland goes before a nearer one of an island, such as a car
        park that is mapped without its exit.
        """
        main = self.island[self.origin] == self.mainland
        main &= self.island[self.target] == self.mainland
        return [self.snapper.nearest(place, near_m, preferred=main) for place in places]

    def without_roads_at(self, closed: Sequence[Located], near_m: int = NEAR_M) -> RoadGraph:
        """Return the graph without the roads at these points, in both directions.

        A point off every road closes nothing.
        """
        shut: set[int] = set()
        for snap in self.snap(closed, near_m):
            if snap is not None:
                ends = (int(self.origin[snap.segment]), int(self.target[snap.segment]))
                shut.update(self.snapper.twins.get(ends, ()))
                shut.update(self.snapper.twins.get(ends[::-1], ()))
        kept = np.ones(len(self.origin), dtype=bool)
        kept[sorted(shut)] = False
        return replace(
            self,
            origin=self.origin[kept],
            target=self.target[kept],
            metres=self.metres[kept],
            tenths=self.tenths[kept],
        )

    def islanders(self, places: Sequence[Located], near_m: int = NEAR_M) -> list[int]:
        """Return the places whose road is not joined to the mainland, by index."""
        found = self.snap(places, near_m)
        return [
            number
            for number, snap in enumerate(found)
            if snap is not None and self.island[self.origin[snap.segment]] != self.mainland
        ]

    def matrix(self, places: Sequence[Located], near_m: int = NEAR_M) -> Matrix:
        """Return metres and seconds by the quickest way; what has no way is UNREACHABLE."""
        net = Net(self, self.snap(places, near_m))
        # Each search fills a row as long as the graph; a province's rows would not all fit.
        rows = max(1, _MOST_FIGURES // len(net.lat))
        sums = np.concatenate(
            [
                dijkstra(net.links, directed=True, indices=net.points[at : at + rows])[
                    :, net.points
                ]
                for at in range(0, len(net.points), rows)
            ]
            or [np.zeros((0, 0))]
        )
        there = np.isfinite(sums)
        whole = np.where(there, sums, 0).astype(np.int64)
        distance_m = np.where(there, whole % METRES, UNREACHABLE)
        duration_s = np.where(there, -(-(whole // METRES) // 10), UNREACHABLE)
        np.fill_diagonal(distance_m, 0)
        np.fill_diagonal(duration_s, 0)
        return Matrix(distance_m, duration_s, source=f"OpenStreetMap roads {self.digest[:12]}")

    def line(
        self, origin: Located, target: Located, near_m: int = NEAR_M
    ) -> list[tuple[float, float]]:
        """Return latitude and longitude along the quickest way; empty where there is none."""
        net = Net(self, self.snap([origin, target], near_m))
        start, end = net.points
        _, before = dijkstra(net.links, directed=True, indices=start, return_predecessors=True)
        if before[end] < 0:
            return []
        points = [end]
        while points[-1] != start:
            points.append(int(before[points[-1]]))
        return [(float(net.lat[point]), float(net.lon[point])) for point in reversed(points)]


def segment_metres(lat: Floats, lon: Floats, origin: Ints, target: Ints) -> Floats:
    """Return the great circle metres of segments, by the haversine formula."""
    phi, lam = np.radians(lat), np.radians(lon)
    half = np.sin((phi[target] - phi[origin]) / 2) ** 2
    turn = np.sin((lam[target] - lam[origin]) / 2) ** 2
    half = half + np.cos(phi[origin]) * np.cos(phi[target]) * turn
    metres: Floats = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(half.clip(0, 1)))
    return metres
