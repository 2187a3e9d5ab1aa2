"""Spreadsheets: every fault is shown, nothing is saved before, and everything once."""

from __future__ import annotations

import io

from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.documents.tables import read_table
from app.documents.writing import write_xlsx
from app.kernel.database import reading
from app.models import Hub, Person, PickupPoint, PlacePrecision, Shop, Vehicle, Village
from tests.market import AT
from tests.pages.setup.conftest import Stage
from tests.web.stage import signed_in

VILLAGES = """name,county,gathering point,latitude,longitude,opens,closes
Longfeng,,School gate,30.36,109.5,05:30,19:00
Upper Nowhere,,,,,,
"""
FARMERS = """姓名,村,电话,remarks
Deng Xiulan,Baiyangping,13912345678,sells eggs
Qin Bo,sancha,,
"""
BAD_FARMERS = """name,village,phone
Deng Xiulan,Atlantis,13912345678
,Sancha,
Qin Bo,Sancha,12
Tan Mei,Sancha,
Tan Mei,Sancha,
"""


def _send(client: FlaskClient, kind: str, data: bytes, key: str = "u" * 16) -> TestResponse:
    form = {"file": (io.BytesIO(data), "sheet.csv"), "key": key}
    return client.post(f"/set-up/imports/new/{kind}", data=form, content_type="multipart/form-data")


def _save(client: FlaskClient, sent: TestResponse, rows: str, key: str) -> TestResponse:
    return client.post(f"{sent.location}/save", data={"rows": rows, "key": key})


def _count(table: type[Person] | type[Village]) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_villages_are_shown_first_and_then_saved_once_with_their_places(stage: Stage) -> None:
    client, before = stage.manager(), _count(Village)
    sent = _send(client, "villages", VILLAGES.encode())
    assert sent.status_code == 303
    page = client.get(sent.location).text
    assert "School gate" in page
    assert "Nothing is saved yet" in page
    assert _count(Village) == before
    for key in ("a" * 16, "b" * 16):
        assert _save(client, sent, "all", key).status_code == 303
    assert _count(Village) == before + 2
    again = _send(client, "villages", VILLAGES.encode(), key="v" * 16)
    _save(client, again, "all", "c" * 16)
    assert _count(Village) == before + 2
    with reading() as session:
        longfeng = session.scalars(select(Village).where(Village.name == "Longfeng")).one()
        nowhere = session.scalars(select(Village).where(Village.name == "Upper Nowhere")).one()
    assert (longfeng.place_precision, longfeng.opens_minute) == (PlacePrecision.PIN, 330)
    assert nowhere.place_precision is PlacePrecision.UNKNOWN


def test_farmers_are_enrolled_under_chinese_headings_and_get_cards(stage: Stage) -> None:
    client, before = stage.manager(), _count(Person)
    sent = _send(client, "farmers", FARMERS.encode("gb18030"))
    page = client.get(sent.location).text
    assert "remarks" in page
    _save(client, sent, "all", "a" * 16)
    assert _count(Person) == before + 2
    assert "/people/cards" in client.get(sent.location).text
    assert "Deng Xiulan" in client.get("/people/cards").text


def test_every_fault_is_named_by_row_and_only_good_rows_can_be_saved(stage: Stage) -> None:
    client, before = stage.manager(), _count(Person)
    sent = _send(client, "farmers", BAD_FARMERS.encode())
    page = client.get(sent.location).text
    for words in ("Atlantis is not set up here", "must be filled in", "no phone number"):
        assert words in page
    assert "Row 5 already has this" in page
    assert _save(client, sent, "all", "a" * 16).status_code == 422
    assert _count(Person) == before
    assert _save(client, sent, "good", "b" * 16).status_code == 303
    assert _count(Person) == before + 1


def test_vehicles_and_shops_come_with_their_hub_and_point(stage: Stage) -> None:
    client = stage.manager()
    nameless = b"name,hub,capacity\nGreen truck,,2500.5\n"
    assert "must be filled in" in client.get(_send(client, "vehicles", nameless).location).text
    with reading() as session:
        hub = session.get_one(Hub, stage.market.rural_hub_id)
        point = session.get_one(PickupPoint, stage.market.pickup_point_id)
    vehicles = f"name,hub,capacity,starts\nGreen truck,{hub.name},2500.5,04:30\n".encode()
    _save(client, _send(client, "vehicles", vehicles, key="w" * 16), "all", "x" * 16)
    with reading() as session:
        truck = session.scalars(select(Vehicle).where(Vehicle.name == "Green truck")).one()
    assert (truck.hub_id, truck.capacity_g, truck.starts_minute) == (hub.id, 2_500_500, 270)
    shops = b"name,phone,latitude,longitude\nLake Shop,13912345678,30.5,114.3\n"
    sent = _send(client, "shops", shops, key="s" * 16)
    assert _save(client, sent, "all", "t" * 16).status_code == 303
    with reading() as session:
        shop = session.scalars(select(Shop).where(Shop.name == "Lake Shop")).one()
        made = session.scalars(select(PickupPoint).where(PickupPoint.shop_id == shop.id)).one()
    assert (made.hub_id, made.place_precision) == (point.hub_id, PlacePrecision.PIN)


def test_a_file_that_is_no_sheet_is_refused_with_its_reason(stage: Stage) -> None:
    client = stage.manager()
    for data in (b"\xd0\xcf\x11\xe0old", b"", b"only,strange,headings\n1,2,3\n"):
        sent = _send(client, "farmers", data, key=f"{len(data)}" * 16)
        assert sent.status_code == 422
    assert client.get("/set-up/imports/new/animals").status_code == 404


def test_a_template_comes_back_as_it_went_out(stage: Stage) -> None:
    client = stage.manager()
    for kind in ("villages", "farmers", "vehicles", "shops"):
        for suffix in ("csv", "xlsx"):
            sheet = client.get(f"/set-up/imports/new/{kind}/template.{suffix}").data
            headings = list(read_table(sheet).headings)
            row = ["" for _ in headings]
            sent = _send(client, kind, write_xlsx(headings, [row]), key=f"{kind}-{suffix}-key")
            assert sent.status_code == 303


def test_another_cooperatives_import_is_not_found(stage: Stage) -> None:
    client = stage.manager()
    sent = _send(client, "villages", VILLAGES.encode())
    stranger = signed_in(stage.app.test_client(), stage.other.luo_id, at=AT)
    assert stranger.get(sent.location).status_code == 404
    assert _save(stranger, sent, "all", "x" * 16).status_code == 404
