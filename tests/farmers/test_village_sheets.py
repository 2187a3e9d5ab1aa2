"""A whole village from a spreadsheet: every fault before, each good row once."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from openpyxl import Workbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.database import Database, transaction
from app.kernel.errors import NotFound
from app.models import Lot, Person, Role, RoleKind, SpreadsheetImport
from farmers.services import village_sheets
from tests.farmers.conftest import Farm
from tests.market import AT, Market, make_market

HEAD = "农户,作物,数量,单位,最低价,价格单位,等级,可交货日期,备注\n"
GOOD = (
    "Tan Guihua,土豆,5,crate,40,crate,特级,2026-05-05,早上挖\n"
    "enshi-2,cabbage,80,,1.2,,,2026年5月5日,\n"
)


def send(session: Session, market: Market, text: str, key: str, by: int | None = None) -> int:
    return village_sheets.upload(
        session,
        cooperative_id=market.cooperative_id,
        person_id=by or market.luo_id,
        file_name="village.csv",
        data=text.encode(),
        key=key,
        at=AT,
    )


def apply(
    session: Session, market: Market, import_id: int, by: int | None = None
) -> village_sheets.Listed:
    return village_sheets.apply(
        session,
        import_id=import_id,
        cooperative_id=market.cooperative_id,
        person_id=by or market.luo_id,
        at=AT,
    )


def faults(session: Session, import_id: int) -> list[tuple[int, str, str]]:
    rows = session.get_one(SpreadsheetImport, import_id).rows["faults"]
    return [(fault["row"], fault["column"], fault["message"]) for fault in rows]


def test_good_rows_become_lots_in_the_farmers_own_units(database: Database) -> None:
    with database.transaction() as session:
        market = make_market(session)
        done = apply(session, market, send(session, market, HEAD + GOOD, "sheet-1"))
        assert (done.added, done.known, done.refused) == (2, 0, ())
        potato, cabbage = session.scalars(select(Lot).order_by(Lot.id)).all()
        assert (potato.farmer_id, potato.listed_by_id) == (market.tan_id, market.luo_id)
        assert (potato.quantity_g, potato.unit_code, potato.ask_minor) == (100_000, "crate", 200)
        assert (potato.grade.value, potato.note) == ("extra", "早上挖")
        assert (cabbage.farmer_id, cabbage.quantity_g, cabbage.ask_minor) == (
            market.xiang_id,
            80_000,
            120,
        )
        assert cabbage.ready_until_on == date(2026, 5, 8)


def test_the_same_harvest_is_listed_once_whoever_sends_it_and_however_often(
    database: Database,
) -> None:
    with database.transaction() as session:
        market = make_market(session)
        lead = Role(
            person_id=market.xiang_id,
            cooperative_id=market.cooperative_id,
            kind=RoleKind.VILLAGE_LEAD,
            village_id=market.sancha_id,
            started_at=AT,
        )
        session.add(lead)
        session.flush()
        first = send(session, market, HEAD + GOOD, "sheet-1")
        assert send(session, market, HEAD + GOOD, "sheet-1") == first
        assert apply(session, market, first) == apply(session, market, first)
        again = apply(session, market, send(session, market, HEAD + GOOD, "sheet-2"))
        assert (again.added, again.known) == (0, 2)
        # The village's lead reaches the own village alone, and finds that row listed.
        own = send(session, market, HEAD + GOOD, "sheet-3", by=market.xiang_id)
        assert [fault[:2] for fault in faults(session, own)] == [(2, "farmer")]
        assert apply(session, market, own, by=market.xiang_id).known == 1
        assert len(session.scalars(select(Lot.id)).all()) == 2


def test_every_fault_is_named_by_row_and_column_and_loses_no_other_row(
    database: Database,
) -> None:
    bad = (
        "Nobody,土豆,5,,1,,,2026-05-05,\n"
        "Tan Guihua,dragon fruit,5,,1,,,2026-05-05,\n"
        "Tan Guihua,土豆,x,,y,,,soon,\n"
        "Tan Guihua,土豆,5,bunch,1,,,2026-05-05,\n"
        "Tan Guihua,土豆,5,,1,,,2026-04-01,\n"
        "Tan Guihua,土豆,99999,crate,1,,,2026-05-05,\n"
        "Tan Guihua,土豆,5,crate,9,,特级,2026-05-05,twice\n"
    )
    with database.transaction() as session:
        market = make_market(session)
        import_id = send(session, market, HEAD + GOOD + bad, "sheet-1")
        assert [fault[:2] for fault in faults(session, import_id)] == [
            (4, "farmer"),
            (5, "crop"),
            (6, "quantity"),
            (6, "price"),
            (6, "ready_from"),
            (7, "unit"),
            (8, "ready_until"),
            (9, "quantity"),
            (10, "farmer"),
        ]
        assert session.scalar(select(Lot.id)) is None
        assert apply(session, market, import_id).added == 2


def test_two_farmers_of_one_name_are_told_apart_by_number(database: Database) -> None:
    with database.transaction() as session:
        market = make_market(session)
        session.get_one(Person, market.xiang_id).name = "Tan Guihua"
        session.flush()
        row = "{},土豆,5,,1,,,2026-05-05,\n"
        text = HEAD + row.format("Tan Guihua") + row.format("enshi-1")
        import_id = send(session, market, text, "sheet-1")
        assert [fault[2] for fault in faults(session, import_id)] == [
            "More than one farmer is called %(name)s. Write the member number."
        ]
        assert apply(session, market, import_id).added == 1


def test_a_row_that_cannot_be_listed_any_more_is_told_and_the_others_are_listed(
    database: Database,
) -> None:
    with database.transaction() as session:
        market = make_market(session)
        import_id = send(session, market, HEAD + GOOD, "sheet-1")
        session.scalars(select(Role).where(Role.person_id == market.tan_id)).one().ended_at = AT
        session.flush()
        done = apply(session, market, import_id)
        assert done.added == 1 and [row for row, _, _ in done.refused] == [2]
        with pytest.raises(NotFound):
            apply(session, market, import_id, by=market.wu_id)


def test_the_pages_show_every_row_before_anything_is_listed(farm: Farm) -> None:
    client = farm.client(farm.market.luo_id)
    assert "List a whole village" in client.get("/harvests/farmers").text
    for suffix in ("csv", "xlsx"):
        assert client.get(f"/harvests/sheets/empty.{suffix}").status_code == 200
    nothing = client.post("/harvests/sheets", data={"key": "sheet-key-0"})
    assert nothing.status_code == 422 and "Choose a file first." in nothing.text
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Farmer", "Crop", "Quantity", "Price", "Ready from"])
    sheet.append(["Tan Guihua", "potato", 12.5, 1.8, farm.at.date() + timedelta(days=1)])
    sheet.append(["Tan Guihua", "potato", None, 1.8, farm.at.date()])
    out = io.BytesIO()
    book.save(out)
    sent = client.post(
        "/harvests/sheets",
        data={"key": "sheet-key-1", "file": (io.BytesIO(out.getvalue()), "village.xlsx")},
    )
    assert sent.status_code == 303
    page = client.get(sent.headers["Location"]).text
    assert "Tan Guihua" in page and "12.5" in page and "This cell must be filled in." in page
    assert "List 1 harvest" in page
    save = sent.headers["Location"] + "/listing"
    client.post(save, data={"key": "sheet-key-2"})
    client.post(save, data={"key": "sheet-key-3"})
    assert "The good rows are listed." in client.get(sent.headers["Location"]).text
    with transaction() as session:
        lot = session.scalars(select(Lot)).one()
        assert (lot.farmer_id, lot.quantity_g, lot.ask_minor) == (farm.market.tan_id, 12_500, 180)
    # It is none of the set-up's sheets, and none of anybody else's.
    assert (
        client.get(
            sent.headers["Location"].replace("/harvests/sheets", "/set-up/imports")
        ).status_code
        == 404
    )
    assert "village.xlsx" not in client.get("/set-up/imports").text
    assert farm.client(farm.market.tan_id).get(sent.headers["Location"]).status_code == 403
