"""The links of a road graph with places put in, ready for shortest ways."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from logistics.solver.roads.snap import Snap, Snapper

Ints = npt.NDArray[np.int64]

METRES = 2**26
"""Room for 67,000 km in a weight; beyond it come the tenths of seconds."""


class Segments(Protocol):
    """Points in degrees and directed segments with metres and tenths of seconds."""

    @property
    def lat(self) -> npt.NDArray[np.float64]:
        """Return the latitude per point."""

    @property
    def lon(self) -> npt.NDArray[np.float64]:
        """Return the longitude per point."""

    @property
    def origin(self) -> Ints:
        """Return the point each segment leaves."""

    @property
    def target(self) -> Ints:
        """Return the point each segment leads to."""

    @property
    def metres(self) -> Ints:
        """Return each segment's length."""

    @property
    def tenths(self) -> Ints:
        """Return each segment's time."""

    @property
    def snapper(self) -> Snapper:
        """Return the index of segments."""


class Net:
    """The graph's links with the places put in: each cuts the segments it lies on."""

    def __init__(self, graph: Segments, snaps: Sequence[Snap | None]) -> None:
        count = len(graph.lat)
        self.points = [count + number for number in range(len(snaps))]
        self.lat = np.concatenate([graph.lat, [0.0 if s is None else s.lat for s in snaps]])
        self.lon = np.concatenate([graph.lon, [0.0 if s is None else s.lon for s in snaps]])
        rows = [graph.origin]
        columns = [graph.target]
        weights = [graph.tenths * METRES + graph.metres]
        for segment, members in _by_segment(graph, snaps).items():
            chain = [int(graph.origin[segment]), *(self.points[n] for _, n in members)]
            chain.append(int(graph.target[segment]))
            cuts = [0.0, *(share for share, _ in members), 1.0]
            parts = np.diff(cuts)
            tenths = np.rint(parts * graph.tenths[segment]).astype(np.int64)
            metres = np.rint(parts * graph.metres[segment]).astype(np.int64)
            rows.append(np.array(chain[:-1]))
            columns.append(np.array(chain[1:]))
            weights.append(tenths * METRES + metres)
        self.links = _sparse(rows, columns, weights, count + len(snaps))


def _by_segment(
    graph: Segments, snaps: Sequence[Snap | None]
) -> dict[int, list[tuple[float, int]]]:
    """Return per directed segment the places on it with their share of its length.

    A road open both ways is two segments; a place lies on both.
    """
    twins = graph.snapper.twins
    found: dict[int, list[tuple[float, int]]] = {}
    for number, snap in enumerate(snaps):
        if snap is None:
            continue
        ends = (int(graph.origin[snap.segment]), int(graph.target[snap.segment]))
        for segment in twins.get(ends, ()):
            found.setdefault(segment, []).append((snap.share, number))
        for segment in twins.get(ends[::-1], ()):
            found.setdefault(segment, []).append((1.0 - snap.share, number))
    return {segment: sorted(members) for segment, members in found.items()}


def _sparse(rows: list[Ints], columns: list[Ints], weights: list[Ints], size: int) -> csr_matrix:
    """Return the links as a sparse matrix; of parallel ones the quickest stays.

    A weight of zero would be no link at all, so a cut at a segment's very end weighs one.
    """
    row, column = np.concatenate(rows), np.concatenate(columns)
    weight = np.maximum(1, np.concatenate(weights)).astype(np.float64)
    # Sorted with the lightest last: of equal pairs the last one written stays.
    order = np.lexsort((-weight, column, row))
    row, column, weight = row[order], column[order], weight[order]
    last = np.append((row[1:] != row[:-1]) | (column[1:] != column[:-1]), True)
    return csr_matrix((weight[last], (row[last], column[last])), shape=(size, size))
