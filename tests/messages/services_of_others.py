"""Stub services on this machine: a text gateway and a push service that can misbehave."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DROP = 0


@dataclass
class Stub:
    """A server that notes what it gets and answers as it is told.

    :param answer: a status; ``DROP`` closes the connection without an answer.
    """

    url: str = ""
    answer: int = 200
    body: str = "accepted"
    waits_s: float = 0.0
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


@contextmanager
def stub_service() -> Iterator[Stub]:
    """Yield a running stub."""
    stub, ending = Stub(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            stub.got.append((self.path, headers, self.rfile.read(length)))
            if stub.waits_s:
                ending.wait(stub.waits_s)
            if stub.answer == DROP:
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            self.send_response(stub.answer)
            if stub.answer == 302:
                self.send_header("Location", "/elsewhere")
            text = stub.body.encode()
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    stub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield stub
    ending.set()
    server.shutdown()
    server.server_close()
    thread.join()


def closed_port() -> str:
    """Return an address that nothing listens at."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}/"
