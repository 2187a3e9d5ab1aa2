"""A module has one duty and a function fits a screen."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.tidy.source import python_modules, syntax_trees

LONGEST_MODULE = 300
LONGEST_FUNCTION = 60
# A test tells one story, and some stories are a whole market day long.
LONGEST_TEST_MODULE = 400
LONGEST_TEST = 120


def test_no_module_is_longer_than_one_duty_needs() -> None:
    too_long = {
        str(file): text.count("\n")
        for file, text in python_modules()
        if text.count("\n") > (LONGEST_TEST_MODULE if _is_test(file) else LONGEST_MODULE)
    }
    assert too_long == {}


def test_every_function_fits_a_screen() -> None:
    too_long = {
        f"{file}: {node.name}": _lines(node)
        for file, tree in syntax_trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if _lines(node) > (LONGEST_TEST if _is_test(file) else LONGEST_FUNCTION)
    }
    assert too_long == {}


def _is_test(file: Path) -> bool:
    return file.parts[0] == "tests"


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1
