"""The pages over TLS, and beside them a plain door that shows one page: how to trust."""

from __future__ import annotations

import signal
import ssl
import threading
from collections.abc import Callable, Iterable
from types import FrameType
from typing import TYPE_CHECKING

from cheroot.ssl.builtin import BuiltinSSLAdapter
from cheroot.wsgi import Server

from app.cli.certificates import TlsFiles

if TYPE_CHECKING:
    import socket

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

TRUST_PATH = "/trust"
_IDLE_S = 20


class _LateHandshake(BuiltinSSLAdapter):
    """Leaves the handshake to the thread that reads the request.

    The library would shake hands where it accepts, and one phone that falls silent in
    a dead spot would keep everybody else waiting.
    """

    def wrap(self, sock: socket.socket) -> tuple[ssl.SSLSocket, dict[str, str]]:
        """Return the socket, still without a handshake, and what WSGI is told of it."""
        wrapped = self.context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        return wrapped, {"wsgi.url_scheme": "https", "HTTPS": "on"}


class Door:
    """Lets plain requests see how to trust this installation, and nothing else of it."""

    def __init__(self, pages: WSGIApplication) -> None:
        self._pages = pages

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        path = str(environ.get("PATH_INFO", ""))
        is_shown = path == TRUST_PATH or path.startswith((f"{TRUST_PATH}/", "/static/"))
        if is_shown and environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            return self._pages(environ, start_response)
        start_response("302 Found", [("Location", TRUST_PATH), ("Content-Length", "0")])
        return [b""]


def serve(
    pages: WSGIApplication,
    *,
    host: str,
    port: int,
    door_port: int,
    threads: int,
    files: TlsFiles,
    report_ready: Callable[[], None],
) -> None:
    """Serve until SIGTERM or SIGINT, then finish the requests that are under way.

    :raises OSError: if a port cannot be used.
    """
    secure = Server((host, port), pages, numthreads=threads, timeout=_IDLE_S)
    secure.ssl_adapter = _LateHandshake(str(files.certificate), str(files.key))
    secure.ssl_adapter.context.minimum_version = ssl.TLSVersion.TLSv1_2
    door = Server((host, door_port), Door(pages), numthreads=2, timeout=_IDLE_S)
    ending = threading.Event()

    def leave(_number: int, _frame: FrameType | None) -> None:
        ending.set()

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
    servers = (secure, door)
    for server in servers:
        server.prepare()
    serving = [threading.Thread(target=server.serve) for server in servers]
    for thread in serving:
        thread.start()
    report_ready()
    ending.wait()
    for server in servers:
        server.stop()
    for thread in serving:
        thread.join()
