"""Refuse a problem that this machine cannot hold, before it tries."""

from __future__ import annotations

from pathlib import Path

from logistics.solver.refusals import TooLarge

_BYTES_PER_PAIR = 56
"""Two int64 matrices three times over (given, cut, PyVRP's own), and their neighbours."""

_MEMINFO = Path("/proc/meminfo")


def refuse_too_large(stops: int, places: int, *, there_mb: int | None = None) -> None:
    """Compare what planning needs with what is free.

    ``there_mb`` is asked of the system where it is not given; a system that does not
    say (other than Linux) is taken at its word later.

    :raises TooLarge: if the matrices would not fit.
    """
    there_mb = free_mb() if there_mb is None else there_mb
    needed_mb = places * places * _BYTES_PER_PAIR // 2**20
    if there_mb is not None and needed_mb > there_mb:
        raise TooLarge(stops=stops, needed_mb=needed_mb, free_mb=there_mb)


def free_mb() -> int | None:
    """Return the megabytes that the system has free; None where it does not say."""
    if not _MEMINFO.exists():
        return None
    for line in _MEMINFO.read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) // 1024
    return None
