"""A slow line between two network namespaces: real TCP and TLS, with delay and rate.

Two TUN devices, one here and one in a namespace of its own, and a process that carries
each packet across when its time has come. It needs Linux, /dev/net/tun and the right to
make a namespace (root); nothing of the machine's own network is touched.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from collections import deque
from pathlib import Path
from types import TracebackType

SERVER, CLIENT = "10.213.71.1", "10.213.71.2"
MTU = 1400
_NEW_NETWORK = 0x40000000
_TUNSETIFF, _TUN_WITHOUT_HEADER = 0x400454CA, 0x1001
_SET_ADDRESS, _SET_MASK, _SET_FLAGS, _SET_MTU = 0x8916, 0x891C, 0x8914, 0x8922
_UP_AND_RUNNING = 0x41
_PATIENCE_S = 10


class NoLink(Exception):
    """This machine does not let us make such a line; the text says why."""


class Link:
    """The line while it stands; commands begun with :meth:`beyond` are at its far end."""

    def __init__(self, *, kbps: int, round_trip_ms: int) -> None:
        self._command = [sys.executable, "-m", "benchmarks.phone.link", str(kbps)]
        self._command.append(str(round_trip_ms))

    def __enter__(self) -> Link:
        """Make the line.

        :raises NoLink: if that is not possible here.
        """
        self._process = subprocess.Popen(
            self._command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        if self._process.stdout.readline().strip() != "ready":
            _, trouble = self._process.communicate(timeout=_PATIENCE_S)
            raise NoLink((trouble.strip().splitlines() or ["no reason given"])[-1])
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Take the line down, and its namespace with it."""
        self._process.terminate()
        self._process.wait(timeout=_PATIENCE_S)

    def beyond(self, *command: str) -> list[str]:
        """Return the command that runs another at the phone's end of the line."""
        return ["nsenter", f"--net=/proc/{self._process.pid}/ns/net", *command]

    def cut(self) -> None:
        """Let no packet through until it is cut again: nothing fails, nothing arrives."""
        self._process.send_signal(signal.SIGUSR1)


def carry(kbps: int, round_trip_ms: int) -> None:
    """Make both ends, say ``ready``, and carry packets until this process is ended."""
    here = _end("fg-server", SERVER)
    library = ctypes.CDLL(None, use_errno=True)
    if library.unshare(_NEW_NETWORK):
        raise NoLink(os.strerror(ctypes.get_errno()))
    there = _end("fg-phone", CLIENT)
    cut = [False]
    signal.signal(signal.SIGUSR1, lambda *_: cut.__setitem__(0, not cut[0]))
    print("ready", flush=True)
    ways = {here: _Way(there, kbps, round_trip_ms), there: _Way(here, kbps, round_trip_ms)}
    while True:
        due = min((way.due_at for way in ways.values()), default=float("inf"))
        wait_s = max(0.0, due - time.monotonic()) if due != float("inf") else None
        for end in select.select(list(ways), [], [], wait_s)[0]:
            packet = os.read(end, MTU + 100)
            if not cut[0]:
                ways[end].take(packet)
        for way in ways.values():
            way.deliver()


class _Way:
    """One direction: packets leave one after the other at the rate, and arrive later."""

    def __init__(self, to: int, kbps: int, round_trip_ms: int) -> None:
        self._to, self._late_s = to, round_trip_ms / 2_000
        self._bytes_per_s = kbps * 1_000 / 8
        self._free_at = 0.0
        self._under_way: deque[tuple[float, bytes]] = deque()

    @property
    def due_at(self) -> float:
        return self._under_way[0][0] if self._under_way else float("inf")

    def take(self, packet: bytes) -> None:
        self._free_at = max(self._free_at, time.monotonic()) + len(packet) / self._bytes_per_s
        self._under_way.append((self._free_at + self._late_s, packet))

    def deliver(self) -> None:
        while self.due_at <= time.monotonic():
            os.write(self._to, self._under_way.popleft()[1])


def _end(name: str, address: str) -> int:
    tun = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tun, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _TUN_WITHOUT_HEADER))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        for request, value in ((_SET_ADDRESS, address), (_SET_MASK, "255.255.255.252")):
            where = struct.pack("HH4s8x", socket.AF_INET, 0, socket.inet_aton(value))
            fcntl.ioctl(asking, request, struct.pack("16s16s8x", name.encode(), where))
        fcntl.ioctl(asking, _SET_MTU, struct.pack("16si20x", name.encode(), MTU))
        fcntl.ioctl(asking, _SET_FLAGS, struct.pack("16sh22x", name.encode(), _UP_AND_RUNNING))
        if name == "fg-phone":
            fcntl.ioctl(asking, _SET_FLAGS, struct.pack("16sh22x", b"lo", _UP_AND_RUNNING))
    return tun


def why_not() -> str:
    """Return why no line can be made here, or nothing."""
    if not Path("/dev/net/tun").exists():
        return "there is no /dev/net/tun"
    try:
        with Link(kbps=1_000, round_trip_ms=1):
            return ""
    except (NoLink, OSError) as reason:
        return str(reason)


if __name__ == "__main__":
    carry(int(sys.argv[1]), int(sys.argv[2]))
