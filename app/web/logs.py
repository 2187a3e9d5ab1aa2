"""One structured line per request, under an id that its reply carries too."""

from __future__ import annotations

import re
import time
import uuid

import structlog
from flask import Flask, Response, g, request

_log = structlog.get_logger("web")
_GIVEN = re.compile(r"[A-Za-z0-9-]{8,64}")


def install(app: Flask) -> None:
    """Bind a request id at the start and log status and duration at the end."""

    @app.before_request
    def begin() -> None:
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if _GIVEN.fullmatch(given) else uuid.uuid4().hex
        g.began = time.monotonic()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.after_request
    def finish(response: Response) -> Response:
        if "request_id" not in g:
            return response
        response.headers["X-Request-Id"] = g.request_id
        if request.endpoint != "static":
            _log.info(
                "request",
                method=request.method,
                path=_path(),
                status=response.status_code,
                duration_ms=round((time.monotonic() - g.began) * 1000),
            )
        return response


def _path() -> str:
    """Return the path without what opens an account: no query, and no code in it."""
    code = (request.view_args or {}).get("code")
    return request.path.replace(str(code), "<code>") if code else request.path
