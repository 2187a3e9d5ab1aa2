"""How long the search may go on: by the clock, by iterations, or until told to stop."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

Stop = Callable[[], bool]


@dataclass
class Limit:
    """The end of a search. Only a limit by iterations gives the same plan twice.

    ``deadline`` is a reading of ``time.perf_counter``.
    """

    deadline: float | None = None
    iterations: int | None = None
    stop: Stop | None = None
    used: int = 0
    """Iterations spent so far, over all searches under this limit."""

    @classmethod
    def of(cls, *, seconds: float | None, iterations: int | None, stop: Stop | None) -> Limit:
        """Return a limit that starts now.

        :raises ValueError: unless seconds, iterations or both are given.
        """
        if seconds is None and iterations is None:
            raise ValueError("a search needs a limit: seconds or iterations")
        deadline = None if seconds is None else time.perf_counter() + seconds
        return cls(deadline=deadline, iterations=iterations, stop=stop)

    def shorten(self, seconds: float) -> None:
        """End earlier, as there is work to do after the search."""
        if self.deadline is not None:
            self.deadline -= seconds

    def reached(self) -> bool:
        """Return whether the search must end."""
        if self.iterations is not None and self.used >= self.iterations:
            return True
        if self.deadline is not None and time.perf_counter() >= self.deadline:
            return True
        return self.stop is not None and self.stop()

    def overrun(self, grace_s: float = 1.0) -> bool:
        """Return whether work handed out should be given up: stopped, or far too late."""
        if self.deadline is not None and time.perf_counter() >= self.deadline + grace_s:
            return True
        return self.stop is not None and self.stop()

    def seconds_left(self) -> float:
        """Return the seconds left; infinite without a deadline."""
        if self.deadline is None:
            return float("inf")
        return max(0.0, self.deadline - time.perf_counter())
