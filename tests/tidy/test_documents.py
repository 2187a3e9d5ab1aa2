"""The documents name what is there: settings, files, commands."""

from __future__ import annotations

import re

from app.__main__ import cli
from tests.tidy.source import ROOT, project_files

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
# Made at set-up or at the first start.
MADE = ("instance", "static/node_modules", ".venv")


def _text() -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in DOCUMENTS}


def test_the_table_of_settings_is_that_of_the_code() -> None:
    code = (ROOT / "config.py").read_text(encoding="utf-8")
    read = set(re.findall(r'read\.\w+\(\s*"([A-Z_]+)"', code))
    told = re.findall(r"^\| `FARMGATE_([A-Z_]+)` \|", _text()["operating.md"], re.MULTILINE)
    assert sorted(told) == sorted(read)


def test_every_file_that_a_document_names_exists() -> None:
    files = {file.as_posix() for file in project_files()}
    folders = {parent.as_posix() for file in project_files() for parent in file.parents}
    missing = [
        f"{document}: {named}"
        for document, text in _text().items()
        for named in re.findall(
            r"`((?:app|farmers|logistics|static|tests|migrations|benchmarks|docs)/[\w./*-]*)`", text
        )
        if not named.startswith(MADE)
        and "*" not in named
        and named.rstrip("/") not in files | folders
    ]
    assert missing == []


def test_every_command_that_a_document_names_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))
    for document, text in _text().items():
        code = "\n".join(re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL))
        assert set(re.findall(r"\bmake (?:-s )?([a-z-]+)", code)) <= targets, document
        assert set(re.findall(r"python -m app ([a-z-]+)", code)) <= set(cli.commands), document


def test_every_link_within_the_project_leads_somewhere() -> None:
    broken = [
        f"{path.name}: {target}"
        for path in DOCUMENTS
        for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8"))
        if "://" not in target and not (path.parent / target).exists()
    ]
    assert broken == []
