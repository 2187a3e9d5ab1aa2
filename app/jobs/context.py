"""What a running job is given: fenced transactions, progress, and when to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from app.jobs import leasing
from app.jobs.leasing import Lease
from app.kernel.clock import Clock
from app.kernel.database import Database
from app.kernel.errors import N_, Refusal

_ASK_EVERY_S = 1.0
_SHOW_EVERY_S = 0.5


class TryAgain(Refusal):
    """A refusal that another attempt may be spared; other refusals end their job."""

    code = "try_again"
    message = N_("This did not succeed. It is tried again.")


class JobStopped(Exception):
    """The job gives up because it was told to: cancelled, too long, or the worker ends."""


class Ending(Protocol):
    """Set when the process is to end; an event of threads or of processes."""

    def is_set(self) -> bool:
        """Return whether the process is to end."""
        ...

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end; return whether it has come."""
        ...


@dataclass
class Done:
    """What a finishing transaction keeps on the job's row."""

    result: Mapping[str, object] | None = None


class JobContext:
    """One attempt at one job.

    :param ending: set when the whole worker is to end.
    """

    def __init__(self, database: Database, clock: Clock, held: Lease, *, ending: Ending) -> None:
        self.held = held
        self.is_finished = False
        self._database = database
        self._clock = clock
        self._ending = ending
        self._stop = threading.Event()
        self._asked_at = self._shown_at = time.monotonic()
        self._shown_note: str | None = None

    @property
    def key(self) -> str:
        """The job's key; a good root for the keys of what the job creates."""
        return self.held.key

    @property
    def payload(self) -> Mapping[str, Any]:
        """What the job asks for, as it was enqueued."""
        return self.held.payload

    @property
    def cooperative_id(self) -> int | None:
        """The cooperative that the job belongs to, if it belongs to one."""
        return self.held.cooperative_id

    def now(self) -> datetime:
        """Return the present instant of the worker's clock."""
        return self._clock.now()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Yield a session that cannot write."""
        with self._database.reading() as session:
            yield session

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Yield a session for a step before the last one; such a step may be done again.

        :raises LeaseLost: at the end, with everything rolled back, if the job was
            taken over or cancelled meanwhile.
        """
        with self._database.transaction() as session:
            yield session
            session.flush()
            leasing.renew(session, self.held, at=self.now())

    @contextmanager
    def finishing(self) -> Iterator[tuple[Session, Done]]:
        """Yield the session of the effect; its commit is also the job's 'done'.

        :raises LeaseLost: at the end, with everything rolled back, if the job was
            taken over or cancelled meanwhile.
        """
        done = Done()
        with self._database.transaction() as session:
            yield session, done
            session.flush()
            leasing.finish(session, self.held, result=done.result, at=self.now())
        self.is_finished = True

    def commit_done(self, result: Mapping[str, object] | None = None) -> None:
        """Mark the job done where nothing else is left to write."""
        with self.finishing() as (_, done):
            done.result = result

    def progress(self, percent: int, note: str | None = None) -> None:
        """Show progress, 0 to 100, with a code of what is being done.

        Calls in quick succession are dropped, unless they bring another code.

        :raises LeaseLost: if the job was taken over or cancelled.
        """
        is_soon = time.monotonic() - self._shown_at < _SHOW_EVERY_S
        if is_soon and note == self._shown_note:
            return
        self._shown_at, self._shown_note = time.monotonic(), note
        with self._database.transaction() as session:
            leasing.progress(session, self.held, percent=percent, note=note, at=self.now())

    def should_stop(self) -> bool:
        """Return whether to give up; cheap enough to ask in every round of a solver."""
        if self._stop.is_set() or self._ending.is_set():
            return True
        if time.monotonic() - self._asked_at >= _ASK_EVERY_S:
            self._asked_at = time.monotonic()
            with self._database.reading() as session:
                if leasing.is_stopped(session, self.held):
                    self._stop.set()
        return self._stop.is_set()

    def stop_if_asked(self) -> None:
        """Leave the job here if it is to stop; it is then cancelled or done later.

        :raises JobStopped: if so.
        """
        if self.should_stop():
            raise JobStopped(self.key)

    def stop(self) -> None:
        """Tell the job to stop, from another thread."""
        self._stop.set()
