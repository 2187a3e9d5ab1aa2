"""Things the code does not do: swallow errors, promise work, read settings anywhere."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.tidy.source import PRODUCT, ROOT, project_files, syntax_trees

TEXT_SUFFIXES = {".py", ".html", ".js", ".css", ".md", ".txt", ".toml", ".sql"}
# Written in two parts, because this file is looked through as well.
UNFINISHED = ("TO" + "DO", "FIX" + "ME", "XX" + "X:", "<<<<" + "<<< ", ">>>>" + ">>> ")
MAY_READ_SETTINGS = ("app/factory", "app/worker", "app/cli")


def _catches_everything(handler: ast.ExceptHandler) -> bool:
    caught = handler.type
    kinds = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(
        kind is None or (isinstance(kind, ast.Name) and kind.id == "Exception") for kind in kinds
    )


def test_nothing_catches_every_exception() -> None:
    assert [
        f"{file}:{node.lineno}"
        for file, tree in syntax_trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and _catches_everything(node)
    ] == []


def test_nothing_is_left_for_later() -> None:
    assert [
        f"{file}:{number}"
        for file in project_files()
        if file.suffix in TEXT_SUFFIXES
        for number, line in enumerate((ROOT / file).read_text(encoding="utf-8").splitlines(), 1)
        if any(word in line for word in UNFINISHED)
    ] == []


def _imported_roots(tree: ast.Module) -> set[str]:
    roots: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            roots.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            roots.add(node.module.split(".")[0])
    return roots


def _may_read_settings(file: Path) -> bool:
    return file.as_posix().startswith(MAY_READ_SETTINGS)


def test_only_the_composition_roots_read_the_settings() -> None:
    assert [
        str(file)
        for file, tree in syntax_trees().items()
        if file.parts[0] in PRODUCT
        if "config" in _imported_roots(tree) and not _may_read_settings(file)
    ] == []
