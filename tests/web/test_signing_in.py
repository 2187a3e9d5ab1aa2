import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.kernel.clock import FixedClock
from app.kernel.database import reading, transaction
from app.models import Cooperative, Person, RoleKind
from app.people import codes, pins
from app.web.demo_links import demo_path
from tests.web.stage import AT, application, cooperative, person, signed_in

PIN = "2580"


@dataclass(frozen=True)
class Stage:
    app: Flask
    home: Cooperative
    mei: Person


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Stage]:
    app = application(tmp_path)
    home = cooperative()
    mei = person("Li Mei", RoleKind.FARMER, at_cooperative=home, number="100015")
    with transaction() as session:
        pins.set_pin(session, person_id=mei.id, pin=PIN, at=AT)
    yield Stage(app, home, mei)


def sign_in(client: FlaskClient, pin: str = PIN, who: str = "100015", next_path: str = "/") -> int:
    data = {"who": who, "pin": pin, "next": next_path}
    return client.post("/sign-in", data=data).status_code


def code_for(person_id: int) -> str:
    with transaction() as session:
        return codes.new_code(session, person_id=person_id, created_by_id=None, at=AT)


def move(app: Flask, **by: int) -> None:
    clock = app.extensions["clock"]
    assert isinstance(clock, FixedClock)
    clock.at += timedelta(**by)


def test_a_person_signs_in_and_goes_on_where_they_wanted_to(here: Stage) -> None:
    client = here.app.test_client()
    answer = client.post("/sign-in", data={"who": "100015", "pin": PIN, "next": "/account?tab=1"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account?tab=1")
    assert "Li Mei" in client.get("/account").text
    assert client.get("/sign-in").status_code == 302


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"]
)
def test_signing_in_never_leads_to_another_site(here: Stage, elsewhere: str) -> None:
    client = here.app.test_client()
    answer = client.post("/sign-in", data={"who": "100015", "pin": PIN, "next": elsewhere})
    assert answer.headers["Location"] == "/"


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(here: Stage) -> None:
    client = here.app.test_client()
    data = {"who": "100015", "pin": PIN}
    answer = client.post("/sign-in", data=data, base_url="https://localhost")
    cookie = next(c for c in answer.headers.getlist("Set-Cookie") if "farmgate_device" in c)
    assert {"HttpOnly", "SameSite=Lax", "Secure", "Path=/"} <= set(cookie.split("; "))


def test_a_wrong_pin_is_told_above_the_form_and_nothing_typed_is_lost(here: Stage) -> None:
    answer = here.app.test_client().post("/sign-in", data={"who": "100015", "pin": "9999"})
    assert answer.status_code == 422
    assert "The number or the PIN is wrong." in answer.text
    assert 'value="100015"' in answer.text
    assert "9999" not in answer.text


def test_empty_fields_are_told_and_count_as_no_try(here: Stage) -> None:
    client = here.app.test_client()
    for _ in range(9):
        assert client.post("/sign-in", data={"who": "", "pin": ""}).status_code == 422
    assert sign_in(client) == 303


def test_five_wrong_pins_make_even_the_right_one_wait(here: Stage) -> None:
    client = here.app.test_client()
    assert [sign_in(client, "9999") for _ in range(5)] == [422] * 5
    assert sign_in(client) == 429
    move(here.app, minutes=1)
    assert sign_in(client) == 303


def test_people_with_one_phone_and_one_pin_choose_their_name(here: Stage) -> None:
    na = person("Li Na", RoleKind.FARMER, at_cooperative=here.home, number="100023")
    with transaction() as session:
        pins.set_pin(session, person_id=na.id, pin=PIN, at=AT)
        for one in (here.mei, na):
            session.get_one(Person, one.id).phone = "+8613912345678"
    client = here.app.test_client()
    assert client.get("/sign-in/person").status_code == 409
    answer = client.post("/sign-in", data={"who": "139 1234 5678", "pin": PIN, "next": "/account"})
    page = client.get(answer.headers["Location"])
    assert "Li Mei" in page.text and "Li Na" in page.text
    stranger = person("Wang Fang", RoleKind.MANAGER, at_cooperative=here.home, number="100031")
    client.post("/sign-in/person", data={"person": stranger.id})
    assert client.get("/account").status_code == 302
    client.post("/sign-in/person", data={"person": na.id})
    assert "Li Na" in client.get("/account").text


def test_the_choice_of_a_name_ends_after_some_minutes(here: Stage) -> None:
    client = here.app.test_client()
    with client.session_transaction() as cookie:
        cookie["people_to_choose"] = {"ids": [here.mei.id], "at": AT.isoformat()}
    move(here.app, minutes=6)
    assert client.post("/sign-in/person", data={"person": here.mei.id}).status_code == 409


def test_a_card_shows_whom_it_is_for_and_works_once(here: Stage) -> None:
    na = person("Li Na", RoleKind.FARMER, at_cooperative=here.home, number="100023")
    code = code_for(na.id)
    client = here.app.test_client()
    answer = client.post("/enrol", data={"code": codes.in_groups(code)})
    assert answer.headers["Location"] == f"/enrol/{code}"
    for _ in range(3):
        assert "Welcome, Li Na" in client.get(f"/enrol/{code}").text
    answer = client.post(f"/enrol/{code}", data={"pin": "7413", "again": "7413"})
    assert answer.status_code == 303
    page = client.get("/account").text
    assert "Li Na" in page and "Your member number is 100023" in page
    stranger = here.app.test_client()
    assert stranger.get(f"/enrol/{code}").status_code == 409
    again = stranger.post(f"/enrol/{code}", data={"pin": "9630", "again": "9630"})
    assert again.status_code == 409
    assert sign_in(stranger, "7413", "100023") == 303


def test_enrolling_again_after_a_lost_reply_signs_in_and_changes_nothing(here: Stage) -> None:
    na = person("Li Na", RoleKind.FARMER, at_cooperative=here.home, number="100023")
    code = code_for(na.id)
    data = {"pin": "7413", "again": "7413"}
    here.app.test_client().post(f"/enrol/{code}", data=data)
    client = here.app.test_client()
    assert client.post(f"/enrol/{code}", data=data).status_code == 303
    assert "Li Na" in client.get("/account").text


@pytest.mark.parametrize(
    ("pin", "again", "message"),
    [
        ("1234", "1234", "easy to guess"),
        ("7413", "7414", "not the same"),
        ("", "", "Fill this in"),
        ("74", "74", "4 to 8 digits"),
    ],
)
def test_a_pin_that_cannot_be_used_leaves_the_card_good(
    here: Stage, pin: str, again: str, message: str
) -> None:
    na = person("Li Na", RoleKind.FARMER, at_cooperative=here.home, number="100023")
    code = code_for(na.id)
    client = here.app.test_client()
    answer = client.post(f"/enrol/{code}", data={"pin": pin, "again": again})
    assert answer.status_code == 422
    assert message in answer.text
    assert client.get(f"/enrol/{code}").status_code == 200


def test_guessing_codes_has_to_wait(here: Stage) -> None:
    client = here.app.test_client()
    unknown = codes.with_check_digit("12345678901")
    assert [client.get(f"/enrol/{unknown}").status_code for _ in range(20)] == [404] * 20
    assert client.get(f"/enrol/{unknown}").status_code == 429
    assert client.get(f"/enrol/{code_for(here.mei.id)}").status_code == 429


def test_the_code_is_not_logged(here: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    code = code_for(here.mei.id)
    here.app.test_client().get(f"/enrol/{code}")
    shown = capsys.readouterr()
    assert "/enrol/" in shown.out + shown.err
    assert code not in shown.out + shown.err


def test_a_device_can_be_signed_out_from_another(here: Stage) -> None:
    phone, laptop = here.app.test_client(), here.app.test_client()
    for client in (phone, laptop):
        sign_in(client)
    (address,) = set(re.findall(r"/account/devices/\d+/revocation", laptop.get("/account").text))
    assert laptop.post(address).status_code == 303
    assert phone.get("/account").status_code == 302
    assert laptop.get("/account").status_code == 200


def test_a_foreign_device_cannot_be_signed_out(here: Stage) -> None:
    na = person("Li Na", RoleKind.FARMER, at_cooperative=here.home, number="100023")
    mine, hers = here.app.test_client(), signed_in(here.app.test_client(), na.id)
    sign_in(mine)
    assert mine.post("/account/devices/1/revocation").status_code == 404
    assert hers.get("/account").status_code == 200


def test_changing_the_pin_needs_the_present_one_and_ends_other_sessions(here: Stage) -> None:
    phone, laptop = here.app.test_client(), here.app.test_client()
    for client in (phone, laptop):
        sign_in(client)
    new = {"pin": "7413", "again": "7413"}
    refused = laptop.post("/account/pin", data={"present": "9999", **new})
    assert refused.status_code == 422
    assert "This is not your PIN." in refused.text
    assert phone.get("/account").status_code == 200
    assert laptop.post("/account/pin", data={"present": PIN, **new}).status_code == 303
    assert phone.get("/account").status_code == 302
    assert laptop.get("/account").status_code == 200
    assert sign_in(phone, "7413") == 303


def test_a_device_that_is_used_stays_signed_in(here: Stage) -> None:
    client = here.app.test_client()
    sign_in(client)
    for _ in range(3):
        move(here.app, days=170)
        assert client.get("/account").status_code == 200
    move(here.app, days=181)
    assert client.get("/account").status_code == 302


def demo(app: Flask, **request: object) -> int:
    path = demo_path(app.config["SECRET_KEY"], RoleKind.FARMER)
    return app.test_client().get(path, **request).status_code  # type: ignore[arg-type]


def test_a_demo_link_signs_in_on_this_machine(tmp_path: Path) -> None:
    app = application(tmp_path, demo_links=True)
    person("Li Mei", RoleKind.FARMER, at_cooperative=cooperative(), number="100015")
    assert demo(app) == 303
    assert demo(app, base_url="http://127.0.0.1:8000") == 303
    assert demo(app, base_url="http://[::1]:8000") == 303


def test_a_demo_link_works_nowhere_else(tmp_path: Path, here: Stage) -> None:
    assert demo(here.app) == 404
    app = application(tmp_path / "demo", demo_links=True)
    person("Li Mei", RoleKind.FARMER, at_cooperative=cooperative(), number="100015")
    assert demo(app, environ_base={"REMOTE_ADDR": "192.168.1.7"}) == 404
    assert demo(app, base_url="http://farm.example") == 404
    assert demo(app, headers={"X-Forwarded-For": "203.0.113.7"}) == 404
    for path in ("/demo/farmer", "/demo/farmer?token=x", "/demo/driver?token=", "/demo/god"):
        assert app.test_client().get(path).status_code == 404
    with reading() as session:
        assert session.get(Person, 1) is not None
