"""The commands of the Makefile: explained, quiet, and helpful where something is missing."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def _make(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    # This test may itself run under make, whose flags are not meant for the inner one.
    inherited = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    return subprocess.run(
        ["make", "--silent", *arguments],
        cwd=ROOT,
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_help_explains_every_command() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    commands = set(" ".join(re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)).split())
    explained = set(re.findall(r"^make ([a-z-]+) +\S", _make("help").stdout, re.MULTILINE))
    assert explained == commands


def test_a_python_without_ensurepip_names_the_one_package_to_install(tmp_path: Path) -> None:
    (tmp_path / "ensurepip.py").write_text("raise ImportError\n", encoding="utf-8")
    environment = tmp_path / "environment"
    done = _make(f"{environment}/made", f"VENV={environment}", PYTHONPATH=str(tmp_path))
    assert done.returncode != 0
    assert re.search(r"apt install python3\.\d+-venv\n", done.stderr)
    assert done.stdout == ""
    assert not environment.exists()


def test_a_machine_without_python_is_told_what_to_install(tmp_path: Path) -> None:
    environment = tmp_path / "environment"
    done = _make(f"{environment}/made", f"VENV={environment}", "PYTHONS=no-such-python")
    assert done.returncode != 0
    assert "apt install python3.11-venv" in done.stderr


def test_a_first_set_up_leaves_standard_output_to_the_command(tmp_path: Path) -> None:
    # Making a real environment takes ten seconds; what matters here is where words go.
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\ncase "$1" in -c) echo 3.11 ;; *) mkdir "$4" ;; esac\n')
    python.chmod(0o755)
    environment = tmp_path / "environment"
    done = _make(f"{environment}/made", f"VENV={environment}", f"PYTHONS={python}", HOME="")
    assert (done.returncode, done.stdout) == (0, "")
    assert "Making the environment with Python 3.11" in done.stderr
    assert (environment / "made").exists()
