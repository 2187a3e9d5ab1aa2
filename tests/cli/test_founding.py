"""A real cooperative's first minute: founded once, with a link for its first manager."""

from __future__ import annotations

import re
from pathlib import Path

from click.testing import CliRunner, Result

from app.cli import cli, preparing
from app.kernel.database import Database
from app.models import Cooperative, Person, Role
from app.people import codes
from config import Config


def _run(folder: Path, *options: str) -> Result:
    environment = {"FARMGATE_INSTANCE_DIR": str(folder), "FARMGATE_DEMO": "off"}
    return CliRunner().invoke(cli, ["found", *options], env=environment)


def _counts(folder: Path) -> tuple[int, int, int]:
    database = Database(f"sqlite:///{folder / 'farmgate.db'}")
    with database.reading() as session:
        rows = (session.query(table).count() for table in (Cooperative, Person, Role))
        found = (next(rows), next(rows), next(rows))
    database.dispose()
    return found


def test_a_cooperative_is_founded_once_and_each_call_prints_a_good_link(tmp_path: Path) -> None:
    options = ("--name", "恩施高山合作社", "--manager", "Luo Jie")
    first = _run(tmp_path, *options)
    assert first.exit_code == 0, first.output
    second = _run(tmp_path, *options)
    assert "was founded before" in second.output
    assert _counts(tmp_path) == (1, 1, 1)
    database = Database(f"sqlite:///{tmp_path / 'farmgate.db'}")
    for printed in (first.output, second.output):
        code = re.search(r"/enrol/(\d{12})", printed)
        assert code is not None
        with database.reading() as session:
            assert codes.owner(session, code=code[1]).name == "Luo Jie"
    database.dispose()


def test_words_that_cannot_be_are_refused_and_nothing_is_founded(tmp_path: Path) -> None:
    for wrong in (
        ("--country", "XQ"),
        ("--currency", "YEN"),
        ("--time-zone", "Enshi"),
        ("--languages", ","),
    ):
        done = _run(tmp_path, "--name", "Enshi Hills", "--manager", "Luo Jie", *wrong)
        assert done.exit_code == 1
        assert done.output.startswith("Error: ")
    assert _counts(tmp_path) == (0, 0, 0)


def test_an_empty_installation_without_the_demo_says_how_to_found(tmp_path: Path) -> None:
    variables = {"FARMGATE_INSTANCE_DIR": str(tmp_path), "FARMGATE_DEMO": "off"}
    config = Config.from_environment(variables)
    assert preparing.HOW_TO_FOUND in preparing.prepare(config)
    assert _run(tmp_path, "--name", "Enshi Hills", "--manager", "Luo Jie").exit_code == 0
    assert preparing.HOW_TO_FOUND not in preparing.prepare(config)
