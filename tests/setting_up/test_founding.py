"""A cooperative is founded once, and what it brings on a sheet is read without guessing."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app.documents.tables import Table
from app.kernel.database import Database
from app.models import Cooperative, Village
from app.people import codes, pins
from app.setting_up import cooperatives, sheets
from app.setting_up.sheets import SheetKind
from tests.market import AT, make_market


def _found(database: Database, name: str = "Enshi Hills") -> cooperatives.Founded:
    with database.transaction() as session:
        return cooperatives.found(
            session,
            name=name,
            manager="Luo Jie",
            country="cn",
            currency=None,
            time_zone="Asia/Shanghai",
            languages=["zh", "en", "zh"],
            at=AT,
        )


def test_the_currency_is_the_countrys_own_and_the_first_language_leads(
    database: Database,
) -> None:
    founded = _found(database)
    home = founded.cooperative
    assert (home.country, home.currency, home.languages) == ("CN", "CNY", ["zh", "en"])
    assert founded.manager.language == "zh"


def test_a_manager_with_a_pin_gets_no_new_code(database: Database) -> None:
    founded = _found(database)
    assert founded.code is not None
    with database.transaction() as session:
        person = codes.use_enrolment(session, code=founded.code, at=AT)
        pins.set_pin(session, person_id=person.id, pin="280517", at=AT)
    again = _found(database)
    assert (again.code, again.is_new, again.manager.id) == (None, False, founded.manager.id)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Cooperative)) == 1


@pytest.mark.parametrize("name", ["", "---", "  "])
def test_a_name_without_letters_founds_nothing(database: Database, name: str) -> None:
    with pytest.raises(cooperatives.NoLetters):
        _found(database, name)


def test_a_village_name_that_two_have_asks_for_the_county(database: Database) -> None:
    with database.transaction() as session:
        home = make_market(session).cooperative_id
        for admin in ("Enshi", "Lichuan"):
            session.add(Village(cooperative_id=home, name="Shaping", admin=admin))
    table = Table(
        ("name", "village"),
        ((2, ("Tan", "Shaping")), (3, ("Xiang", "Shaping，Lichuan")), (4, ("Wu", "Sancha"))),
    )
    with database.reading() as session:
        schema = sheets.schema_of(session, kind=SheetKind.FARMERS, cooperative_id=home)
        found = sheets.check(table, kind=SheetKind.FARMERS, schema=schema)
    assert [(fault.row, fault.code) for fault in found.faults] == [(2, "sheet_more_than_one")]
    assert [row.number for row in found.rows] == [3, 4]


def test_half_a_position_and_reversed_hours_are_faults_of_their_cells(
    database: Database,
) -> None:
    with database.transaction() as session:
        home = make_market(session).cooperative_id
    table = Table(
        ("name", "lat", "lon", "opens", "closes"),
        ((2, ("A", "30.1", "", "", "")), (3, ("B", "", "", "19:00", "18:00"))),
    )
    with database.reading() as session:
        schema = sheets.schema_of(session, kind=SheetKind.VILLAGES, cooperative_id=home)
        found = sheets.check(table, kind=SheetKind.VILLAGES, schema=schema)
    assert [(fault.row, fault.column) for fault in found.faults] == [
        (2, "longitude"),
        (3, "closes"),
    ]
