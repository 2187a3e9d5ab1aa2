"""Structured logs: JSON lines for machines, short lines for a terminal."""

from __future__ import annotations

import logging
import sys

import structlog
from structlog.typing import Processor

# Libraries that tell every step of their own day.
_QUIET = ("alembic", "amqp", "celery", "kombu")


def configure_logs(level: str = "info", *, as_json: bool | None = None) -> None:
    """Send structlog's and the standard library's records to standard error alike.

    What a request or a job binds with ``structlog.contextvars`` (a request id, a
    job key) stands on every line of it.

    :param as_json: nothing means JSON unless standard error is a terminal.
    """
    if as_json is None:
        as_json = not sys.stderr.isatty()
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=_last_steps(as_json)
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _last_steps(as_json: bool) -> list[Processor]:
    strip = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if as_json:
        plain_trace = structlog.processors.format_exc_info
        return [strip, plain_trace, structlog.processors.JSONRenderer(ensure_ascii=False)]
    # The default shows every local variable of a traceback: PINs and keys among them.
    return [
        strip,
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
