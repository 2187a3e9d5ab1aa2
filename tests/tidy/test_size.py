"""A module has one duty and a function fits a screen."""

from __future__ import annotations

import ast

from tests.tidy.source import python_modules, syntax_trees

LONGEST_MODULE = 300
LONGEST_FUNCTION = 60


def test_no_module_is_longer_than_one_duty_needs() -> None:
    lengths = {str(file): text.count("\n") for file, text in python_modules()}
    assert {file: length for file, length in lengths.items() if length > LONGEST_MODULE} == {}


def test_every_function_fits_a_screen() -> None:
    lengths = {
        f"{file}: {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for file, tree in syntax_trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}
