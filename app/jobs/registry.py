"""Which function does which kind of job, and within which bounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from app.jobs.context import JobContext
from app.jobs.leasing import MAX_FAILURES

Handler = Callable[[JobContext], None]
Result = Mapping[str, object] | None


class Effect(Protocol):
    """Work that fits one transaction: a service as the pages call it."""

    def __call__(self, session: Session, *, payload: Mapping[str, Any], at: datetime) -> Result:
        """Do the work in the caller's transaction and return what to keep of it."""
        ...


@dataclass(frozen=True)
class Kind:
    """A kind of job.

    :param limit_s: seconds after which the worker is told to stop and its lease ends.
    """

    name: str
    handler: Handler
    limit_s: int
    max_failures: int


class Registry:
    """The kinds that this process can do; built once, where the process is composed."""

    def __init__(self) -> None:
        self._kinds: dict[str, Kind] = {}

    def add(
        self, name: str, handler: Handler, *, limit_s: int = 1200, max_failures: int = MAX_FAILURES
    ) -> None:
        """Register a handler that opens its own transactions (a solve, a gateway call).

        :raises ValueError: if the name is taken.
        """
        if name in self._kinds:
            raise ValueError(f"two handlers for {name}")
        self._kinds[name] = Kind(name, handler, limit_s, max_failures)

    def add_effect(
        self, name: str, effect: Effect, *, limit_s: int = 120, max_failures: int = MAX_FAILURES
    ) -> None:
        """Register a service that does all of the job in one transaction.

        :raises ValueError: if the name is taken.
        """

        def handler(context: JobContext) -> None:
            with context.finishing() as (session, done):
                done.result = effect(session, payload=context.payload, at=context.now())

        self.add(name, handler, limit_s=limit_s, max_failures=max_failures)

    def kind(self, name: str) -> Kind:
        """Return a kind.

        :raises LookupError: if nothing is registered under the name.
        """
        return self._kinds[name]

    def max_failures(self, name: str) -> int:
        """Return how often a kind may fail; an unknown one waits for a newer worker."""
        kind = self._kinds.get(name)
        return MAX_FAILURES if kind is None else kind.max_failures
