"""Tests of giving a cooperative its first crops."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from app.catalogue.crops import UnknownCrop
from app.catalogue.services import adopt
from app.models import Cooperative, Crop, CropUnit


def cooperative(session):
    row = Cooperative(
        name="Enshi Hill Farmers",
        slug="enshi",
        country="CN",
        currency="CNY",
        time_zone="Asia/Shanghai",
        languages=["zh", "en"],
        created_at=datetime(2026, 5, 1, tzinfo=UTC),
    )
    session.add(row)
    session.flush()
    return row.id


def test_adopting_twice_adds_nothing_and_keeps_own_changes(database):
    with database.transaction() as session:
        home = cooperative(session)
        adopt(session, cooperative_id=home, codes=["potato", "konjac"])["potato"].keeps_days = 90
    with database.transaction() as session:
        again = adopt(session, cooperative_id=home, codes=["potato"])
        assert again["potato"].keeps_days == 90
        assert session.scalar(select(func.count()).select_from(Crop)) == 2
        units = session.scalars(
            select(CropUnit.code)
            .where(CropUnit.crop_id == again["potato"].id)
            .order_by(CropUnit.position)
        )
        assert list(units) == ["kg", "jin", "sack", "crate"]


def test_the_whole_catalogue_is_adopted_when_no_code_is_named(database):
    with database.transaction() as session:
        assert len(adopt(session, cooperative_id=cooperative(session))) == 157


def test_an_unknown_code_is_refused_and_nothing_is_added(database):
    with database.transaction() as session:
        home = cooperative(session)
        with pytest.raises(UnknownCrop):
            adopt(session, cooperative_id=home, codes=["potato", "gold"])
        assert session.scalar(select(func.count()).select_from(Crop)) == 0
