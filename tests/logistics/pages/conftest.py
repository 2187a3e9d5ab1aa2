"""An application with two valleys, one of them with a published plan, and who looks at it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.kernel.database import bound, transaction
from app.models import Lot, Person, RoleKind, Run, Stop
from tests.logistics.valley import AT, Valley, build
from tests.web.stage import application, signed_in


@dataclass
class Stage:
    """The Enshi valley with a published plan, and a stranger from another cooperative."""

    app: Flask
    valley: Valley
    plan_id: int
    run: Run
    stops: list[Stop]
    lots: dict[str, Lot]
    people: dict[str, Person]

    def client(self, who: str) -> FlaskClient:
        """Return a browser on which a person is signed in."""
        return signed_in(self.app.test_client(), self.people[who].id, at=AT)

    def stop_of(self, farmer: str) -> Stop:
        """Return the stop at which a farmer's lot is loaded."""
        village_id = self.lots[farmer].village_id
        return next(stop for stop in self.stops if stop.village_id == village_id)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """Build the stage."""
    app = application(tmp_path, at=AT)
    with transaction() as session:
        valley = build(session)
        valley.line_haul("Village coach", 1080)
        lots = {
            "Wu Mei": valley.offer("Wu Mei", "Longfeng", 100_000, 60_000),
            "Yang Hua": valley.offer("Yang Hua", "Longfeng", 50_000, 40_000),
            "Tan Jun": valley.offer("Tan Jun", "Tunbao", 100_000, 80_000),
            "Hu Ping": valley.offer("Hu Ping", "Lost village", 30_000, 30_000),
        }
        plan_id = valley.plan()
        people = {
            "driver": valley.driver,
            "manager": valley.manager,
            "buyer": valley.buyer,
            "farmer": valley.farmers["Wu Mei"],
            "other driver": valley.person("Liu Wei", RoleKind.DRIVER),
            "lead": valley.person("Li Na", RoleKind.VILLAGE_LEAD, village="Longfeng"),
            "other lead": valley.person("He Yan", RoleKind.VILLAGE_LEAD, village="Tunbao"),
            "hub worker": valley.person("Deng Bo", RoleKind.HUB_WORKER),
            "shopkeeper": valley.person("Sun Li", RoleKind.SHOPKEEPER),
        }
        foreign = build(session, slug="lichuan")
        people["foreign manager"] = foreign.manager
        run = session.scalars(select(Run)).one()
        stops = list(session.scalars(select(Stop).order_by(Stop.position)))
    yield Stage(app, valley, plan_id, run, stops, lots, people)
    bound().dispose()
