"""My stall: found by every address it had, closed at a word, and silent about phone and home."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from PIL import Image
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from app.kernel.database import Database, bound, transaction
from app.models import Lot, Person, Photo, PhotoState, PickupPoint, Role, Stall, StallAddress
from farmers.services import stall_names, stalls
from tests.farmers.conftest import Farm
from tests.market import AT, Market, listed, make_market


def keep(session: Session, market: Market, name: str, **changes: object) -> Stall:
    values: dict[str, object] = {
        "farmer_id": market.tan_id,
        "cooperative_id": market.cooperative_id,
        "name": name,
        "greeting": "",
        "is_open": True,
        "at": AT,
    }
    return stalls.keep(session, **(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("谭桂花", "tan-gui-hua"),
        ("  Tan Guihua's Garden ", "tan-guihua-s-garden"),
        ("सुनीता देवी", "suneeta-devee"),
        ("Žofie Nováková", "zofie-novakova"),
        ("恩施" * 40, "-".join(["en", "shi"] * 40)[:40].strip("-")),
        ("!!!", ""),
    ],
)
def test_a_name_in_any_script_becomes_small_latin_letters(name: str, address: str) -> None:
    found = stall_names.address_of(name)
    assert found == address or (name[0] == "स" and found.replace("-", "").isascii() and found)


def test_a_free_name_is_numbered_where_it_must_be(database: Database) -> None:
    with database.transaction() as session:
        market = make_market(session)
        assert stalls.suggested_name(session, farmer_id=market.tan_id) == "tan-guihua"
        keep(session, market, "tan-guihua")
        assert stall_names.free_address(session, "Tan Guihua") == "tan-guihua-2"
        keep(session, market, "tan-guihua-2", farmer_id=market.xiang_id)
        assert stall_names.free_address(session, "谭 Guihua") == "tan-guihua-3"


def test_old_addresses_lead_on_and_nobody_else_gets_them(database: Database) -> None:
    with database.transaction() as session:
        market = make_market(session)
        keep(session, market, "first")
        keep(session, market, "second")
        keep(session, market, "second")
        assert stalls.by_address(session, name="first").stall.name == "second"
        with pytest.raises(stall_names.StallNameTaken) as refused:
            keep(session, market, "first", farmer_id=market.xiang_id)
        assert refused.value.figures == {"free": "first-2"}
        keep(session, market, "first")
        assert stalls.by_address(session, name="second").stall.name == "first"
        for number in range(8):
            keep(session, market, f"name-{number}")
        with pytest.raises(stalls.TooManyNames):
            keep(session, market, "one-too-many")
        with pytest.raises(stall_names.StallNameUnusable):
            keep(session, market, "？")
        assert len(session.scalars(select(StallAddress.id)).all()) == 10


def test_the_page_sells_at_the_visitors_pickup_point_and_keeps_secrets(farm: Farm) -> None:
    market = farm.market
    with transaction() as session:
        keep(session, market, "tan", greeting="Picked this morning")
        session.get_one(Person, market.tan_id).phone = "+8613812345678"
        lot = listed(session, market, key="on-the-stall", at=farm.at)
        first = session.get_one(PickupPoint, market.pickup_point_id)
        second = PickupPoint(
            cooperative_id=market.cooperative_id,
            name="Another Corner",
            shop_id=first.shop_id,
            hub_id=first.hub_id,
        )
        session.add(second)
    stranger = farm.app.test_client()
    page = stranger.get(f"/s/tan?point={market.pickup_point_id}")
    assert page.status_code == 200
    assert "¥2.51 per kg" in page.text and "120 kg left" in page.text
    assert f"/offers/{lot.id}" in page.text and "Picked this morning" in page.text
    for secret in ("13812345678", "+86", "30.43", "109.66"):
        assert secret not in page.text
    with transaction() as session:
        second_id = session.scalars(
            select(PickupPoint.id).where(PickupPoint.name == "Another Corner")
        ).one()
    assert "no transport to this pickup point" in stranger.get(f"/s/tan?point={second_id}").text
    # The choice is kept for the pages on which the visitor buys.
    assert stranger.get_cookie("farmgate_point").value == str(second_id)  # type: ignore[union-attr]
    to_buy = stranger.get(f"/offers/{lot.id}")
    assert to_buy.status_code == 302 and "/sign-in" in to_buy.headers["Location"]
    assert "/s/tan" in farm.client(market.zhou_id).get(f"/offers/{lot.id}").text


def test_the_farmer_opens_renames_and_closes_it_by_a_plain_form(farm: Farm) -> None:
    client, stranger = farm.client(farm.market.tan_id), farm.app.test_client()
    assert "Open my stall" in client.get("/my-stall").text
    form = {"key": "stall-key-1", "name": "谭家菜园", "greeting": "", "is_open": "1"}
    assert client.post("/my-stall", data=form).status_code == 303
    page = client.get("/my-stall").text
    assert "/s/tan-jia-cai-yuan" in page and "<svg" in page and "poster.jpg" in page
    empty = stranger.get("/s/tan-jia-cai-yuan")
    assert "Nothing is on sale at the moment" in empty.text
    client.post("/my-stall", data=form | {"key": "stall-key-2", "name": "tan"})
    led = stranger.get("/s/tan-jia-cai-yuan")
    assert led.status_code == 303 and led.headers["Location"] == "/s/tan"
    short = client.post("/my-stall", data=form | {"key": "stall-key-3", "name": "x"})
    assert short.status_code == 422 and "Use at least 3 letters or digits." in short.text
    del form["is_open"]
    client.post("/my-stall", data=form | {"key": "stall-key-4", "name": "tan"})
    for address in ("/s/tan", "/s/tan-jia-cai-yuan", "/s/tan/poster.jpg", "/s/nobody"):
        assert stranger.get(address).status_code == 404
    assert "This stall is closed at the moment." in stranger.get("/s/tan").text


def test_who_left_the_cooperative_has_no_stall_any_more(farm: Farm) -> None:
    with transaction() as session:
        keep(session, farm.market, "tan")
        session.scalars(
            select(Role).where(Role.person_id == farm.market.tan_id)
        ).one().ended_at = AT
    assert farm.app.test_client().get("/s/tan").status_code == 404


def test_a_chat_finds_a_title_and_a_small_preview_and_need_not_fetch_it_twice(farm: Farm) -> None:
    with transaction() as session:
        keep(session, farm.market, "tan")
        listed(session, farm.market, key="on-the-stall", at=farm.at)
    stranger = farm.app.test_client()
    page = stranger.get("/s/tan").text
    for tag in ("og:title", "og:description", "og:url", "og:image"):
        assert f'property="{tag}"' in page
    for shape, size in (("preview", (1200, 630)), ("poster", (1080, 1440))):
        sent = stranger.get(f"/s/tan/{shape}.jpg?in=zh")
        assert sent.mimetype == "image/jpeg" and len(sent.data) < 300_000
        assert Image.open(io.BytesIO(sent.data)).size == size
        assert sent.headers["Cache-Control"] == "public, max-age=300"
        again = stranger.get(
            f"/s/tan/{shape}.jpg?in=zh", headers={"If-None-Match": sent.headers["ETag"]}
        )
        assert again.status_code == 304 and not again.data
        # In another language, or with other goods, it is another picture.
        assert stranger.get(f"/s/tan/{shape}.jpg?in=en").headers["ETag"] != sent.headers["ETag"]


def test_a_strangers_way_to_a_photo_is_through_an_open_stall_alone(farm: Farm) -> None:
    with transaction() as session:
        keep(session, farm.market, "tan")
        keep(session, farm.market, "xiang", farmer_id=farm.market.xiang_id)
        lot = listed(session, farm.market, key="with-a-photo", at=farm.at)
        size = {"name": "a/small.avif", "media_type": "image/avif"}
        session.add(
            Photo(
                lot_id=lot.id,
                person_id=farm.market.tan_id,
                key="photo-key",
                state=PhotoState.READY,
                sizes={"thumbnail": size},
                received_at=farm.at,
            )
        )
    media = farm.app.config["MEDIA_DIR"] / "a"
    media.mkdir(parents=True)
    (media / "small.avif").write_bytes(b"a picture")
    stranger = farm.app.test_client()
    address = f"/s/tan/lots/{lot.id}/photo"
    assert stranger.get(address).data == b"a picture"
    assert address in stranger.get("/s/tan").text
    assert stranger.get(f"/s/xiang/lots/{lot.id}/photo").status_code == 404
    assert stranger.get("/photos/1/thumbnail").status_code in (302, 401)
    with transaction() as session:
        keep(session, farm.market, "tan", is_open=False)
    assert stranger.get(address).status_code == 404


def test_what_was_listed_a_year_ago_at_this_time_is_in_season(farm: Farm) -> None:
    market = farm.market
    with transaction() as session:
        keep(session, market, "tan")
        lot = listed(session, market, key="last-year", at=farm.at, crop_id=market.cabbage_id)
        lot.ready_from_on -= timedelta(days=360)
        lot.market_day_id = None
    assert "Also in season here" in farm.app.test_client().get("/s/tan").text


def test_a_stall_among_thousands_asks_the_database_as_little(farm: Farm) -> None:
    market = farm.market
    with transaction() as session:
        keep(session, market, "tan")
        for number in range(40):
            listed(session, market, key=f"lot-number-{number}", at=farm.at)
    asked: list[str] = []
    listen = (bound().engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    event.listen(*listen)
    try:
        page = farm.app.test_client().get("/s/tan").text
    finally:
        event.remove(*listen)
    assert page.count("/offers/") == 24
    assert len(asked) <= 20, asked
    with transaction() as session:
        assert session.scalars(select(Lot.id)).all()
