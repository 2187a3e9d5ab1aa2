"""The pages about messages: switches, short links, the manager's list, what was written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from app import messages
from app.jobs.registry import Registry
from app.jobs.running import Workshop, drain
from app.kernel.database import bound, reading, transaction
from app.messages import reasons, work
from app.messages.channels import Channels
from app.messages.reasons import Outcome
from app.messages.texting import Text, TextGateway, WritingGateway
from app.models import (
    Cooperative,
    DeliveryState,
    Message,
    MessageChoice,
    MessageDelivery,
    Person,
    PushSubscription,
    QuietHours,
    RoleKind,
)
from app.web.speaking import PageSpeaker
from tests.messages.conftest import PHONE, TRANSLATIONS
from tests.messages.test_pushing import coded
from tests.web.stage import AT, application, cooperative, person, signed_in

KEY = {"key": "k" * 32}


class Silent:
    """A gateway that takes everything and answers nothing."""

    def send(self, text: Text) -> Outcome:
        """Leave it open."""
        return reasons.unknown(reasons.NO_ANSWER)


@dataclass
class Here:
    """An installation with a farmer who has a phone, and a manager."""

    app: Flask
    home: Cooperative
    farmer: Person
    manager: Person

    def client(self, who: Person) -> FlaskClient:
        """Return a browser with somebody signed in."""
        return signed_in(self.app.test_client(), who.id)

    def tell(self, kind: str = "day_cancelled", event: str = "1", **figures: object) -> None:
        """Tell the farmer something."""
        with transaction() as session:
            messages.tell(
                session,
                person_id=self.farmer.id,
                cooperative_id=self.home.id,
                kind=kind,
                event_key=event,
                figures={"day_on": "2026-05-05", **figures},  # type: ignore[arg-type]
                at=AT,
            )

    def work(self, gateway: TextGateway) -> None:
        """Do what is due."""
        registry = Registry()
        work.register(registry, Channels(PageSpeaker(TRANSLATIONS), gateway, None, ""))
        drain(Workshop(bound(), self.app.extensions["clock"], registry, "test"))


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Here]:
    app = application(tmp_path)
    home = cooperative()
    farmer = person("Tan Guihua", RoleKind.FARMER, at_cooperative=home, number="100015")
    manager = person("Luo Jie", RoleKind.MANAGER, at_cooperative=home, number="100023")
    with transaction() as session:
        session.execute(update(Person).where(Person.id == farmer.id).values(phone=PHONE))
    yield Here(app, home, farmer, manager)


def test_the_account_leads_to_switches_that_are_kept(here: Here) -> None:
    client = here.client(here.farmer)
    assert "/account/messages" in client.get("/account").text
    page = client.get("/account/messages").text
    assert "139 1234 5678" in page and "Weights" in page and "My runs" not in page
    kept = client.post(
        "/account/messages", data={**KEY, "on": ["sales-sms", "sales-push", "weights-sms"]}
    )
    assert kept.status_code == 303
    with reading() as session:
        rows = session.scalars(select(MessageChoice)).all()
    changed = {(row.topic, row.channel.value): row.is_on for row in rows}
    assert changed["weights", "sms"] is True
    assert changed["truck", "sms"] is False and changed["truck", "push"] is False
    assert ("sales", "sms") not in changed and ("security", "sms") not in changed
    again = client.get("/account/messages").text
    assert 'value="weights-sms" checked' in again and 'value="truck-sms">' in again


def test_who_has_no_phone_is_offered_no_text_messages(here: Here) -> None:
    page = here.client(here.manager).get("/account/messages").text
    assert "Text message" not in page and "Security" in page


def test_a_device_subscribes_and_unsubscribes_itself(here: Here) -> None:
    client = here.client(here.farmer)
    keys = {"p256dh": coded(b"\x04" * 65), "auth": coded(b"a" * 16)}
    good = {"endpoint": "https://fcm.googleapis.com/fcm/send/x", **keys}
    assert client.post("/account/push", data=good).json == {"subscribed": True}
    assert client.post("/account/push", data=good).json == {"subscribed": True}
    assert "data-on" in client.get("/account/messages").text
    # Another device of the same person has its own.
    assert "data-on" not in here.client(here.farmer).get("/account/messages").text
    evil = client.post("/account/push", data={**good, "endpoint": "https://10.0.0.1/"})
    assert evil.status_code == 422
    assert client.post("/account/push/removal").json == {"subscribed": False}
    with reading() as session:
        assert session.scalars(select(PushSubscription)).one().dropped_at is not None


def test_a_short_link_leads_to_its_page_for_its_person_alone(here: Here) -> None:
    here.tell("settled", net_minor=5)
    with reading() as session:
        number = session.scalars(select(Message.id)).one()
    assert here.client(here.farmer).get(f"/m/{number}").location == "/statements"
    assert here.client(here.manager).get(f"/m/{number}").status_code == 404
    assert "/sign-in" in here.app.test_client().get(f"/m/{number}").location
    assert here.client(here.farmer).get("/m/ä").status_code == 404


def test_the_manager_sees_an_unknown_end_and_decides(here: Here) -> None:
    here.tell()
    here.work(Silent())
    client = here.client(here.manager)
    page = client.get("/set-up/messages").text
    assert "unknown: 1" in page and "Send again" in page and "It may have arrived." in page
    assert PHONE not in page and "1234" not in page
    with reading() as session:
        delivery_id = session.scalars(select(MessageDelivery.id)).one()
    again = client.post(f"/set-up/messages/{delivery_id}/sending", data=KEY)
    assert again.status_code == 303
    here.work(Silent())
    arrived = client.post(f"/set-up/messages/{delivery_id}/arrival", data={"key": "a" * 32})
    assert arrived.status_code == 303
    with reading() as session:
        kept = session.get_one(MessageDelivery, delivery_id)
    assert (kept.state, kept.decided_by_id) == (DeliveryState.SENT, here.manager.id)
    late = client.post(f"/set-up/messages/{delivery_id}/sending", data={"key": "b" * 32})
    assert late.status_code == 422
    assert "needs no decision any more" in late.text
    assert "sent: 1" in client.get("/set-up/messages?state=sent").text


def test_the_manager_sets_the_quiet_hours(here: Here) -> None:
    client = here.client(here.manager)
    wrong = client.post("/set-up/messages/quiet-hours", data={**KEY, "quiet_from": "late"})
    assert wrong.status_code == 422 and 'value="late"' in wrong.text
    kept = client.post(
        "/set-up/messages/quiet-hours",
        data={**KEY, "quiet_from": "22:30", "quiet_until": "05:15"},
    )
    assert kept.status_code == 303
    with reading() as session:
        hours = session.get_one(QuietHours, here.home.id)
    assert (hours.from_minute, hours.until_minute) == (1350, 315)
    assert "22:30" in here.client(here.farmer).get("/account/messages").text


def test_written_texts_are_shown_where_nothing_is_sent(here: Here) -> None:
    client = here.client(here.manager)
    assert "No text messages yet" in client.get("/set-up/written-texts").text
    here.tell()
    here.work(WritingGateway())
    page = client.get("/set-up/written-texts").text
    assert "Tan Guihua" in page and "The market on Tue, May 5 is cancelled." in page
    here.app.config["SMS"] = "http"
    assert client.get("/set-up/written-texts").status_code == 404
    assert "written down" not in client.get("/set-up/messages").text


def test_a_long_list_goes_on_by_key(here: Here) -> None:
    for number in range(31):
        here.tell(event=str(number))
    here.work(WritingGateway())
    client = here.client(here.manager)
    first = client.get("/set-up/messages").text
    assert first.count("<li>") >= 30 and "before=2" in first
    assert "before=2" in client.get("/set-up/written-texts").text


def test_another_device_and_another_pin_are_told(here: Here) -> None:
    from app.people import pins

    with transaction() as session:
        pins.set_pin(session, person_id=here.farmer.id, pin="2580", at=AT)
    who = {"who": "100015", "pin": "2580"}

    def sign_in(device: str) -> FlaskClient:
        client = here.app.test_client()
        answer = client.post("/sign-in", data=who, headers={"User-Agent": device})
        assert answer.status_code == 303
        return client

    def told() -> list[str]:
        with reading() as session:
            return list(session.scalars(select(Message.kind).order_by(Message.id)))

    sign_in("Phone A")
    sign_in("Phone A")
    assert told() == []
    client = sign_in("Phone B")
    assert told() == ["new_device"]
    changed = client.post("/account/pin", data={"present": "2580", "pin": "1470", "again": "1470"})
    assert changed.status_code == 303
    assert told() == ["new_device", "pin_changed"]


def test_sent_rows_are_in_the_words_of_the_manager(here: Here) -> None:
    here.tell()
    here.work(WritingGateway())
    with transaction() as session:
        session.execute(update(Person).values(language="zh"))
    here.app.extensions["clock"].at = AT + timedelta(minutes=1)
    assert "已发送" in here.client(here.manager).get("/set-up/messages").text
