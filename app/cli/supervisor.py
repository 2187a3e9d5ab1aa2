"""One process tree that starts together and ends together."""

from __future__ import annotations

import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import FrameType

from app.cli.lifeline import ENVIRONMENT
from config import ROOT

_START_S = 60.0
# A little longer than the children give themselves.
_GRACE_S = 25.0
_LOOK_S = 0.1


class ChildEnded(Exception):
    """A process of the tree ended by itself."""

    def __init__(self, name: str, code: int) -> None:
        super().__init__(f"the {name} process ended with code {code}")
        self.code = code


@dataclass(frozen=True)
class _Child:
    name: str
    process: subprocess.Popen[bytes]
    line: socket.socket


class Supervisor:
    """Starts child processes of this application and ends them with itself.

    The children keep out of the terminal's process group, so that Ctrl-C reaches
    them once, from here. If this process is killed outright, each child reads the
    end of its lifeline and ends too.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._environment = dict(environment or {})
        self._children: list[_Child] = []
        self._is_ending = False

    def __enter__(self) -> Supervisor:
        signal.signal(signal.SIGTERM, self._end)
        signal.signal(signal.SIGINT, self._end)
        return self

    def __exit__(self, *_: object) -> None:
        self._end_children()

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self._is_ending = True

    def start(self, name: str, arguments: Sequence[str]) -> None:
        """Start ``python -m app ARGUMENTS`` as a child."""
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-m", "app", *arguments],
                cwd=ROOT,
                env={**os.environ, **self._environment, ENVIRONMENT: str(theirs.fileno())},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._children.append(_Child(name, process, ours))

    def wait_until_ready(self) -> bool:
        """Wait until every child serves; return False if the end was asked for first.

        :raises ChildEnded: if one ends instead.
        :raises TimeoutError: if one is not ready after a minute.
        """
        deadline_s = time.monotonic() + _START_S
        with selectors.DefaultSelector() as waiting:
            for child in self._children:
                waiting.register(child.line, selectors.EVENT_READ, child)
            while waiting.get_map() and not self._is_ending:
                for key, _ in waiting.select(_LOOK_S):
                    if key.data.line.recv(1):
                        waiting.unregister(key.fileobj)
                self._look()
                if time.monotonic() > deadline_s:
                    raise TimeoutError(f"not ready after {_START_S:.0f} s")
        return not self._is_ending

    def wait_until_asked_to_end(self) -> None:
        """Wait for SIGTERM or SIGINT.

        :raises ChildEnded: if a child ends first.
        """
        while not self._is_ending:
            self._look()
            time.sleep(_LOOK_S)

    def _look(self) -> None:
        for child in self._children:
            code = child.process.poll()
            if code is not None and not self._is_ending:
                raise ChildEnded(child.name, code)

    def _end_children(self) -> None:
        for child in self._children:
            child.process.terminate()
        deadline_s = time.monotonic() + _GRACE_S
        for child in self._children:
            try:
                child.process.wait(max(deadline_s - time.monotonic(), 0))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()
            child.line.close()
