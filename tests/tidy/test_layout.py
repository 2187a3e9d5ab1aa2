"""What lies at the top, what is depended on, and what the layer contracts cover."""

from __future__ import annotations

import json
import re

from tests.tidy.source import PRODUCT, ROOT, project_files, pyproject

TOP = {
    *("app", "farmers", "logistics", "static", "config.py", "requirements.txt", "tests"),
    *("migrations", "docs", "benchmarks", "pyproject.toml", "Makefile"),
    *("README.md", "CHANGELOG.md", "LICENSE"),
}
# The packages that may know the web, the task queue and the settings.
OUTER = {
    "app.__main__",
    "app.api",
    "app.cli",
    "app.factory",
    "app.pages",
    "app.tasks",
    "app.web",
    "app.worker",
    "farmers.pages",
    "logistics.pages",
}


def test_nothing_but_the_agreed_files_lies_at_the_top() -> None:
    top = {file.parts[0] for file in project_files()}
    assert {name for name in top if not name.startswith(".")} - TOP == set()


def _direct_dependencies() -> set[str]:
    project = pyproject()
    pinned = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    browser = json.loads((ROOT / "static" / "package.json").read_text(encoding="utf-8"))
    return {
        *(re.split(r"[\[=]", line)[0] for line in pinned),
        *browser["dependencies"],
        *browser["devDependencies"],
    }


def test_each_direct_dependency_has_a_line_that_gives_its_reason() -> None:
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| ([@a-z][@a-z0-9/-]*) \|", text, flags=re.MULTILINE))
    assert documented - {"package"} == _direct_dependencies()


def test_each_direct_dependency_is_pinned() -> None:
    project = pyproject()
    pinned = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    assert [line for line in pinned if "==" not in line] == []


def _packages() -> set[str]:
    return {
        f"{file.parts[0]}.{file.parts[1].removesuffix('.py')}"
        for file in project_files()
        if file.suffix == ".py" and file.parts[0] in PRODUCT and file.parts[1] != "__init__.py"
    }


def test_every_package_inside_is_kept_from_the_web_and_the_task_queue() -> None:
    contracts = pyproject()["tool"]["importlinter"]["contracts"]
    domain = next(contract for contract in contracts if contract["id"] == "domain")
    assert _packages() - OUTER == set(domain["source_modules"])
