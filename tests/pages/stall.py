"""A market with pages on it: the people of ``tests.market`` signed in on test devices."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.test import TestResponse

from app.kernel.clock import FixedClock
from app.kernel.database import Database, bound
from app.models import MarketDay, MarketDayState
from tests.orders.trading import Scene, make_scene
from tests.web.stage import AT, application, signed_in

KEY = "a-key-of-the-test-"


@dataclass(frozen=True)
class Stall:
    """The application, its database and one cooperative's market."""

    app: Flask
    scene: Scene

    @property
    def database(self) -> Database:
        return bound()

    def client(self, person_id: int) -> FlaskClient:
        return signed_in(self.app.test_client(), person_id)

    @property
    def buyer(self) -> FlaskClient:
        return self.client(self.scene.market.zhou_id)

    @property
    def shopkeeper(self) -> FlaskClient:
        return self.client(self.scene.market.wu_id)

    def set_day(self, state: MarketDayState) -> None:
        with self.database.transaction() as session:
            session.execute(
                update(MarketDay).where(MarketDay.id == self.scene.tuesday_id).values(state=state)
            )

    def at(self, moment: object) -> None:
        self.app.extensions["clock"] = FixedClock(moment)  # type: ignore[arg-type]


def make_stall(folder: Path) -> Stall:
    app = application(folder, at=AT)
    return Stall(app, make_scene(bound()))


def words(response: TestResponse) -> str:
    """Return what a person reads on a page."""
    text = re.sub(r"<(script|style)\b.*?</\1>", " ", response.text, flags=re.S)
    text = unescape(re.sub(r"<[^>]+>", " ", text)).replace("\N{NO-BREAK SPACE}", " ")
    return re.sub(r"\s+", " ", text)


def key(name: str) -> dict[str, str]:
    return {"key": KEY + name}
