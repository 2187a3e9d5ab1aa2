"""Read an OpenStreetMap extract (.osm.pbf or .osm) into a road graph."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import osmium

from logistics.solver.roads.graph import RoadGraph
from logistics.solver.roads.refusals import BrokenExtract, ExtractTooLarge, NoRoads
from logistics.solver.roads.speeds import directions, speed_kmh

MOST_MB = 400
"""Some 4 GB of memory are needed for a file of this size."""

_REPORT_EVERY = 2_000
_BLOCK = 2**20


@dataclass
class _Ways:
    """Points and the sections between junctions, as they are read."""

    number_of: dict[int, int] = field(default_factory=dict)
    lat: list[float] = field(default_factory=list)
    lon: list[float] = field(default_factory=list)
    ends: list[tuple[int, int]] = field(default_factory=list)
    kmh: list[float] = field(default_factory=list)
    open: list[tuple[bool, bool]] = field(default_factory=list)

    def add(self, nodes: list[tuple[int, float, float]], kmh: float, tags: dict[str, str]) -> None:
        """Add the segments of one way; repeated points are passed over."""
        numbers = [self._number(*node) for node in nodes]
        ways_round = directions(tags)
        for first, second in pairwise(numbers):
            if first != second:
                self.ends.append((first, second))
                self.kmh.append(kmh)
                self.open.append(ways_round)

    def _number(self, node: int, lat: float, lon: float) -> int:
        if node not in self.number_of:
            self.number_of[node] = len(self.lat)
            self.lat.append(lat)
            self.lon.append(lon)
        return self.number_of[node]


def build(
    extract: Path, *, progress: Callable[[int], None] | None = None, most_mb: int = MOST_MB
) -> RoadGraph:
    """Return the road graph of an extract; ``progress`` is told the ways read so far.

    :raises BrokenExtract: if the file cannot be read.
    :raises ExtractTooLarge: if it has more than ``most_mb`` megabytes.
    :raises NoRoads: if it holds nothing a truck may drive.
    """
    size_mb = extract.stat().st_size // 2**20
    if size_mb > most_mb:
        raise ExtractTooLarge(size_mb=size_mb, most_mb=most_mb)
    try:
        ways = _read(extract, progress)
    except (RuntimeError, ValueError) as error:
        # pyosmium tells of broken files by its own RuntimeError.
        raise BrokenExtract from error
    if not ways.ends:
        raise NoRoads
    return RoadGraph.of_segments(
        lat=np.array(ways.lat),
        lon=np.array(ways.lon),
        ends=np.array(ways.ends, dtype=np.int64),
        kmh=np.array(ways.kmh),
        open_both=np.array(ways.open, dtype=bool),
        digest=_digest(extract),
    )


def _read(extract: Path, progress: Callable[[int], None] | None) -> _Ways:
    ways = _Ways()
    reader = (
        osmium.FileProcessor(str(extract))
        .with_locations()
        .with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
        .with_filter(osmium.filter.KeyFilter("highway"))
    )
    for count, way in enumerate(reader, start=1):
        if not isinstance(way, osmium.osm.Way):
            continue
        tags = {tag.k: tag.v for tag in way.tags}
        kmh = speed_kmh(tags)
        if kmh is not None:
            # An extract's border cuts ways; nodes beyond it have no position.
            nodes = [(n.ref, n.lat, n.lon) for n in way.nodes if n.location.valid()]
            ways.add(nodes, kmh, tags)
        if progress is not None and count % _REPORT_EVERY == 0:
            progress(count)
    return ways


def _digest(extract: Path) -> str:
    """Return the extract's SHA-256; matrices are cached under it."""
    digest = hashlib.sha256()
    with extract.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
