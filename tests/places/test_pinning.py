"""Tests of settling where a village is."""

from datetime import UTC, datetime

import pytest

from app.kernel.geo import Position
from app.models import Cooperative, PlacePrecision, Village
from app.places.gazetteer import own
from app.places.lookup import find
from app.places.services import pin, position_of, settle, villages_without_pin


@pytest.fixture
def session(database):
    with database.transaction() as session:
        yield session


def test_a_village_of_unknown_position_waits_until_the_manager_pins_it(session):
    home = Cooperative(
        name="Enshi Hill Farmers", slug="enshi", country="CN", currency="CNY",
        time_zone="Asia/Shanghai", languages=["zh"], created_at=datetime(2026, 5, 1, tzinfo=UTC),
    )  # fmt: skip
    session.add(home)
    session.flush()
    villages = {}
    for name in ("白杨坪镇", "芭蕉侗族乡"):
        villages[name] = Village(cooperative_id=home.id, name=name)
        session.add(villages[name])
        settle(session, row=villages[name], place=find(name, gazetteer=own()).place)
    known, waiting = villages.values()
    assert (known.place_source, known.place_precision) == ("geonames", PlacePrecision.TOWN)
    assert position_of(waiting) is None
    assert villages_without_pin(session, cooperative_id=home.id) == [waiting]

    pin(session, row=waiting, position=Position(30.1, 109.2))
    assert position_of(waiting) == Position(30.1, 109.2)
    assert (waiting.place_source, waiting.place_precision) == ("manager", PlacePrecision.PIN)
    assert villages_without_pin(session, cooperative_id=home.id) == []
