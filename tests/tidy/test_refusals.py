"""Every refusal can be told apart by machines and explained to people."""

from __future__ import annotations

import importlib
import pkgutil
from collections import Counter

from app.kernel.errors import Refusal
from tests.tidy.source import PRODUCT


def _all_refusals() -> list[type[Refusal]]:
    for package in PRODUCT:
        path = importlib.import_module(package).__path__
        for module in pkgutil.walk_packages(path, f"{package}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    found: list[type[Refusal]] = []
    waiting = [Refusal]
    while waiting:
        refusal = waiting.pop()
        # Refusals that a test made for itself are its own affair.
        if refusal.__module__.split(".")[0] in PRODUCT:
            found.append(refusal)
        waiting.extend(refusal.__subclasses__())
    return found


def test_every_refusal_has_a_code_of_its_own() -> None:
    without = [refusal.__name__ for refusal in _all_refusals() if "code" not in vars(refusal)]
    assert without == []
    codes = Counter(refusal.code for refusal in _all_refusals())
    assert {code: count for code, count in codes.items() if count > 1} == {}
