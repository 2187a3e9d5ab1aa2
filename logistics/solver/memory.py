"""Refuse a problem that this machine cannot hold, before it tries."""

from __future__ import annotations

from pathlib import Path

from logistics.solver.refusals import TooLarge

_BYTES_PER_PAIR = 56
"""Two int64 matrices three times over (given, cut, PyVRP's own), and their neighbours."""

_MEMINFO = Path("/proc/meminfo")


def refuse_too_large(stops: int, places: int, *, free_mb: int | None = None) -> None:
    """Compare what planning needs with what is free.

    ``free_mb`` is asked of the system where it is not given; a system that does not
    say (other than Linux) is taken at its word later.

    :raises TooLarge: if the matrices would not fit.
    """
    free_mb = _free_mb() if free_mb is None else free_mb
    needed_mb = places * places * _BYTES_PER_PAIR // 2**20
    if free_mb is not None and needed_mb > free_mb:
        raise TooLarge(stops=stops, needed_mb=needed_mb, free_mb=free_mb)


def _free_mb() -> int | None:
    if not _MEMINFO.exists():
        return None
    for line in _MEMINFO.read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) // 1024
    return None
