"""An application with a market of two villages, and who looks at it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.kernel.database import bound, transaction
from tests.market import AT, Market, make_market
from tests.web.stage import application, signed_in


@dataclass
class Stage:
    """Enshi Hills, and the neighbours' market in Lichuan."""

    app: Flask
    market: Market
    other: Market

    def manager(self) -> FlaskClient:
        """Return a browser on which Luo Jie, the manager, is signed in."""
        return signed_in(self.app.test_client(), self.market.luo_id, at=AT)

    def farmer(self) -> FlaskClient:
        """Return a browser on which Tan Guihua, a farmer, is signed in."""
        return signed_in(self.app.test_client(), self.market.tan_id, at=AT)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """Build the stage."""
    app = application(tmp_path, at=AT)
    with transaction() as session:
        market = make_market(session)
        other = make_market(session, slug="lichuan")
    yield Stage(app, market, other)
    bound().dispose()
