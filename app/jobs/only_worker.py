"""One embedded worker for one SQLite database, and never two."""

from __future__ import annotations

import fcntl
import time
from pathlib import Path


class WorkerRuns(Exception):
    """Another worker process already serves this database."""


class OnlyWorker:
    """Holds a file's lock for as long as the process lives, however it ends.

    Whoever holds it knows that no other worker does, so every lease in the
    database is that of a dead one.
    """

    def __init__(self, database_path: Path) -> None:
        path = database_path.with_name(database_path.name + ".worker")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab")

    def take(self, *, patience_s: float) -> None:
        """Take the lock, waiting a while for a predecessor that is about to end.

        :raises WorkerRuns: if somebody still holds it then.
        """
        deadline_s = time.monotonic() + patience_s
        while not self._is_taken():
            if time.monotonic() >= deadline_s:
                raise WorkerRuns
            time.sleep(0.05)

    def _is_taken(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def give_back(self) -> None:
        """Give the lock back before the process ends."""
        self._file.close()
