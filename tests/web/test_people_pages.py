import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.kernel.database import reading, transaction
from app.models import Cooperative, Enrolment, Person, RoleKind, Village
from app.people import pins
from app.people.roles import roles_of
from tests.web.stage import AT, application, cooperative, person, signed_in

KEY = "f" * 32


@dataclass(frozen=True)
class Stage:
    app: Flask
    home: Cooperative
    village: Village
    boss: FlaskClient


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Stage]:
    app = application(tmp_path)
    home = cooperative()
    with transaction() as session:
        village = Village(cooperative_id=home.id, name="Longma", local_name="龙马")
        session.add(village)
    boss = person("Wang Fang", RoleKind.MANAGER, at_cooperative=home, number="100031")
    yield Stage(app, home, village, signed_in(app.test_client(), boss.id))


def enrolment(here: Stage, **changed: object) -> dict[str, object]:
    return {
        "name": "Li Mei",
        "phone": "139 1234 5678",
        "language": "zh",
        "kind": "farmer",
        "village": here.village.id,
        "key": KEY,
    } | changed


def shown_code(page: str) -> str:
    (code,) = re.findall(r"\d{4} \d{4} \d{4}", page)
    return str(code).replace(" ", "")


def people_count() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Person)) or 0


def test_a_manager_enrols_a_farmer_who_then_signs_in_with_the_code(here: Stage) -> None:
    answer = here.boss.post("/people/new", data=enrolment(here))
    page = here.boss.get(answer.headers["Location"])
    assert "Longma 龙马" in page.text
    assert "<svg" in page.text
    code = shown_code(page.text)
    assert not re.findall(r"\d{4} \d{4} \d{4}", here.boss.get(answer.headers["Location"]).text)
    farmer = here.app.test_client()
    farmer.post(f"/enrol/{code}", data={"pin": "2580", "again": "2580"})
    assert "Li Mei" in farmer.get("/account").text


def test_sending_the_enrolment_twice_makes_one_person(here: Stage) -> None:
    first = here.boss.post("/people/new", data=enrolment(here))
    second = here.boss.post("/people/new", data=enrolment(here))
    assert first.headers["Location"] == second.headers["Location"]
    assert people_count() == 2


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"name": ""}, "Name: Fill this in."),
        ({"phone": "12"}, "no phone number we can call"),
        ({"kind": "king"}, "Role: Choose one of the answers."),
        ({"village": ""}, "Village: Fill this in."),
        ({"village": "99"}, "Village: Choose one of the answers."),
        ({"kind": "shopkeeper"}, "Shop: Fill this in."),
        ({"kind": "hub_worker"}, "Hub: Fill this in."),
        ({"language": "sw"}, "does not offer this language"),
    ],
)
def test_a_wrong_field_is_told_and_everything_typed_stays(
    here: Stage, changed: dict[str, object], message: str
) -> None:
    answer = here.boss.post("/people/new", data=enrolment(here, **changed))
    assert answer.status_code == 422
    assert message in answer.text
    assert f'value="{changed.get("phone", "139 1234 5678")}"' in answer.text
    assert people_count() == 1


def test_people_are_searched_and_narrowed_by_role(here: Stage) -> None:
    here.boss.post("/people/new", data=enrolment(here))
    assert "Wang Fang" not in here.boss.get("/people?search=mei").text.split("<table")[1]
    assert "Li Mei" not in here.boss.get("/people?role=manager").text
    assert "Nobody found" in here.boss.get("/people?search=nobody").text
    assert here.boss.get("/people?role=king&after=12345").status_code == 200


def test_a_long_list_is_paged_by_key(here: Stage) -> None:
    for number in range(60):
        person(
            f"Farmer {number:02}", RoleKind.FARMER, at_cooperative=here.home, number=f"3{number:02}"
        )
    first = here.boss.get("/people").text
    (address,) = re.findall(r'href="(/people\?[^"]*after=\d+)"', first)
    second = here.boss.get(address.replace("&amp;", "&")).text
    listed = re.findall(r"Farmer \d\d", first) + re.findall(r"Farmer \d\d", second)
    assert listed == [f"Farmer {number:02}" for number in range(60)]


def test_a_reset_shows_a_new_code_and_signs_the_person_out(here: Stage) -> None:
    mei = person("Li Mei", RoleKind.FARMER, at_cooperative=here.home, number="100015")
    with transaction() as session:
        pins.set_pin(session, person_id=mei.id, pin="2580", at=AT)
    phone = signed_in(here.app.test_client(), mei.id)
    answer = here.boss.post(f"/people/{mei.id}/code", data={"key": KEY})
    assert phone.get("/account").status_code == 302
    code = shown_code(here.boss.get(answer.headers["Location"]).text)
    assert here.app.test_client().get(f"/enrol/{code}").status_code == 200


def test_roles_are_given_and_ended_but_the_last_manager_stays(here: Stage) -> None:
    mei = person("Li Mei", RoleKind.BUYER, at_cooperative=here.home, number="100015")
    given = {"kind": "village_lead", "village": here.village.id, "key": KEY}
    assert here.boss.post(f"/people/{mei.id}/roles", data=given).status_code == 303
    with reading() as session:
        buyer, lead = roles_of(session, mei.id)
        (manager,) = roles_of(session, 1)
    assert lead.village_id == here.village.id
    ended = here.boss.post(f"/people/{mei.id}/roles/{buyer.id}/end", data={"key": "e" * 32})
    assert ended.status_code == 303
    refused = here.boss.post(f"/people/1/roles/{manager.id}/end", data={"key": "g" * 32})
    assert refused.status_code == 422
    assert "This is the only manager." in refused.text
    with reading() as session:
        assert [role.kind for role in roles_of(session, mei.id)] == [RoleKind.VILLAGE_LEAD]


def test_details_are_put_right_and_a_wrong_phone_is_told(here: Stage) -> None:
    mei = person("Li Mei", RoleKind.FARMER, at_cooperative=here.home, number="100015")
    details = {"name": "Li Meihua", "phone": "12", "language": "zh", "key": KEY}
    refused = here.boss.post(f"/people/{mei.id}/details", data=details)
    assert refused.status_code == 422
    assert 'value="Li Meihua"' in refused.text
    here.boss.post(f"/people/{mei.id}/details", data=details | {"phone": ""})
    with reading() as session:
        changed = session.get_one(Person, mei.id)
    assert (changed.name, changed.phone, changed.language) == ("Li Meihua", None, "zh")


def test_cards_are_printed_in_each_persons_language_with_good_codes(here: Stage) -> None:
    mei = person("Li Mei", RoleKind.FARMER, at_cooperative=here.home, number="100015")
    na = person("Li Na", RoleKind.FARMER, at_cooperative=here.home, number="100023")
    with transaction() as session:
        session.get_one(Person, na.id).language = "zh"
    page = here.boss.get("/people/cards").text
    assert f'value="{mei.id}" checked' in page
    printed = here.boss.post("/people/cards", data={"person": [mei.id, na.id], "key": KEY}).text
    assert printed.count('class="enrolment-card"') == printed.count("<svg xmlns") == 2
    assert 'lang="zh"' in printed and 'lang="en"' in printed
    codes_shown = re.findall(r"\d{4} \d{4} \d{4}", printed)
    for code, name in zip(codes_shown, ("Li Mei", "Li Na"), strict=True):
        assert name in here.app.test_client().get(f"/enrol/{code.replace(' ', '')}").text


def test_cards_need_somebody_and_never_a_foreign_person(here: Stage) -> None:
    refused = here.boss.post("/people/cards", data={"key": KEY})
    assert refused.status_code == 422
    assert "Tick at least one person." in refused.text
    elsewhere = cooperative(slug="badong", name="Badong")
    foreign = person("Zhao Lei", RoleKind.FARMER, at_cooperative=elsewhere, number="100040")
    assert here.boss.post("/people/cards", data={"person": foreign.id}).status_code == 404
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Enrolment)) == 0


def test_a_manager_meets_no_person_of_another_cooperative(here: Stage) -> None:
    elsewhere = cooperative(slug="badong", name="Badong")
    foreign = person("Zhao Lei", RoleKind.FARMER, at_cooperative=elsewhere, number="100040")
    with reading() as session:
        (role,) = roles_of(session, foreign.id)
    assert here.boss.get(f"/people/{foreign.id}").status_code == 404
    assert "Zhao Lei" not in here.boss.get("/people").text
    for address in ("details", "roles", f"roles/{role.id}/end", "code"):
        data = enrolment(here, kind="buyer", language="en")
        assert here.boss.post(f"/people/{foreign.id}/{address}", data=data).status_code in (
            404,
            422,
        )
    with reading() as session:
        assert session.get_one(Person, foreign.id).name == "Zhao Lei"
        assert len(roles_of(session, foreign.id)) == 1
