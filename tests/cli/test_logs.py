"""Logs: one JSON line a record, with what the request bound and without locals."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from app.cli.logs import configure_logs


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    yield
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    structlog.reset_defaults()


def test_both_kinds_of_logger_write_the_same_json(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(as_json=True)
    with structlog.contextvars.bound_contextvars(request="r-1"):
        structlog.get_logger("market").info("cleared", lots=3)
        logging.getLogger("market").warning("late by %d min", 5)
    ours, theirs = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (ours["event"], ours["lots"], ours["request"]) == ("cleared", 3, "r-1")
    assert (theirs["event"], theirs["level"]) == ("late by 5 min", "warning")
    assert theirs["request"] == "r-1"
    assert ours.keys() - {"lots"} == theirs.keys()


@pytest.mark.parametrize("as_json", [True, False])
def test_a_traceback_shows_no_local_variables(
    capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    configure_logs(as_json=as_json)
    pin = "4711"
    try:
        raise ZeroDivisionError("by what")
    except ZeroDivisionError:
        structlog.get_logger("market").exception("failed")
    said = capsys.readouterr().err
    assert "ZeroDivisionError: by what" in said
    assert pin not in said.replace('pin = "4711"', "")
