"""The outbox's endpoint: once per key, its own site only, its own person only."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import func, select

from app.kernel.database import reading
from app.models import Lot, Photo
from tests.farmers.conftest import Farm
from tests.farmers.test_listing_pages import fields, lots
from tests.media.pictures import encoded, field

SAME_SITE = {"Sec-Fetch-Site": "same-origin"}
KEY = {"Idempotency-Key": "0123456789abcdef"}


def body(farm: Farm, **changes: str) -> dict[str, object]:
    typed = {name: value for name, value in fields(farm, **changes).items() if name != "key"}
    return {"person": farm.market.tan_id, "fields": typed}


def test_a_saved_listing_arrives_once(farm: Farm) -> None:
    farm.app.config["WTF_CSRF_ENABLED"] = True
    client = farm.client(farm.market.tan_id)
    replies = [client.post("/api/lots", json=body(farm), headers=SAME_SITE | KEY) for _ in range(3)]
    assert [reply.status_code for reply in replies] == [201] * 3
    assert len({reply.json["lot"] for reply in replies}) == lots() == 1
    assert replies[0].json["message"] == "It is offered for the market on Tue, May 5."


def test_a_key_with_another_body_is_409(farm: Farm) -> None:
    client = farm.client(farm.market.tan_id)
    client.post("/api/lots", json=body(farm), headers=SAME_SITE | KEY)
    other = client.post("/api/lots", json=body(farm, quantity="7"), headers=SAME_SITE | KEY)
    assert (other.status_code, other.json["error"]["code"], lots()) == (409, "key_reused", 1)


def test_two_tabs_at_once_make_one_lot(farm: Farm) -> None:
    clients = [farm.client(farm.market.tan_id) for _ in range(4)]
    statuses = []

    def send(client: object) -> None:
        reply = client.post("/api/lots", json=body(farm), headers=SAME_SITE | KEY)
        statuses.append(reply.status_code)

    threads = [threading.Thread(target=send, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (statuses, lots()) == ([201] * 4, 1)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://elsewhere.example"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://elsewhere.example"},
    ],
)
def test_another_site_is_refused(farm: Farm, headers: dict[str, str]) -> None:
    client = farm.client(farm.market.tan_id)
    reply = client.post("/api/lots", json=body(farm), headers=headers | KEY)
    assert (reply.status_code, lots()) == (403, 0)


def test_a_row_of_another_person_pauses_the_queue(farm: Farm) -> None:
    reply = farm.client(farm.market.xiang_id).post(
        "/api/lots", json=body(farm), headers=SAME_SITE | KEY
    )
    assert (reply.status_code, reply.json["error"]["code"], lots()) == (401, "other_person", 0)
    stranger = farm.app.test_client().post("/api/lots", json=body(farm), headers=SAME_SITE | KEY)
    assert (stranger.status_code, stranger.json["error"]["code"]) == (401, "sign_in_needed")


def test_other_roles_and_other_farmers_are_refused(farm: Farm) -> None:
    buyer = farm.client(farm.market.zhou_id)
    sent = body(farm) | {"person": farm.market.zhou_id}
    assert buyer.post("/api/lots", json=sent, headers=SAME_SITE | KEY).status_code == 403
    tan = farm.client(farm.market.tan_id)
    sent = body(farm, farmer=str(farm.market.xiang_id))
    assert tan.post("/api/lots", json=sent, headers=SAME_SITE | KEY).status_code == 404
    assert lots() == 0


def test_bad_input_comes_back_field_by_field(farm: Farm) -> None:
    reply = farm.client(farm.market.tan_id).post(
        "/api/lots", json=body(farm, quantity="", ready_until="2026-05-01"), headers=SAME_SITE | KEY
    )
    assert reply.status_code == 422
    assert reply.json["errors"] == {"quantity": "Type how much you have."}
    late = farm.client(farm.market.tan_id).post(
        "/api/lots",
        json=body(farm, ready_from="2026-05-01", ready_until="2026-05-02"),
        headers=SAME_SITE | KEY,
    )
    assert late.json["errors"]["ready_until"].startswith("The last ready day is over.")
    assert lots() == 0


@pytest.mark.parametrize(
    "sent", [None, [], {"fields": 3}, {"fields": {"crop": 1}}, {"person": 1, "fields": None}]
)
def test_what_is_no_listing_is_refused(farm: Farm, sent: object) -> None:
    reply = farm.client(farm.market.tan_id).post("/api/lots", json=sent, headers=SAME_SITE | KEY)
    assert reply.status_code in (401, 422)
    assert lots() == 0


def test_a_photo_follows_its_words_by_their_key(farm: Farm) -> None:
    client = farm.client(farm.market.tan_id)
    early = client.post(
        "/api/lots/0123456789abcdef/photo",
        data=encoded(field()),
        headers=SAME_SITE | {"Idempotency-Key": "p-0000001"},
    )
    assert early.status_code == 404
    client.post("/api/lots", json=body(farm), headers=SAME_SITE | KEY)
    for _ in range(2):
        reply = client.post(
            "/api/lots/0123456789abcdef/photo",
            data=encoded(field()),
            headers=SAME_SITE | {"Idempotency-Key": "p-0000001"},
        )
        assert reply.status_code == 201
    foreign = farm.client(farm.market.xiang_id).post(
        "/api/lots/0123456789abcdef/photo",
        data=encoded(field()),
        headers=SAME_SITE | {"Idempotency-Key": "p-0000002"},
    )
    assert foreign.status_code == 404
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Photo)) == 1
        assert session.scalar(select(func.count()).select_from(Lot)) == 1
