"""The whole product as `make run` starts it, for tests that use it like a person."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.kernel.database import Database
from app.people import sessions
from app.web.session import DEVICE_COOKIE

ROOT = Path(__file__).parents[2]
PATIENCE_S = 120
_LINK = re.compile(r"^\s+(\w+)\s+(http://\S+/demo/\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Product:
    """A running product: where it is, the sign-in links it printed, its database."""

    url: str
    links: dict[str, str]
    database: Database

    def cookie_of(self, person_id: int) -> dict[str, str]:
        """Sign a person in and return the cookie for a browser."""
        with self.database.transaction() as session:
            token = sessions.start(
                session, person_id=person_id, device="test", at=datetime.now(UTC)
            )
        return {"name": DEVICE_COOKIE, "value": token, "url": self.url}


@contextmanager
def running(folder: Path, database_url: str) -> Iterator[Product]:
    """Start the product on a database and end it again; its log goes to ``folder``."""
    port = _free_port()
    environment = os.environ | {
        "FARMGATE_INSTANCE_DIR": str(folder / "instance"),
        "FARMGATE_DATABASE_URL": database_url,
        "FARMGATE_PORT": str(port),
        "PYTHONUNBUFFERED": "1",
    }
    log = folder / "product.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "run"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            printed = _wait_until_ready(process, log)
            database = Database(database_url)
            yield Product(f"http://127.0.0.1:{port}", dict(_LINK.findall(printed)), database)
            database.dispose()
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)


def _wait_until_ready(process: subprocess.Popen[bytes], log: Path) -> str:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        printed = log.read_text()
        if "Farmgate is ready" in printed and "hub_worker" in printed:
            return printed
        assert process.poll() is None, printed
        time.sleep(0.2)
    raise AssertionError(f"the product did not get ready:\n{log.read_text()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
