"""The project's own files, as the tests on the source itself see them."""

from __future__ import annotations

import ast
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PRODUCT = ("app", "farmers", "logistics")


@cache
def project_files() -> tuple[Path, ...]:
    """Return every file that is or would be committed, relative to the root."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    files = (Path(name) for name in listed.split("\0") if name)
    return tuple(sorted(file for file in set(files) if (ROOT / file).is_file()))


def python_modules() -> Iterator[tuple[Path, str]]:
    """Yield each Python file and its text, but not the migrations, which are history."""
    for file in project_files():
        if file.suffix == ".py" and file.parts[0] != "migrations":
            yield file, (ROOT / file).read_text(encoding="utf-8")


@cache
def syntax_trees() -> dict[Path, ast.Module]:
    """Return the syntax tree of each Python file."""
    return {file: ast.parse(text) for file, text in python_modules()}


@cache
def pyproject() -> dict[str, Any]:
    """Return what pyproject.toml says."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
