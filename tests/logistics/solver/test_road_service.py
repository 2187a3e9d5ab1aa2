"""A road service of one's own: asked in blocks, believed only in its own form."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from logistics.solver.matrix import UNREACHABLE
from logistics.solver.problem import Place
from logistics.solver.roads.service import RoadService, RoadServiceSilent, ServiceKind

PLACES = [Place(30.0, 109.0), Place(30.1, 109.0), Place(30.2, 109.0)]


@contextmanager
def serving(answer: Callable[[str, bytes], tuple[int, Any]]) -> Iterator[str]:
    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply(b"")

        def do_POST(self) -> None:
            self._reply(self.rfile.read(int(self.headers["Content-Length"])))

        def _reply(self, body: bytes) -> None:
            status, found = answer(self.path, body)
            self.send_response(status)
            if status == 302:
                self.send_header("Location", found)
            self.end_headers()
            self.wfile.write(json.dumps(found).encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def osrm(path: str, _: bytes) -> tuple[int, Any]:
    parts = urlsplit(path)
    lats = [float(pair.split(",")[1]) for pair in parts.path.split("/")[-1].split(";")]
    asked = parse_qs(parts.query)
    rows, columns = (
        [lats[int(at)] for at in asked[name][0].split(";")] for name in ("sources", "destinations")
    )
    # The last place has no way to it.
    metres = [[None if c > 30.15 > r else abs(r - c) * 1e5 for c in columns] for r in rows]
    seconds = [[None if m is None else m / 10 for m in row] for row in metres]
    return 200, {"code": "Ok", "distances": metres, "durations": seconds}


def test_osrm_answers_in_blocks_and_what_has_no_way_is_unreachable() -> None:
    with serving(osrm) as address:
        matrix = RoadService(ServiceKind.OSRM, address, block=2).matrix(PLACES)
    assert matrix.distance_m[0, 1] == 10_000
    assert matrix.duration_s[1, 0] == 1_000
    assert matrix.distance_m[0, 2] == UNREACHABLE
    assert matrix.distance_m[2, 0] == 20_000
    assert not matrix.estimated


def test_valhalla_answers_in_kilometres() -> None:
    def valhalla(path: str, body: bytes) -> tuple[int, Any]:
        asked = json.loads(body)
        assert path == "/sources_to_targets" and asked["costing"] == "truck"
        row = [{"distance": 1.234, "time": 60} for _ in asked["targets"]]
        return 200, {"sources_to_targets": [row for _ in asked["sources"]]}

    with serving(valhalla) as address:
        matrix = RoadService(ServiceKind.VALHALLA, address).matrix(PLACES)
    assert matrix.distance_m[0, 1] == 1_234
    assert matrix.distance_m[1, 1] == 0


def test_the_line_of_a_way_is_read_from_both() -> None:
    def route(path: str, _: bytes) -> tuple[int, Any]:
        if path == "/route":
            return 200, {"trip": {"legs": [{"shape": "_c`|@_gqkiE"}]}}
        line = {"coordinates": [[109.0, 30.0], [109.1, 30.1]]}
        return 200, {"routes": [{"geometry": line}]}

    with serving(route) as address:
        line = RoadService(ServiceKind.OSRM, address).line(PLACES[0], PLACES[1])
        assert line == [(30.0, 109.0), (30.1, 109.1)]
        assert len(RoadService(ServiceKind.VALHALLA, address).line(PLACES[0], PLACES[1])) == 1


@pytest.mark.parametrize(
    "answer",
    [
        (500, {}),
        (302, "http://127.0.0.1:9/"),
        (200, {"distances": [[1]], "durations": [[1]]}),
        (200, []),
        (200, {"distances": "x", "durations": None}),
    ],
)
def test_anything_else_counts_as_silence(answer: tuple[int, Any]) -> None:
    with serving(lambda *_: answer) as address, pytest.raises(RoadServiceSilent):
        RoadService(ServiceKind.OSRM, address).matrix(PLACES)


def test_no_service_at_the_address_is_silence_too() -> None:
    with pytest.raises(RoadServiceSilent):
        RoadService(ServiceKind.OSRM, "http://127.0.0.1:9", timeout_s=1).matrix(PLACES)
