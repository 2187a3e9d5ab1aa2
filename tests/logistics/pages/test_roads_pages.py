"""The manager's road map and closed roads, as pages."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from click.testing import CliRunner
from sqlalchemy import select

from app.cli import cli
from app.jobs.registry import Registry
from app.jobs.running import Workshop, run
from app.kernel.clock import FixedClock
from app.kernel.database import bound, reading, transaction
from app.models import RoadClosure, RoadExtract
from app.models.jobs import Job
from logistics.services import road_maps, road_settings
from tests.logistics import tiny_roads
from tests.logistics.pages.conftest import Stage
from tests.logistics.valley import AT, ON

KEY = "a-key-of-the-form"


def _upload(stage: Stage, data: bytes, name: str = "enshi.osm", key: str = KEY) -> object:
    manager = stage.client("manager")
    return manager.post(
        "/set-up/roads/maps",
        data={"key": key, "file": (BytesIO(data), name)},
        content_type="multipart/form-data",
    )


def _work() -> None:
    registry = Registry()
    registry.add(road_maps.KIND, road_maps.handle_build)
    with reading() as session:
        job_ids = session.scalars(select(Job.id).where(Job.kind == road_maps.KIND)).all()
    for job_id in job_ids:
        run(Workshop(bound(), FixedClock(AT), registry, "worker"), job_id=job_id)


def test_a_map_is_uploaded_once_built_in_the_background_and_credited(
    stage: Stage, tmp_path: Path
) -> None:
    manager = stage.client("manager")
    page = manager.get("/set-up/roads").text
    assert "from straight lines" in page
    data = tiny_roads.write(tmp_path / "tiny.osm").read_bytes()
    for _ in range(2):
        assert _upload(stage, data).status_code == 303
    with reading() as session:
        assert len(session.scalars(select(RoadExtract)).all()) == 1
    assert "enshi.osm is being built." in manager.get("/set-up/roads").text
    _work()
    page = manager.get("/set-up/roads").text
    assert "© OpenStreetMap contributors" in page and "is being built" not in page
    assert "no road within 100 m" in page
    with reading() as session:
        extract_id = session.scalars(select(RoadExtract.id)).one()
    manager.post(f"/set-up/roads/maps/{extract_id}/retirement", data={"key": KEY + "2"})
    assert "from straight lines" in manager.get("/set-up/roads").text


def test_a_wrong_broken_or_missing_file_is_answered_clearly(stage: Stage) -> None:
    manager = stage.client("manager")
    for data, name in ((b"x", "photo.jpg"), (b"", "empty.osm.pbf")):
        answer = _upload(stage, data, name)
        assert answer.status_code == 422
        assert "a file that ends in .osm.pbf" in answer.text
    assert manager.post("/set-up/roads/maps", data={"key": KEY}).status_code == 422
    assert _upload(stage, b"\x00\x00\x00\x0dnonsense", "cut.osm.pbf").status_code == 303
    _work()
    page = manager.get("/set-up/roads").text
    assert "cut.osm.pbf could not be used: This file cannot be read" in page


def test_a_map_may_be_larger_than_other_uploads_but_only_from_a_manager(stage: Stage) -> None:
    stage.app.config["MAX_CONTENT_LENGTH"] = 1_000
    assert _upload(stage, b"<osm " + b" " * 5_000, "large.osm").status_code == 303
    driver = stage.client("driver")
    answer = driver.post(
        "/set-up/roads/maps",
        data={"key": KEY, "file": (BytesIO(b" " * 5_000), "large.osm")},
        content_type="multipart/form-data",
    )
    assert answer.status_code in (403, 413)


def test_a_village_is_closed_for_a_day_and_opened_again(stage: Stage) -> None:
    manager = stage.client("manager")
    village = stage.valley.villages["Tunbao"]
    given = {"key": KEY, "on": ON.isoformat(), "village": str(village.id), "reason": "landslide"}
    for _ in range(2):
        assert manager.post("/roads/closures", data=given).status_code == 303
    page = manager.get("/roads/closures").text
    assert "landslide" in page and "Tunbao" in page
    with reading() as session:
        closure = session.scalars(select(RoadClosure)).one()
    manager.post(f"/roads/closures/{closure.id}/end", data={"key": KEY + "2"})
    assert "No road is closed" in manager.get("/roads/closures").text


def test_a_closure_without_a_place_or_in_the_past_keeps_what_was_typed(stage: Stage) -> None:
    manager = stage.client("manager")
    answer = manager.post(
        "/roads/closures", data={"key": KEY, "on": ON.isoformat(), "village": "", "reason": "why"}
    )
    assert answer.status_code == 422 and 'value="why"' in answer.text
    answer = manager.post(
        "/roads/closures",
        data={"key": KEY, "on": "2020-01-01", "village": "", "lat": "x", "lon": "109"},
    )
    assert answer.status_code == 422


def test_the_command_builds_a_map_too(stage: Stage, tmp_path: Path) -> None:
    path = tiny_roads.write(tmp_path / "tiny.osm")
    environment = {
        "FARMGATE_INSTANCE_DIR": str(stage.app.config["INSTANCE_DIR"]),
        "FARMGATE_DATABASE_URL": str(bound().url),
    }
    for _ in range(2):
        result = CliRunner().invoke(cli, ["roads", "build", str(path)], env=environment)
        assert result.exit_code == 0, result.output
        assert "is in use" in result.output
    path.write_text("no map")
    result = CliRunner().invoke(cli, ["roads", "build", str(path)], env=environment)
    assert result.exit_code == 1
    assert "cannot be read as an OpenStreetMap extract" in result.output
    with transaction() as session:
        assert session.scalars(select(RoadExtract)).one().built_at is not None


def test_the_settings_of_the_application_are_bound(stage: Stage) -> None:
    assert road_settings.bound() is not None
