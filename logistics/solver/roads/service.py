"""Ask a road service of one's own, OSRM or Valhalla, for ways between places.

The address is configured, and no other host is ever contacted: no redirect is followed
and no proxy of the environment is used. Large matrices are asked for in blocks that
both services answer with the limits they come with.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from http.client import HTTPException
from typing import cast
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener

import numpy as np

from app.kernel.errors import N_, Refusal
from logistics.solver.matrix import UNREACHABLE, Figures, Located, Matrix

_MOST_ANSWER_BYTES = 64 * 2**20


class ServiceKind(StrEnum):
    """Which program answers."""

    OSRM = "osrm"
    VALHALLA = "valhalla"


class RoadServiceSilent(Refusal):
    """The configured road service gave no usable answer."""

    code = "road_service_silent"
    message = N_("The road service does not answer. Try again, or upload a road map.")


@dataclass(frozen=True)
class RoadService:
    """A service at an address, ``http://roads.example:5000``; a path may follow.

    :param block: places on each side of one question; OSRM answers 100 in all by default.
    :raises ValueError: unless the address is of http or https.
    """

    kind: ServiceKind
    address: str
    timeout_s: float = 20.0
    block: int = 50

    def __post_init__(self) -> None:
        parts = urlsplit(self.address)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ValueError("the road service's address needs http:// or https://")

    def matrix(self, places: Sequence[Located]) -> Matrix:
        """Return metres and seconds between all places; what has no way is UNREACHABLE.

        :raises RoadServiceSilent: if the service does not answer, or not in its own form.
        """
        size = len(places)
        distance_m = np.zeros((size, size), dtype=np.int64)
        duration_s = np.zeros((size, size), dtype=np.int64)
        for top in range(0, size, self.block):
            for left in range(0, size, self.block):
                rows = places[top : top + self.block]
                columns = places[left : left + self.block]
                metres, seconds = self._block(rows, columns)
                distance_m[top : top + self.block, left : left + self.block] = metres
                duration_s[top : top + self.block, left : left + self.block] = seconds
        np.fill_diagonal(distance_m, 0)
        np.fill_diagonal(duration_s, 0)
        return Matrix(distance_m, duration_s, source=f"{self.kind.value} roads")

    def line(self, origin: Located, target: Located) -> list[tuple[float, float]]:
        """Return latitude and longitude along the way; empty where there is none.

        :raises RoadServiceSilent: if the service does not answer, or not in its own form.
        """
        try:
            if self.kind is ServiceKind.OSRM:
                path = f"/route/v1/driving/{_pairs([origin, target])}"
                answer = self._ask(f"{path}?overview=full&geometries=geojson")
                routes = cast("list[dict[str, dict[str, list[list[float]]]]]", answer["routes"])
                points = routes[0]["geometry"]["coordinates"] if routes else []
                return [(float(lat), float(lon)) for lon, lat in points]
            answer = self._ask("/route", {"locations": _spots([origin, target]), **_TRUCK})
            trip = cast("dict[str, list[dict[str, str]]]", answer["trip"])
            return [point for leg in trip["legs"] for point in _polyline6(leg["shape"])]
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise RoadServiceSilent from error

    def _block(
        self, rows: Sequence[Located], columns: Sequence[Located]
    ) -> tuple[Figures, Figures]:
        try:
            if self.kind is ServiceKind.OSRM:
                return self._of_osrm(rows, columns)
            return self._of_valhalla(rows, columns)
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise RoadServiceSilent from error

    def _of_osrm(
        self, rows: Sequence[Located], columns: Sequence[Located]
    ) -> tuple[Figures, Figures]:
        sources = ";".join(str(number) for number in range(len(rows)))
        targets = ";".join(str(len(rows) + number) for number in range(len(columns)))
        answer = self._ask(
            f"/table/v1/driving/{_pairs([*rows, *columns])}"
            f"?annotations=distance,duration&sources={sources}&destinations={targets}"
        )
        shape = (len(rows), len(columns))
        return _whole(answer["distances"], 1.0, shape), _whole(answer["durations"], 1.0, shape)

    def _of_valhalla(
        self, rows: Sequence[Located], columns: Sequence[Located]
    ) -> tuple[Figures, Figures]:
        body = {"sources": _spots(rows), "targets": _spots(columns), **_TRUCK}
        answer = self._ask("/sources_to_targets", body)
        cells = cast("list[list[dict[str, float | None]]]", answer["sources_to_targets"])
        shape = (len(rows), len(columns))
        metres = [[cell.get("distance") for cell in row] for row in cells]
        seconds = [[cell.get("time") for cell in row] for row in cells]
        return _whole(metres, 1_000.0, shape), _whole(seconds, 1.0, shape)

    def _ask(self, path: str, body: dict[str, object] | None = None) -> dict[str, object]:
        data = None if body is None else json.dumps(body).encode()
        question = Request(self.address.rstrip("/") + path, data=data)
        question.add_header("Content-Type", "application/json")
        try:
            with _opener().open(question, timeout=self.timeout_s) as page:
                text: bytes = page.read(_MOST_ANSWER_BYTES + 1)
        except (OSError, HTTPException) as error:
            raise RoadServiceSilent from error
        answer = json.loads(text)
        if not isinstance(answer, dict):
            raise RoadServiceSilent
        return answer


# A reachable neighbourhood of 50 roads keeps a place off a fenced car park.
_TRUCK: dict[str, object] = {"costing": "truck", "units": "kilometers"}


def _spots(places: Sequence[Located]) -> list[dict[str, float]]:
    return [
        {"lat": place.lat, "lon": place.lon, "radius": 100, "minimum_reachability": 50}
        for place in places
    ]


def _pairs(places: Sequence[Located]) -> str:
    return ";".join(f"{place.lon:.6f},{place.lat:.6f}" for place in places)


def _whole(cells: object, unit: float, shape: tuple[int, int]) -> Figures:
    """Return figures rounded to whole units; what is missing has no way."""
    read = np.array(cells, dtype=np.float64)
    if read.shape != shape:
        raise ValueError(f"an answer of {read.shape} to a question of {shape}")
    there = np.isfinite(read) & (read >= 0)
    figures: Figures = np.where(there, np.rint(read * unit), UNREACHABLE).astype(np.int64)
    return figures


def _polyline6(text: str) -> list[tuple[float, float]]:
    """Decode a line in Google's polyline form with six decimals, as Valhalla sends it."""
    points: list[tuple[float, float]] = []
    at = lat = lon = 0
    while at < len(text):
        steps = []
        for _ in range(2):
            value = shift = 0
            while True:
                part = ord(text[at]) - 63
                at += 1
                value |= (part & 31) << shift
                shift += 5
                if part < 32:
                    break
            steps.append(~(value >> 1) if value & 1 else value >> 1)
        lat, lon = lat + steps[0], lon + steps[1]
        points.append((lat / 1e6, lon / 1e6))
    return points


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: object, **__: object) -> None:
        """Follow nothing: a redirect could name any host."""


def _opener() -> OpenerDirector:
    return build_opener(ProxyHandler({}), _NoRedirect())
