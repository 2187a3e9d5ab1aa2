"""Road graphs and their matrices as files: read once a process, computed once a place."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from io import BytesIO

import numpy as np

from app.media.store import FileMissing, Store
from logistics.solver.matrix import Figures, Located, Matrix
from logistics.solver.roads.graph import RoadGraph

PROFILE = "truck"
_MOST_PLACES = 2_000
"""A matrix of so many places takes 64 MB; with more, only the asked ones are kept."""
_MOST_GRAPHS = 2


class Maps:
    """The road graphs of a store, with a matrix beside each of all places asked so far."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._graphs: dict[str, RoadGraph] = {}

    def has(self, digest: str) -> bool:
        """Return whether the graph of an extract lies here."""
        if digest in self._graphs:
            return True
        try:
            self.graph(digest)
        except FileMissing:
            return False
        return True

    def put(self, graph: RoadGraph) -> None:
        """Keep a graph under its extract's digest."""
        self._store.put(_graph_name(graph.digest), graph.to_bytes())

    def graph(self, digest: str) -> RoadGraph:
        """Return a graph.

        :raises FileMissing: if there is none of this digest.
        """
        if digest not in self._graphs:
            graph = RoadGraph.from_bytes(self._store.get(_graph_name(digest)))
            while len(self._graphs) >= _MOST_GRAPHS:
                self._graphs.pop(next(iter(self._graphs)))
            self._graphs[digest] = graph
        return self._graphs[digest]

    def is_on_road(self, digest: str, place: Located) -> bool:
        """Return whether a place lies near enough to a road."""
        return self.graph(digest).snap([place])[0] is not None

    def islanders(self, digest: str, places: Sequence[Located]) -> tuple[list[int], list[int]]:
        """Return which places lie off every road, and which on roads that lead nowhere."""
        graph = self.graph(digest)
        off = [at for at, snap in enumerate(graph.snap(places)) if snap is None]
        return off, graph.islanders(places)

    def matrix(self, digest: str, places: Sequence[Located], shut: Sequence[Located]) -> Matrix:
        """Return the ways between places with the roads at some points closed."""
        name = _matrix_name(digest, shut)
        known = self._known(name)
        source = f"OpenStreetMap roads {digest[:12]}"
        spots = _spots(places)
        at = {spot: number for number, spot in enumerate(known[0])}
        if not all(spot in at for spot in spots):
            graph = self.graph(digest)
            graph = graph.without_roads_at(shut) if shut else graph
            found = _all_between(graph, known[0], spots)
            self._keep(name, found)
            at = {spot: number for number, spot in enumerate(found[0])}
            known = found
        pick = np.ix_([at[spot] for spot in spots], [at[spot] for spot in spots])
        return Matrix(known[1][pick].copy(), known[2][pick].copy(), source=source)

    def _known(self, name: str) -> _Known:
        try:
            data = self._store.get(name)
        except FileMissing:
            return [], np.zeros((0, 0), dtype=np.int64), np.zeros((0, 0), dtype=np.int64)
        with np.load(BytesIO(data), allow_pickle=False) as kept:
            spots = [(int(lat), int(lon)) for lat, lon in kept["spots"]]
            return spots, kept["distance_m"], kept["duration_s"]

    def _keep(self, name: str, known: _Known) -> None:
        file = BytesIO()
        spots = np.array(known[0], dtype=np.int64)
        np.savez_compressed(file, spots=spots, distance_m=known[1], duration_s=known[2])
        self._store.put(name, file.getvalue())


_Spot = tuple[int, int]
_Known = tuple[list[_Spot], Figures, Figures]
_maps: dict[int, Maps] = {}


def maps(store: Store) -> Maps:
    """Return the maps of a store; graphs once read stay in memory."""
    if id(store) not in _maps:
        _maps.clear()
        _maps[id(store)] = Maps(store)
    return _maps[id(store)]


class _At:
    """A position that was rounded to a ten-millionth of a degree, a centimetre."""

    def __init__(self, spot: _Spot) -> None:
        self.lat, self.lon = spot[0] / 1e7, spot[1] / 1e7


def _spots(places: Sequence[Located]) -> list[_Spot]:
    return [(round(place.lat * 1e7), round(place.lon * 1e7)) for place in places]


def _all_between(graph: RoadGraph, known: Sequence[_Spot], spots: Sequence[_Spot]) -> _Known:
    both = list(dict.fromkeys([*known, *spots]))
    if len(both) > _MOST_PLACES:
        both = list(dict.fromkeys(spots))
    matrix = graph.matrix([_At(spot) for spot in both])
    return both, matrix.distance_m, matrix.duration_s


def _graph_name(digest: str) -> str:
    return f"roads/{digest}/graph.npz"


def _matrix_name(digest: str, shut: Sequence[Located]) -> str:
    if not shut:
        return f"roads/{digest}/{PROFILE}.npz"
    closed = hashlib.sha256(repr(sorted(_spots(shut))).encode()).hexdigest()[:16]
    return f"roads/{digest}/{PROFILE}-{closed}.npz"
