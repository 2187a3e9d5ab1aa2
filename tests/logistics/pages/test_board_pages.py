"""The board's pages and forms, as a browser without any script and as a script sees them."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import func, select

from app.kernel.database import reading, transaction
from app.models import Message, Plan, PlanEdit
from logistics.services import drafts
from tests.logistics.pages.conftest import Stage
from tests.logistics.valley import AT

JSON = {"Accept": "application/json"}


@pytest.fixture
def plan_id(stage: Stage) -> int:
    with transaction() as session:
        stage.valley.session = session
        stage.valley.vehicle("Truck 2")
        return stage.valley.plan(publish=False)


def _board(stage: Stage, plan_id: int) -> str:
    return stage.client("manager").get(f"/plans/{plan_id}/board").text


def _first(page: str) -> tuple[str, str]:
    """Return the first stop on a truck and where it is."""
    found = re.search(r'data-stop="(\d+)" data-at="(\d+:\d+:\d+)"', page)
    assert found is not None
    return found[1], found[2]


def test_the_board_opens_with_the_exceptions_and_publish(stage: Stage, plan_id: int) -> None:
    page = _board(stage, plan_id)
    order = [page.index(words) for words in ("Publish", "1 stop has no truck", "Truck 1")]
    assert order == sorted(order)
    assert "Schematic, not a road map" in page
    assert "style=" not in page


def test_a_move_by_a_plain_form_is_made_once(stage: Stage, plan_id: int) -> None:
    stop, at = _first(_board(stage, plan_id))
    manager = stage.client("manager")
    fields = {"key": "move-it-now", "seen": "0", "stop": stop, "origin": at, "vehicle": ""}
    for _ in range(2):
        response = manager.post(f"/plans/{plan_id}/board/moves", data=fields)
        assert (response.status_code, response.location) == (303, f"/plans/{plan_id}/board")
    page = _board(stage, plan_id)
    assert "2 stops have no truck" in page
    assert "1 change by hand." in page
    with reading() as session:
        assert session.scalar(select(func.count(PlanEdit.id))) == 1


def test_a_script_gets_only_the_parts_that_changed(stage: Stage, plan_id: int) -> None:
    stop, at = _first(_board(stage, plan_id))
    fields = {"key": "move-it-now", "seen": "0", "stop": stop, "origin": at, "target": ""}
    answer = stage.client("manager").post(
        f"/plans/{plan_id}/board/moves", data=fields, headers=JSON
    )
    body = answer.get_json()
    assert answer.status_code == 200
    assert body["version"] == 1
    columns = {name for name in body["parts"] if name.startswith("route-")}
    assert columns == {f"route-{at.split(':')[0]}"}
    assert body["message"] == "Changed. No limit is broken."


def test_a_later_change_is_told_of_the_earlier_one(stage: Stage, plan_id: int) -> None:
    stop, at = _first(_board(stage, plan_id))
    manager = stage.client("manager")
    fields = {"seen": "0", "stop": stop, "origin": at, "vehicle": ""}
    manager.post(f"/plans/{plan_id}/board/moves", data={**fields, "key": "the-first-one"})
    late = manager.post(f"/plans/{plan_id}/board/moves", data={**fields, "key": "the-second"})
    assert late.status_code == 422
    assert "Chen Li changed the board meanwhile." in late.text
    again = manager.post(
        f"/plans/{plan_id}/board/moves", data={**fields, "key": "by-a-script"}, headers=JSON
    )
    assert again.status_code == 422
    assert again.get_json()["version"] == 1
    assert "Chen Li changed the board meanwhile." in again.get_json()["message"]


@pytest.mark.parametrize(
    "odd",
    [
        {"seen": "0", "stop": "999", "origin": "", "target": "1:0:0"},
        {"seen": "0", "stop": "1", "origin": "x", "target": ""},
        {"seen": "0", "stop": "1", "origin": "1:0", "target": ""},
        {"seen": "0", "stop": "1", "origin": "1:0:0", "vehicle": "1", "number": "²"},
        {"seen": "no", "stop": "1", "origin": "", "target": ""},
        {"seen": "0"},
    ],
)
def test_odd_fields_are_refused_with_a_reason(
    stage: Stage, plan_id: int, odd: dict[str, str]
) -> None:
    for headers in ({}, JSON):
        answer = stage.client("manager").post(
            f"/plans/{plan_id}/board/moves", data={"key": "odd-fields", **odd}, headers=headers
        )
        assert answer.status_code == 422
    with reading() as session:
        assert drafts.read_draft(session, plan_id=plan_id).version == 0


def test_a_village_without_a_pin_cannot_be_put_on_a_truck(stage: Stage, plan_id: int) -> None:
    lost = stage.valley.villages["Lost village"].id
    vehicle = stage.valley.truck.id
    fields = {"key": "put-it-there", "seen": "0", "stop": str(lost), "origin": ""}
    answer = stage.client("manager").post(
        f"/plans/{plan_id}/board/moves", data={**fields, "target": f"{vehicle}:0:0"}
    )
    assert answer.status_code == 422
    assert "The place of Lost village is not known." in answer.text
    panel = stage.client("manager").get(f"/plans/{plan_id}/board?chosen=stop:{lost}").text
    assert "The place of this village is not known." in panel


def test_a_draft_is_published_and_the_days_plan_from_then_on(stage: Stage, plan_id: int) -> None:
    stop, at = _first(_board(stage, plan_id))
    manager = stage.client("manager")
    move = {"key": "move-it-now", "seen": "0", "stop": stop, "origin": at, "vehicle": ""}
    manager.post(f"/plans/{plan_id}/board/moves", data=move)
    for _ in range(2):
        answer = manager.post(
            f"/plans/{plan_id}/board/publication", data={"key": "publish-it", "seen": "1"}
        )
        assert answer.status_code == 303
    with reading() as session:
        newest = session.scalars(select(Plan).order_by(Plan.id.desc())).first()
        assert newest is not None
        assert newest.published_at == AT
        assert answer.location == f"/plans/{newest.id}"
        called_off = session.scalars(
            select(Message.person_id).where(Message.kind == "truck_called_off")
        ).all()
        assert called_off
    old = manager.post(f"/plans/{plan_id}/board/moves", data={**move, "key": "too-late-now"})
    assert old.status_code == 422


def test_plans_are_compared_village_by_village(stage: Stage, plan_id: int) -> None:
    stop, at = _first(_board(stage, plan_id))
    manager = stage.client("manager")
    same = manager.get(f"/plans/{plan_id}/comparison?with={plan_id}").text
    assert "Every village keeps its truck and its hour" in same
    move = {"key": "move-it-now", "seen": "0", "stop": stop, "origin": at, "vehicle": ""}
    manager.post(f"/plans/{plan_id}/board/moves", data=move)
    page = manager.get(f"/plans/{plan_id}/comparison").text
    assert "Villages with another truck or hour" in page
    assert "no truck" in page


def test_the_time_chart_has_a_row_for_each_truck_that_drives(stage: Stage, plan_id: int) -> None:
    page = stage.client("manager").get(f"/plans/{plan_id}/times").text
    assert page.count("<title>") >= 2
    assert "Longfeng" in page


def test_locks_are_set_and_let_go_by_forms(stage: Stage, plan_id: int) -> None:
    stop, at = _first(_board(stage, plan_id))
    vehicle = at.split(":")[0]
    manager = stage.client("manager")
    locks: list[dict[str, str]] = [
        {"stop": stop},
        {"vehicle": vehicle, "count": "1"},
        {"vehicle": vehicle},
    ]
    seen = 0
    for lock in locks:
        for locked in ("1", "0"):
            answer = manager.post(
                f"/plans/{plan_id}/board/locks",
                data={"key": f"lock-{seen:05}", "seen": str(seen), "locked": locked, **lock},
            )
            assert answer.status_code == 303
            seen += 1
            page = _board(stage, plan_id)
            assert ('class="lock"' in page) is (locked == "1")
