"""Tests of taking photos in: once each, whole, and never against the lot."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select

from app.jobs.registry import Registry
from app.jobs.running import Workshop, run
from app.kernel.clock import FixedClock
from app.media.render import NotAPhoto, PhotoTooBig
from app.media.services import (
    JOB_KIND,
    Outcome,
    PhotoMissing,
    make_sizes,
    original_of,
    photo_work,
    process,
    reason_message,
    receive,
    settle,
)
from app.media.store import FileMissing, FolderStore
from app.models import Cooperative, Crop, Grade, Lot, Person, Photo, PhotoState, Village
from app.models.jobs import Job
from tests.media.pictures import encoded, exif, field

NOON = datetime(2026, 5, 4, 4, tzinfo=UTC)
GOOD = encoded(field(), exif=exif(6))


@pytest.fixture
def store(tmp_path):
    return FolderStore(tmp_path / "files")


@pytest.fixture
def lot(database):
    """Return the ids of a lot and of the farmer who listed it."""
    with database.transaction() as session:
        home = Cooperative(
            name="Enshi Hill Farmers", slug="enshi", country="CN", currency="CNY",
            time_zone="Asia/Shanghai", languages=["zh"], created_at=NOON,
        )  # fmt: skip
        session.add(home)
        session.flush()
        farmer = Person(name="Tan Wei", member_number="101", language="zh", created_at=NOON)
        village = Village(cooperative_id=home.id, name="Baiyangping")
        crop = Crop(cooperative_id=home.id, code="potato", names={"en": "potato"}, category="root")
        session.add_all([farmer, village, crop])
        session.flush()
        row = Lot(
            cooperative_id=home.id, farmer_id=farmer.id, village_id=village.id, crop_id=crop.id,
            grade=Grade.CLASS_I, quantity_g=50_000, unit_code="kg", unit_grams=1000, ask_minor=300,
            ready_from_on=date(2026, 5, 5), ready_until_on=date(2026, 5, 6),
            listed_by_id=farmer.id, key="k", listed_at=NOON,
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row.id, farmer.id


def send(database, store, lot, data, key="photo-1"):
    with database.transaction() as session:
        return receive(
            session, store=store, lot_id=lot[0], person_id=lot[1], key=key, data=data, at=NOON
        ).id


def test_a_photo_becomes_two_sizes_and_its_original_goes(database, store, lot):
    photo_id = send(database, store, lot, GOOD)
    with database.transaction() as session:
        original = original_of(session, photo_id=photo_id)
        photo = process(session, store=store, photo_id=photo_id)
    assert (photo.state, photo.reason, photo.original) == (PhotoState.READY, None, None)
    assert photo.sizes["large"]["width"] == 480
    for size in ("thumbnail", "thumbnail_plain", "large"):
        assert len(store.get(photo.sizes[size]["name"])) == photo.sizes[size]["bytes"]
    with pytest.raises(FileMissing):
        store.get(original)


def test_the_same_key_is_the_same_photo_and_one_job(database, store, lot):
    assert send(database, store, lot, GOOD) == send(database, store, lot, b"other bytes")
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Photo)) == 1
        jobs = session.scalars(select(Job).where(Job.kind == JOB_KIND)).all()
        assert [job.payload for job in jobs] == [{"photo_id": 1}]
        assert store.get(original_of(session, photo_id=1)) == GOOD


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"no picture", "not_a_photo"), (GOOD[:700], "photo_broken"),
     (GOOD + b"<script>", "photo_hostile")],
)  # fmt: skip
def test_a_bad_file_is_refused_with_its_reason_and_the_lot_survives(
    database, store, lot, data, reason
):
    photo_id = send(database, store, lot, data)
    with database.transaction() as session:
        photo = process(session, store=store, photo_id=photo_id)
    assert (photo.state, photo.reason, photo.sizes) == (PhotoState.REFUSED, reason, {})
    assert reason_message(photo.reason) != reason_message("")
    with database.reading() as session:
        assert session.get(Lot, lot[0]) is not None


@pytest.mark.parametrize(("data", "refusal"), [(b"", NotAPhoto), (b"x" * 16_000_001, PhotoTooBig)])
def test_nothing_and_far_too_much_are_refused_at_once(database, store, lot, data, refusal):
    with pytest.raises(refusal):
        send(database, store, lot, data)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Photo)) == 0


def test_work_cut_off_before_its_commit_is_done_again_with_one_result(database, store, lot):
    photo_id = send(database, store, lot, GOOD)
    with pytest.raises(KeyboardInterrupt), database.transaction() as session:
        process(session, store=store, photo_id=photo_id)
        raise KeyboardInterrupt
    with database.reading() as session:
        assert session.get(Photo, photo_id).state is PhotoState.RECEIVED
        original = original_of(session, photo_id=photo_id)
    assert store.get(original) == GOOD
    assert make_sizes(store, original=original) == make_sizes(store, original=original)
    with database.transaction() as session:
        first = process(session, store=store, photo_id=photo_id)
    with database.transaction() as session:
        again = process(session, store=store, photo_id=photo_id)
        late = settle(session, store=store, photo_id=photo_id, outcome=Outcome({}, "photo_lost"))
    assert first.sizes == again.sizes == late.sizes
    assert late.state is PhotoState.READY


def test_an_original_that_went_missing_is_said_and_not_retried_for_ever(database, store, lot):
    photo_id = send(database, store, lot, GOOD)
    with database.transaction() as session:
        store.delete(original_of(session, photo_id=photo_id))
        photo = process(session, store=store, photo_id=photo_id)
        assert photo.reason == "photo_lost"
        assert "lost" in reason_message(photo.reason)


def test_the_worker_settles_a_photo_and_doing_it_twice_changes_nothing(database, store, lot):
    photo_id = send(database, store, lot, GOOD)
    registry = Registry()
    registry.add(JOB_KIND, photo_work(store))
    workshop = Workshop(database, FixedClock(NOON), registry, "test")
    with database.reading() as session:
        job_id = session.scalars(select(Job.id)).one()
    run(workshop, job_id=job_id)
    run(workshop, job_id=job_id)
    with database.reading() as session:
        assert session.get(Photo, photo_id).state is PhotoState.READY
        assert session.get(Job, job_id).result == {"state": "ready", "reason": None}


def test_a_photo_that_does_not_exist_is_refused(database, store):
    with database.transaction() as session, pytest.raises(PhotoMissing):
        process(session, store=store, photo_id=7)
