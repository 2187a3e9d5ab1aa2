"""The line between the supervisor and its processes: ready goes up, the end comes down.

A child holds one end of a socket pair. It sends a byte when it serves, and reads
the end of the line when the supervisor is gone, even if that was killed outright.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
import time

ENVIRONMENT = "FARMGATE_LIFELINE"
_GRACE_S = 20.0


class Lifeline:
    """A child's end of the line; without a supervisor it does nothing."""

    def __init__(self) -> None:
        number = os.environ.pop(ENVIRONMENT, None)
        self._socket = None if number is None else socket.socket(fileno=int(number))

    def hold(self) -> None:
        """End this process, in good order and then by force, when the supervisor ends."""
        if self._socket is not None:
            threading.Thread(target=self._watch, name="lifeline", daemon=True).start()

    def report_ready(self) -> None:
        """Tell the supervisor that this process serves now."""
        if self._socket is not None:
            self._socket.sendall(b"r")

    def _watch(self) -> None:
        assert self._socket is not None
        try:
            while self._socket.recv(1):
                pass
        except ConnectionError:
            pass
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_GRACE_S)
        os._exit(1)
