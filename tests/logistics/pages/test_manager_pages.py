"""The manager plans, reads, publishes, prints, and keeps standing routes."""

from __future__ import annotations

import json
from dataclasses import replace

from sqlalchemy import func, select

from app.jobs.registry import Registry
from app.jobs.running import Workshop, run
from app.kernel.clock import FixedClock
from app.kernel.database import bound, reading, transaction
from app.models import (
    MarketDay,
    MarketDayState,
    MarketDayStep,
    Message,
    Plan,
    Run,
    VillageRoute,
)
from app.models.jobs import Job
from logistics.pages import schematic
from logistics.services import plan_reading
from logistics.services.jobs import KIND, handle_plan
from tests.logistics.pages.conftest import Stage
from tests.logistics.valley import AT

KEY = "a-key-of-the-form"


def _plan_address(stage: Stage) -> str:
    return f"/market-days/{stage.valley.day.id}/hubs/{stage.valley.hub.id}/plan"


def test_the_plan_page_names_runs_reasons_line_haul_and_the_drawing(stage: Stage) -> None:
    page = stage.client("manager").get(f"/plans/{stage.plan_id}").text
    for words in ("Truck 1", "Longfeng", "Tunbao", "Village coach", "Schematic, not a road map"):
        assert words in page
    assert "The place of this village is not known. Set a pin on the map." in page
    assert "Hu Ping" not in page
    assert "estimated from straight lines" in page
    assert "style=" not in page


def test_plan_again_is_asked_once_shown_while_it_runs_and_then_there(stage: Stage) -> None:
    manager = stage.client("manager")
    for _ in range(2):
        response = manager.post(_plan_address(stage), data={"key": KEY})
        assert response.status_code == 303
    with reading() as session:
        job_id = session.scalars(select(Job.id).where(Job.kind == KIND)).one()
    assert "The routes are being planned." in manager.get(_plan_address(stage)).text
    registry = Registry()
    registry.add(KIND, handle_plan)
    run(Workshop(bound(), FixedClock(AT), registry, "worker"), job_id=job_id)
    page = manager.get(_plan_address(stage)).text
    assert "The routes are being planned." not in page
    assert "Publish" in page


def test_a_plan_is_published_once_with_its_button(stage: Stage) -> None:
    with transaction() as session:
        stage.valley.session = session
        plan_id = stage.valley.plan(publish=False)
    manager = stage.client("manager")
    response = manager.post(f"/plans/{plan_id}/publication", data={"key": KEY})
    assert (response.status_code, response.location) == (303, f"/plans/{plan_id}")
    old = manager.post(f"/plans/{stage.plan_id}/publication", data={"key": "another-key"})
    assert old.status_code == 422
    assert "A newer plan has replaced this one." in old.text
    with reading() as session:
        assert session.get_one(Plan, stage.plan_id).replaced_at == AT


def test_only_a_manager_publishes(stage: Stage) -> None:
    with transaction() as session:
        stage.valley.session = session
        plan_id = stage.valley.plan(publish=False)
    for who, status in (("driver", 403), ("lead", 403), ("foreign manager", 404)):
        response = stage.client(who).post(f"/plans/{plan_id}/publication", data={"key": KEY})
        assert response.status_code == status
    with reading() as session:
        assert session.get_one(Plan, plan_id).published_at is None


def test_publishing_moves_the_market_day_on(stage: Stage) -> None:
    with transaction() as session:
        session.get_one(MarketDay, stage.valley.day.id).state = MarketDayState.CLEARED
        stage.valley.session = session
        plan_id = stage.valley.plan(publish=False)
    manager = stage.client("manager")
    for key in (KEY, KEY, "another-key-of-it"):
        response = manager.post(f"/plans/{plan_id}/publication", data={"key": key})
        assert response.status_code == 303
    with reading() as session:
        assert session.get_one(MarketDay, stage.valley.day.id).state is MarketDayState.PLANNED
        steps = session.scalars(select(MarketDayStep.name)).all()
    assert steps == ["plan"]


def test_another_driver_is_put_on_a_run_and_told(stage: Stage) -> None:
    manager = stage.client("manager")
    other = stage.people["other driver"]
    address = f"/runs/{stage.run.id}/driver"
    typed = {"key": KEY, "driver": str(other.id)}
    assert stage.client("other driver").post(address, data=typed).status_code == 403
    assert stage.client("foreign manager").post(address, data=typed).status_code == 404
    wrong = manager.post(address, data={"key": KEY, "driver": str(stage.people["buyer"].id)})
    assert wrong.status_code == 422
    assert manager.post(address, data=typed).status_code == 303
    with reading() as session:
        assert session.get_one(Run, stage.run.id).driver_id == other.id
        told = session.scalars(
            select(Message.person_id).where(Message.kind == "run_assigned").order_by(Message.id)
        ).all()
    assert told == [stage.valley.driver.id, other.id]
    assert stage.client("driver").get(f"/runs/{stage.run.id}").status_code == 403


def test_run_sheets_list_every_lot_with_room_for_its_weight(stage: Stage) -> None:
    page = stage.client("manager").get(f"/plans/{stage.plan_id}/run-sheets").text
    for words in ("Wu Mei", "Yang Hua", "Tan Jun", "60 kg", "80 kg", "Signed", "<svg"):
        assert words in page
    assert "Hu Ping" not in page


def test_a_run_sheet_comes_as_a_pdf_where_that_can_be_made(stage: Stage) -> None:
    response = stage.client("driver").get(f"/runs/{stage.run.id}/sheet?format=pdf")
    assert response.status_code == 200
    assert response.data.startswith(b"%PDF") or response.mimetype == "text/html"


def test_a_run_is_saved_as_a_village_route_and_changed(stage: Stage) -> None:
    manager = stage.client("manager")
    prefilled = manager.get(f"/village-routes/new?run={stage.run.id}").text
    assert prefilled.count("selected") >= 3
    villages = [str(stage.valley.villages[name].id) for name in ("Tunbao", "Longfeng")]
    typed = {
        "key": KEY,
        "name": "Northern milk run",
        "weekdays": ["1", "4"],
        "vehicle": str(stage.valley.truck.id),
        "starts": "05:30",
        "villages": [*villages, ""],
    }
    assert manager.post("/village-routes", data=typed).status_code == 303
    assert "Tunbao → Longfeng" in manager.get("/village-routes").text
    with reading() as session:
        route = session.scalars(select(VillageRoute)).one()
    changed = {**typed, "key": "another-key", "villages": villages[::-1]}
    address = f"/village-routes/{route.id}"
    assert manager.post(address, data=changed).status_code == 303
    assert "Longfeng → Tunbao" in manager.get("/village-routes").text
    assert stage.client("foreign manager").post(address, data=changed).status_code == 404
    manager.post(f"{address}/retirement", data={"key": "a-third-key"})
    assert "Northern milk run" not in manager.get("/village-routes").text


def test_a_faulty_village_route_keeps_what_was_typed(stage: Stage) -> None:
    typed = {"key": KEY, "name": "Half a route", "starts": "25:99", "weekdays": ["1"]}
    response = stage.client("manager").post("/village-routes", data=typed)
    assert response.status_code == 422
    assert "Half a route" in response.text
    with reading() as session:
        assert session.scalar(select(func.count(VillageRoute.id))) == 0


def test_every_place_is_on_the_drawing_and_no_name_covers_another(stage: Stage) -> None:
    with reading() as session:
        view = plan_reading.read_plan(session, plan_id=stage.plan_id)
    drawing = schematic.draw(view)
    assert drawing is not None
    for mark in drawing.marks:
        assert 0 <= mark.x <= schematic.WIDTH
        assert 0 <= mark.y <= schematic.HEIGHT
    assert {label.text for label in drawing.labels} == {"Enshi hub", "Longfeng", "Tunbao"}
    # The bar is as long as its figure says: two villages 19 km apart check it.
    assert drawing.bar_m in {1_000, 2_000, 5_000, 10_000}
    assert schematic.draw(replace(view, hub_where=None)) is None


def test_the_map_gets_its_places_only_where_tiles_are_configured(stage: Stage) -> None:
    manager = stage.client("manager")
    assert "data-plan-map" not in manager.get(f"/plans/{stage.plan_id}").text
    stage.app.config["TILE_ADDRESS"] = "https://tiles.example.org/{z}/{x}/{y}.png"
    page = manager.get(f"/plans/{stage.plan_id}").text
    if "data-plan-map" in page:
        assert json.dumps("Longfeng")[1:-1] in page
