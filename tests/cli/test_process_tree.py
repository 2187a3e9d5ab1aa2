"""`python -m app run` is one tree: it starts together and ends together."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60


@dataclass
class Tree:
    """A running application, its log and its children by command."""

    supervisor: subprocess.Popen[str]
    url: str
    children: dict[str, int]

    def is_gone(self) -> bool:
        """Return whether no process of the tree lives."""
        return not any(_is_alive(pid) for pid in self.children.values())


def _is_alive(pid: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return bool(state.stdout.strip()) and not state.stdout.startswith("Z")


def _children(pid: int) -> dict[str, int]:
    table = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    ).stdout
    rows = (line.split(maxsplit=2) for line in table.splitlines())
    return {row[2].split()[-1]: int(row[0]) for row in rows if int(row[1]) == pid}


def _wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline_s:
            pytest.fail(f"not within {PATIENCE_S} s: {what}")
        time.sleep(0.05)


@pytest.fixture
def tree(new_sqlite: Callable[[], str], tmp_path: Path) -> Iterator[Tree]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        "FARMGATE_INSTANCE_DIR": str(tmp_path),
        "FARMGATE_DATABASE_URL": new_sqlite(),
        "FARMGATE_PORT": str(port),
        "FARMGATE_DEMO": "off",
    }
    log = tmp_path / "log"
    with log.open("w") as errors:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "app", "run"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    assert supervisor.stdout is not None
    with supervisor, supervisor.stdout:
        said = supervisor.stdout.readline()
        assert said.startswith("Farmgate is ready"), log.read_text()
        started = Tree(supervisor, f"http://127.0.0.1:{port}", _children(supervisor.pid))
        yield started
        supervisor.kill()
        for pid in started.children.values():
            if _is_alive(pid):
                os.kill(pid, signal.SIGKILL)


def test_ready_means_that_pages_are_served_and_asking_ends_all_with_code_0(tree: Tree) -> None:
    assert sorted(tree.children) == ["web", "worker"]
    with urllib.request.urlopen(f"{tree.url}/healthz", timeout=10) as reply:
        assert reply.status == 200
    tree.supervisor.send_signal(signal.SIGINT)
    assert tree.supervisor.wait(PATIENCE_S) == 0
    assert tree.is_gone()


def test_a_worker_that_dies_ends_the_tree_with_a_failure(tree: Tree) -> None:
    os.kill(tree.children["worker"], signal.SIGKILL)
    assert tree.supervisor.wait(PATIENCE_S) == 1
    assert tree.is_gone()


def test_a_supervisor_that_is_killed_takes_its_children_along(tree: Tree) -> None:
    tree.supervisor.kill()
    _wait_until(tree.is_gone, "the children end")
