"""The checklist of a new cooperative, and failed background work."""

from __future__ import annotations

from app.kernel.database import reading, transaction
from app.models import Job, JobQueue, JobState, RoleKind
from tests.market import AT
from tests.pages.setup.conftest import Stage
from tests.web.stage import cooperative, person, signed_in


def test_a_new_cooperative_is_told_all_that_is_missing(stage: Stage) -> None:
    home = cooperative(slug="new", name="New Hills")
    manager = person("Yao Qiang", RoleKind.MANAGER, at_cooperative=home, number="70001")
    client = signed_in(stage.app.test_client(), manager.id, at=AT)
    page = client.get("/set-up/first-hour").text
    for words in (
        "Add the hub where the trucks unload",
        "Add the villages",
        "Add a shop",
        "Add the truck",
        "Choose from the catalogue",
        "Choose the weekdays",
        "Enrol farmers",
    ):
        assert words in page
    # Freight, fees and the leg between hubs can only be missing once there are places.
    assert "3 of 13 steps done" in page
    for address in ("villages", "hubs", "shops", "vehicles", "crops", "fees", "freight"):
        assert client.get(f"/set-up/{address}").status_code == 200


def test_a_set_up_cooperative_is_told_the_rest(stage: Stage) -> None:
    page = stage.manager().get("/set-up/first-hour").text
    assert "Add the truck" not in page
    assert "Choose the weekdays" not in page


def _job(key: str, cooperative_id: int, state: JobState) -> int:
    with transaction() as session:
        job = Job(
            kind="plan",
            key=key,
            queue=JobQueue.SOLVE,
            payload={},
            cooperative_id=cooperative_id,
            state=state,
            error={"code": "x", "message": "No roads within %(km)s km.", "figures": {"km": 3}},
            created_at=AT,
        )
        session.add(job)
        session.flush()
        return job.id


def test_failed_work_shows_its_reason_and_is_tried_again(stage: Stage) -> None:
    client = stage.manager()
    job_id = _job("plan:1", stage.market.cooperative_id, JobState.FAILED)
    foreign = _job("plan:2", stage.other.cooperative_id, JobState.FAILED)
    assert "No roads within 3 km." in client.get("/set-up/background").text
    address = "/set-up/background/{}/retry"
    assert client.post(address.format(foreign), data={"key": "f" * 16}).status_code == 404
    assert client.post(address.format(job_id), data={"key": "r" * 16}).status_code == 303
    assert client.post(address.format(job_id), data={"key": "s" * 16}).status_code == 422
    with reading() as session:
        assert session.get_one(Job, job_id).state is JobState.WAITING
        assert session.get_one(Job, foreign).state is JobState.FAILED
