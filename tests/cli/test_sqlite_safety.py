"""Which SQLite versions may let a checkpoint and a commit meet."""

from __future__ import annotations

import pytest

from app.cli.sqlite_safety import has_safe_checkpoints, sqlite_way


@pytest.mark.parametrize(
    ("version", "is_safe"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 60, 0), True),
    ],
)
def test_versions_with_the_repair_are_known(version: tuple[int, ...], is_safe: bool) -> None:
    assert has_safe_checkpoints(version) is is_safe
    assert ("serialised" in sqlite_way(version)) is not is_safe
