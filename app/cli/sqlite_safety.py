"""Which safe way this machine's SQLite allows."""

from __future__ import annotations

import sqlite3

# https://www.sqlite.org/wal.html#walresetbug: fixed in 3.51.3 and carried back to two others.
_FIXED = (3, 51, 3)
_FIXED_BRANCHES = ((3, 44, 6), (3, 50, 7))

Version = tuple[int, ...]


def has_safe_checkpoints(version: Version = sqlite3.sqlite_version_info) -> bool:
    """Return whether a checkpoint and a commit may meet in this version without harm."""
    return version >= _FIXED or any(
        version[:2] == branch[:2] and version >= branch for branch in _FIXED_BRANCHES
    )


def sqlite_way(version: Version = sqlite3.sqlite_version_info) -> str:
    """Return a line that names the version and how writes are kept safe on it.

    Commits, and the checkpoints they start, always wait for each other behind one
    lock (:mod:`app.kernel.database`); what differs is whether that is needed.
    """
    number = ".".join(str(part) for part in version)
    if has_safe_checkpoints(version):
        return f"SQLite {number}: write-ahead log, full sync."
    return (
        f"SQLite {number}: write-ahead log, full sync; checkpoints are serialised with commits, "
        "because versions before 3.51.3 can damage a database when the two meet."
    )
