"""The farmers' pages on a small open market, for a test client and for a real browser."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from waitress.server import create_server

from app.kernel.database import bound, transaction
from app.market_days import opening
from app.people import sessions
from app.web.session import DEVICE_COOKIE
from tests.market import AT, Market, make_market
from tests.web.stage import application, signed_in


@dataclass(frozen=True)
class Farm:
    """The application, its market, and clients for its people."""

    app: Flask
    market: Market
    at: datetime

    def client(self, person_id: int) -> FlaskClient:
        """Return a client with a person signed in."""
        return signed_in(self.app.test_client(), person_id, at=self.at)

    def token(self, person_id: int) -> str:
        """Return a device token of a person."""
        with transaction() as session:
            return sessions.start(session, person_id=person_id, device="test", at=self.at)


def open_farm(folder: Path, at: datetime) -> Farm:
    """Set the market up in a folder and open its coming days."""
    app = application(folder, at=at)
    with transaction() as session:
        market = make_market(session, at=at)
        opening.open_coming_days(session, cooperative_id=market.cooperative_id, at=at)
    return Farm(app, market, at)


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[Farm]:
    """Return a market on a Monday morning."""
    yield open_farm(tmp_path, AT)
    bound().dispose()


@dataclass(frozen=True)
class Live:
    """A market that a browser can reach, at the machine's own present."""

    farm: Farm
    address: str
    cookie: Callable[[int], dict[str, str]]


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    """Serve a market on loopback for a browser."""
    farm = open_farm(tmp_path, datetime.now(UTC))
    server = create_server(farm.app, host="127.0.0.1", port=0, threads=8)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.effective_port}"

    def cookie(person_id: int) -> dict[str, str]:
        return {"name": DEVICE_COOKIE, "value": farm.token(person_id), "url": address}

    yield Live(farm, address, cookie)
    server.close()
    thread.join(timeout=5)
    bound().dispose()
