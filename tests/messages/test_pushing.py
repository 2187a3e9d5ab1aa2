"""Notifications: readable by one browser alone, signed, and honest about their end."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import timedelta

import http_ece
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02
from sqlalchemy import select

from app.kernel.database import transaction
from app.messages import reasons, subscriptions
from app.messages.channels import Channels
from app.messages.choices import choices_of, choose
from app.messages.kinds import Topic
from app.messages.pushing import Pusher, PushSettings
from app.messages.subscriptions import NotASubscription
from app.models import Channel, DeliveryState, DeviceSession, PushSubscription
from app.people import sessions
from app.web.speaking import PageSpeaker
from tests.market import AT
from tests.messages.conftest import TRANSLATIONS, Outbox
from tests.messages.services_of_others import DROP, closed_port

# A key of the tests only: the number one in 32 bytes.
KEY = base64.urlsafe_b64encode(b"\x00" * 31 + b"\x01").decode().rstrip("=")


def settings(*more_hosts: str) -> PushSettings:
    return PushSettings(KEY, "mailto:farm@example.org", more_hosts)


def coded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@dataclass
class Browser:
    """A browser that can read what was encrypted for it."""

    key: ec.EllipticCurvePrivateKey
    auth: bytes

    @classmethod
    def new(cls) -> Browser:
        """Return a browser with keys of its own."""
        return cls(ec.generate_private_key(ec.SECP256R1()), b"sixteen bytes ok")

    def subscribe(self, outbox: Outbox, endpoint: str, *, device: str = "test") -> None:
        """Subscribe Tan Guihua's device."""
        point = self.key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        with transaction() as session:
            token = sessions.start(session, person_id=outbox.market.tan_id, device=device, at=AT)
            opened = sessions.find(session, token=token, at=AT)
            assert opened is not None
            subscriptions.subscribe(
                session,
                settings=settings("127.0.0.1"),
                person_id=outbox.market.tan_id,
                session_id=opened.id,
                endpoint=endpoint,
                p256dh=coded(point),
                auth=coded(self.auth),
                at=AT,
            )

    def read(self, body: bytes) -> dict[str, str]:
        """Return what a push service handed over."""
        plain = http_ece.decrypt(
            body, private_key=self.key, auth_secret=self.auth, version="aes128gcm"
        )
        return dict(json.loads(plain))


def channels(outbox: Outbox) -> Channels:
    texts = outbox.channels().texts
    return Channels(PageSpeaker(TRANSLATIONS), texts, Pusher(settings("127.0.0.1")), "https://f.x")


def ends(outbox: Outbox) -> list[tuple[str, str, str | None]]:
    return [(one.channel.value, one.state.value, one.reason) for one in outbox.deliveries()]


def test_only_the_browser_can_read_a_notification_and_it_is_signed(outbox: Outbox) -> None:
    browser = Browser.new()
    browser.subscribe(outbox, f"{outbox.gateway.url}/push/one")
    outbox.gateway.answer = 201
    outbox.tell("settled", net_minor=18_383)
    outbox.work(channels(outbox))
    ((path, headers, body),) = outbox.gateway.got
    assert path == "/push/one"
    assert b"statement" not in body
    told = browser.read(body)
    # The name says whose it is on a shared phone; the amount stays behind the PIN.
    assert told == {
        "title": "Tan Guihua",
        "body": "Your statement for Tue, May 5 is ready.",
        "path": "/statements",
        "tag": "m1",
    }
    assert headers["content-encoding"] == "aes128gcm" and headers["ttl"] == "86400"
    assert f"k={settings().public_key}" in headers["authorization"]
    assert Vapid02.verify(headers["authorization"])
    # A person with notifications gets no text message besides, which costs money.
    assert ends(outbox) == [("push", "sent", None)]


@pytest.mark.parametrize("answer", [404, 410])
def test_a_browser_that_is_gone_is_forgotten(outbox: Outbox, answer: int) -> None:
    Browser.new().subscribe(outbox, f"{outbox.gateway.url}/push/one")
    outbox.gateway.answer = answer
    outbox.tell()
    outbox.work(channels(outbox))
    assert ends(outbox) == [("push", "failed", reasons.NO_DEVICE)]
    with outbox.database.reading() as session:
        assert session.scalars(select(PushSubscription)).one().dropped_at == AT
        assert not subscriptions.live(session, person_id=outbox.market.tan_id, at=AT)
    # From now on text messages take its place.
    outbox.gateway.answer = 200
    outbox.tell(event="day:2")
    outbox.work(channels(outbox))
    assert ends(outbox)[1] == ("sms", "sent", None)


@pytest.mark.parametrize(
    ("answer", "state", "reason"),
    [
        (DROP, "unknown", reasons.NO_ANSWER),
        (502, "unknown", reasons.SERVER_FAULT),
        (403, "failed", reasons.REFUSED),
        (429, "waiting", reasons.BUSY),
        (307, "failed", reasons.REFUSED),
    ],
)
def test_a_push_service_that_misbehaves_is_taken_for_what_it_says(
    outbox: Outbox, answer: int, state: str, reason: str
) -> None:
    Browser.new().subscribe(outbox, f"{outbox.gateway.url}/push/one")
    outbox.gateway.answer = answer
    outbox.tell()
    outbox.work(channels(outbox))
    outbox.work(channels(outbox))
    assert ends(outbox) == [("push", state, reason)]
    assert len(outbox.gateway.got) == 1


def test_one_device_of_two_that_got_it_is_enough(outbox: Outbox) -> None:
    Browser.new().subscribe(outbox, f"{outbox.gateway.url}/push/one")
    Browser.new().subscribe(outbox, closed_port() + "push/two")
    outbox.tell()
    outbox.work(channels(outbox))
    assert ends(outbox) == [("push", "sent", None)]


def test_a_device_that_was_signed_out_shows_nothing_more(outbox: Outbox) -> None:
    Browser.new().subscribe(outbox, f"{outbox.gateway.url}/push/one")
    with transaction() as session:
        for opened in session.scalars(select(DeviceSession)):
            opened.revoked_at = AT
    outbox.tell()
    outbox.work(channels(outbox))
    assert ends(outbox) == [("sms", "sent", None)]


@pytest.mark.parametrize(
    ("endpoint", "is_allowed"),
    [
        ("https://fcm.googleapis.com/fcm/send/abc", True),
        ("https://updates.push.services.mozilla.com/wpush/v2/a", True),
        ("https://wns2-am3p.notify.windows.com/w/?token=x", True),
        ("https://web.push.apple.com/Q", True),
        ("https://push.village.example/x", True),
        ("http://fcm.googleapis.com/fcm/send/abc", False),
        ("https://fcm.googleapis.com:8443/x", False),
        ("https://evilfcm.googleapis.com.example/x", False),
        ("https://notfcm.googleapis.com/x", False),
        ("https://fcm.googleapis.com@10.0.0.1/x", False),
        ("https://user@fcm.googleapis.com/x", False),
        ("http://127.0.0.1/x", False),
        ("https://10.0.0.1/x", False),
        ("https://[::1]/x", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_nothing_is_sent_but_to_known_push_services(endpoint: str, is_allowed: bool) -> None:
    assert settings("village.example").is_allowed(endpoint) is is_allowed


def test_a_broken_subscription_is_refused(outbox: Outbox) -> None:
    whole = {"endpoint": "https://fcm.googleapis.com/x", "p256dh": coded(b"\x04" * 65)}
    for broken in (
        {**whole, "auth": coded(b"short")},
        {**whole, "auth": "*" * 22},
        {**whole, "auth": coded(b"a" * 16), "p256dh": "é"},
        {**whole, "auth": coded(b"a" * 16), "endpoint": "https://example.org/x"},
    ):
        with pytest.raises(NotASubscription), transaction() as session:
            subscriptions.subscribe(
                session,
                settings=settings(),
                person_id=outbox.market.tan_id,
                session_id=1,
                at=AT,
                **broken,
            )


def test_what_a_person_switched_off_stays_off(outbox: Outbox) -> None:
    def choose_off(*wanted: tuple[Topic, Channel]) -> None:
        with transaction() as session:
            choose(
                session,
                person_id=outbox.market.tan_id,
                topics=list(Topic),
                channels=list(Channel),
                wanted=wanted,
                at=AT,
            )

    choose_off()
    outbox.tell()
    outbox.tell("pin_changed", "pin")
    outbox.work(channels(outbox))
    # Security cannot be switched off, whatever the form says.
    assert [path for path, _, _ in outbox.gateway.got] == ["/send"]
    choose_off((Topic.DAYS, Channel.SMS))
    outbox.tell(event="day:2")
    outbox.work(channels(outbox))
    assert len(outbox.gateway.got) == 2


def test_a_message_that_waits_is_not_sent_after_it_was_switched_off(outbox: Outbox) -> None:
    outbox.pass_time(AT.replace(hour=14))
    outbox.tell()
    outbox.work()
    with transaction() as session:
        choose(
            session,
            person_id=outbox.market.tan_id,
            topics=[Topic.DAYS],
            channels=[Channel.SMS],
            wanted=[],
            at=AT,
        )
    outbox.pass_time(AT + timedelta(days=1))
    outbox.work()
    assert outbox.only() == (DeliveryState.FAILED, reasons.SWITCHED_OFF)


def test_whoever_never_chose_has_text_messages_where_time_or_goods_are_at_stake(
    outbox: Outbox,
) -> None:
    with outbox.database.reading() as session:
        choices = choices_of(session, person_ids=[outbox.market.tan_id], at=AT)
    tan = outbox.market.tan_id
    assert choices.is_on(tan, Topic.TRUCK, Channel.SMS)
    assert not choices.is_on(tan, Topic.WEIGHTS, Channel.SMS)
    assert choices.is_on(tan, Topic.WEIGHTS, Channel.PUSH)
