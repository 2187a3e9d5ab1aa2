"""Web Push (RFC 8030): encrypted for one browser, signed by this installation.

pywebpush encrypts (RFC 8291) and signs (RFC 8292); the request itself is made here,
because it must follow no redirect, reach known push services alone, and tell a message
that may have arrived from one that did not.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import serialization
from py_vapid import Vapid02
from py_vapid.utils import b64urlencode
from pywebpush import WebPusher

from app.messages import reasons
from app.messages.posting import Answer, NoAnswer, NotSent, post
from app.messages.reasons import Outcome
from app.models import DeliveryState

# The push services of Chrome, Firefox, Edge and Safari.
KNOWN_HOSTS = (
    "fcm.googleapis.com",
    "push.services.mozilla.com",
    "notify.windows.com",
    "push.apple.com",
)
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_TOKEN_LIFE_S = 12 * 3600


@dataclass(frozen=True)
class PushSettings:
    """Who signs, and which push services are spoken to.

    :param private_key: the 32 bytes of a P-256 key as unpadded base64url.
    :param contact: ``mailto:`` or ``https:``, for the operators of push services.
    :param more_hosts: hosts beside the known ones, with every host below them.
    """

    private_key: str = field(repr=False)
    contact: str
    more_hosts: tuple[str, ...] = ()

    @property
    def public_key(self) -> str:
        """The key that browsers bind a subscription to."""
        point = self.signer().public_key.public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return cast(str, b64urlencode(point))

    def signer(self) -> Vapid02:
        """Return what signs requests."""
        return Vapid02.from_raw(self.private_key.encode())

    def is_allowed(self, endpoint: str) -> bool:
        """Return whether an address is one of a push service that may be spoken to."""
        try:
            parts = urlsplit(endpoint)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            return False
        if parts.username is not None or any(ord(sign) < 33 for sign in endpoint):
            return False
        if host in _LOOPBACK:
            return host in self.more_hosts
        known = any(
            host == one or host.endswith(f".{one}") for one in (*KNOWN_HOSTS, *self.more_hosts)
        )
        return known and parts.scheme == "https" and port in (None, 443)


@dataclass(frozen=True)
class Device:
    """One subscribed browser."""

    subscription_id: int
    endpoint: str
    p256dh: str
    auth: str


@dataclass(frozen=True)
class Notification:
    """What a device shows: a title, a text, and the own path that a tap opens.

    :param tag: a later notification with the same one takes this one's place.
    :param lives_s: how long the push service keeps it for a device that is off.
    """

    title: str
    body: str
    path: str
    tag: str
    lives_s: int
    is_urgent: bool


class Pusher:
    """Sends notifications to the browsers of one person."""

    def __init__(self, settings: PushSettings) -> None:
        self._settings = settings

    def send(
        self, notification: Notification, *, devices: Sequence[Device], at: datetime
    ) -> Outcome:
        """Send a notification to every device; one that got it is enough."""
        ends = [(device, self._send_one(notification, device, at)) for device in devices]
        gone = tuple(
            device.subscription_id for device, end in ends if end.reason == reasons.NO_DEVICE
        )
        best = (
            DeliveryState.SENT,
            DeliveryState.UNKNOWN,
            DeliveryState.WAITING,
            DeliveryState.FAILED,
        )
        for state in best:
            for _, end in ends:
                if end.state is state:
                    return Outcome(state, end.reason, gone)
        return reasons.failed(reasons.NO_DEVICE)

    def _send_one(self, notification: Notification, device: Device, at: datetime) -> Outcome:
        if not self._settings.is_allowed(device.endpoint):
            return reasons.failed(reasons.NO_DEVICE)
        shown = {
            "title": notification.title,
            "body": notification.body,
            "path": notification.path,
            "tag": notification.tag,
        }
        keys = {"p256dh": device.p256dh, "auth": device.auth}
        pusher = WebPusher({"endpoint": device.endpoint, "keys": keys})
        body = pusher.encode(json.dumps(shown, ensure_ascii=False).encode())["body"]
        headers = {
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(notification.lives_s),
            "Urgency": "high" if notification.is_urgent else "normal",
            # What still waits at the push service is replaced, not shown twice.
            "Topic": notification.tag,
            **self._signed(device.endpoint, at),
        }
        try:
            answer = post(device.endpoint, headers=headers, body=body)
        except NotSent:
            return reasons.again(reasons.UNREACHABLE)
        except NoAnswer:
            return reasons.unknown(reasons.NO_ANSWER)
        return _judged(answer)

    def _signed(self, endpoint: str, at: datetime) -> dict[str, str]:
        parts = urlsplit(endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int(at.timestamp()) + _TOKEN_LIFE_S,
            "sub": self._settings.contact,
        }
        return cast("dict[str, str]", self._settings.signer().sign(claims))


def _judged(answer: Answer) -> Outcome:
    if 200 <= answer.status < 300:
        return reasons.SENT
    if answer.status in (404, 410):
        return reasons.failed(reasons.NO_DEVICE)
    if answer.status == 429:
        return reasons.again(reasons.BUSY)
    if answer.status >= 500 or answer.status == 408:
        return reasons.unknown(reasons.SERVER_FAULT)
    return reasons.failed(reasons.REFUSED)
