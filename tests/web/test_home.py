from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import messages
from app.kernel.database import transaction
from app.messages.wording import WORDING
from app.models import Cooperative, Crop, MarketDay, MarketDayState, RoleKind
from app.models.jobs import Job, JobQueue
from tests.web.stage import AT, application, cooperative, person, signed_in


@dataclass(frozen=True)
class Stage:
    app: Flask
    home: Cooperative


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Stage]:
    yield Stage(application(tmp_path), cooperative())


def someone(here: Stage, kind: RoleKind) -> FlaskClient:
    one = person("Li Mei", kind, at_cooperative=here.home, number="100015")
    return signed_in(here.app.test_client(), one.id)


def market_day(here: Stage, on: date, state: MarketDayState = MarketDayState.OPEN) -> MarketDay:
    with transaction() as session:
        day = MarketDay(
            cooperative_id=here.home.id,
            on=on,
            state=state,
            farmers_cutoff_at=AT + timedelta(days=1, hours=2),
            buyers_cutoff_at=AT + timedelta(days=1, hours=4),
            confirm_by_at=AT + timedelta(days=1, hours=6),
            pickup_at=AT + timedelta(days=2),
            created_at=AT,
        )
        session.add(day)
    return day


def test_a_stranger_is_told_what_this_is_and_how_to_come_in(here: Stage) -> None:
    page = here.app.test_client().get("/").text
    for expected in ("Enshi Hills", "I have a code", "One price, three parts"):
        assert expected in page


@pytest.mark.parametrize("kind", RoleKind)
def test_the_start_page_opens_for_every_role(here: Stage, kind: RoleKind) -> None:
    page = someone(here, kind).get("/")
    assert page.status_code == 200
    assert "Not fixed yet" in page.text


def test_a_farmer_sees_the_farmers_cut_off_in_local_time(here: Stage) -> None:
    market_day(here, date(2026, 5, 6))
    page = someone(here, RoleKind.FARMER).get("/").text
    assert "Wed, May 6" in page
    assert "Tue, May 5, 6:00" in page
    assert "tomorrow" in page
    assert "You have offered nothing for it yet." in page


def test_a_buyer_sees_the_buyers_cut_off(here: Stage) -> None:
    market_day(here, date(2026, 5, 6))
    assert "Tue, May 5, 8:00" in someone(here, RoleKind.BUYER).get("/").text


def test_a_manager_sees_the_day_in_progress(here: Stage) -> None:
    market_day(here, date(2026, 5, 4), MarketDayState.CLEARED)
    page = someone(here, RoleKind.MANAGER).get("/").text
    assert 'aria-current="step"' in page
    assert page.index("Cleared") < page.index('aria-current="step"') < page.index("Planned")


def test_somebody_without_a_role_is_told_whom_to_ask(here: Stage) -> None:
    one = person("Li Mei", at_cooperative=here.home, number="100015")
    page = signed_in(here.app.test_client(), one.id).get("/").text
    assert "Ask your cooperative to give you a role." in page


def tell(here: Stage, person_id: int, kind: str, **figures: int | str) -> None:
    with transaction() as session:
        messages.tell(
            session,
            person_id=person_id,
            cooperative_id=here.home.id,
            kind=kind,
            event_key=f"{kind}:{figures}",
            figures=figures,
            at=AT,
        )


def test_messages_are_in_words_with_figures_as_people_read_them(here: Stage) -> None:
    one = person("Li Mei", RoleKind.FARMER, at_cooperative=here.home, number="100015")
    client = signed_in(here.app.test_client(), one.id)
    with transaction() as session:
        crop = Crop(cooperative_id=here.home.id, code="c", names={"en": "cabbage"}, category="leaf")
        session.add(crop)
    tell(here, one.id, "lot_sold", crop_id=crop.id, sold_g=85_500, net_price=215)
    tell(here, one.id, "settled", net_minor=18_383, day_on="2026-05-04")
    tell(
        here,
        one.id,
        "truck_window",
        village="Longma",
        from_at="2026-05-05T22:10:00+00:00",
        until_at="2026-05-05T22:40:00+00:00",
    )
    home = client.get("/").text
    assert "3 new messages" in home
    page = client.get("/messages").text
    assert "85.5 kg of your cabbage were sold for ¥2.15 per kg net." in page
    assert "You are owed ¥183.83 for Mon, May 4." in page
    assert "between 6:10" in page
    assert "new messages" not in client.get("/").text


def test_a_message_that_lost_its_wording_or_figures_breaks_no_page(here: Stage) -> None:
    one = person("Li Mei", RoleKind.FARMER, at_cooperative=here.home, number="100015")
    tell(here, one.id, "of_another_age")
    tell(here, one.id, next(iter(WORDING)))
    page = signed_in(here.app.test_client(), one.id).get("/messages")
    assert page.status_code == 200
    assert page.text.count("can no longer be shown") == 2


def test_messages_page_by_key(here: Stage) -> None:
    one = person("Li Mei", RoleKind.FARMER, at_cooperative=here.home, number="100015")
    for number in range(31):
        tell(here, one.id, "settled", net_minor=number * 100, day_on="2026-05-04")
    client = signed_in(here.app.test_client(), one.id)
    first = client.get("/messages").text
    assert "¥30.00" in first and "¥0.00" not in first
    assert "/messages?before=2" in first
    assert "¥0.00" in client.get("/messages?before=2").text


def test_health_tells_of_the_database_and_of_work_that_waits(here: Stage) -> None:
    client = here.app.test_client()
    assert client.get("/healthz").json == {
        "status": "ok",
        "database": "ok",
        "jobs": "ok",
        "jobs_due": 0,
        "oldest_wait_s": 0,
    }
    with transaction() as session:
        session.add(
            Job(
                kind="test",
                key="late",
                queue=JobQueue.QUICK,
                payload={},
                created_at=AT - timedelta(minutes=6),
            )
        )
    late = client.get("/healthz")
    assert late.status_code == 200
    assert late.json is not None
    assert (late.json["status"], late.json["oldest_wait_s"]) == ("late", 360)
