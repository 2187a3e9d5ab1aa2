"""After the run, on the manager's page: the odometer, and prices that wait for a tick."""

from __future__ import annotations

from datetime import timedelta

from app.kernel.database import reading, transaction
from app.models import Run
from tests.logistics.pages.conftest import Stage
from tests.logistics.valley import AT

KEY = "a-key-of-the-form"


def test_the_odometer_is_written_down_once_and_a_slip_is_kept_to_be_corrected(
    stage: Stage,
) -> None:
    manager = stage.client("manager")
    assert "No run has ended yet" in manager.get("/runs/recorded").text
    with transaction() as session:
        run = session.get_one(Run, stage.run.id)
        run.started_at, run.finished_at = AT, AT + timedelta(hours=3)
    address = f"/runs/{stage.run.id}/odometer"
    answer = manager.post(address, data={"key": KEY, "driven": "2"})
    assert answer.status_code == 422
    assert "Check the reading" in answer.text and 'value="2"' in answer.text
    for _ in range(2):
        assert manager.post(address, data={"key": KEY + "2", "driven": "98.5"}).status_code == 303
    page = manager.get("/runs/recorded").text
    assert "98.5 km" in page and "3 h 0 min" in page
    with reading() as session:
        assert session.get_one(Run, stage.run.id).driven_m == 98_500


def test_prices_are_published_only_as_they_are_proposed(stage: Stage) -> None:
    manager = stage.client("manager")
    for typed in ("", "x", "1:2"):
        answer = manager.post("/runs/recorded/prices", data={"key": KEY, "price": typed})
        assert answer.status_code == 422
    answer = manager.post("/runs/recorded/prices", data={"key": KEY, "price": "1:1:900"})
    assert answer.status_code == 422
    assert "The proposal has changed meanwhile" in answer.text
