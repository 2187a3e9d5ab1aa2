"""Sending what is due: claim in one transaction, ask the service, write the end in another.

A sender that dies in between leaves its row as ``sending``; once the lease is over the
row is ``unknown``, and a person decides.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.jobs.context import JobContext
from app.jobs.registry import Handler
from app.kernel.database import transaction
from app.messages import delivering, reasons, subscriptions
from app.messages.channels import Channels
from app.messages.choices import choices_of
from app.messages.kinds import kind_of
from app.messages.pushing import Device, Notification
from app.messages.reasons import Outcome
from app.messages.segments import fitted, plain
from app.messages.short_links import short_code
from app.messages.texting import Text
from app.models import Channel, Cooperative, Message, MessageDelivery, Person

log = structlog.get_logger(__name__)

# A job that sent this long ends and asks for another, so that others get their turn.
_TURN_S = 20.0
_DAY_S = 24 * 3600


@dataclass(frozen=True)
class Parcel:
    """One attempt at one delivery, with all that sending it needs."""

    delivery_id: int
    attempt: int
    content: Text | tuple[Notification, tuple[Device, ...]]


def sender(channels: Channels) -> Handler:
    """Return the work of the sending job."""

    def send_due(context: JobContext) -> None:
        started_s, sent = time.monotonic(), 0
        while not context.should_stop() and time.monotonic() - started_s < _TURN_S:
            with context.transaction() as session:
                parcel = claim(session, channels=channels, at=context.now())
            if parcel is None:
                break
            outcome = ask(parcel, channels=channels, at=context.now())
            # What the service answered is true, whoever holds the job by now.
            with transaction() as session:
                delivering.end(
                    session,
                    delivery_id=parcel.delivery_id,
                    attempt=parcel.attempt,
                    outcome=outcome,
                    at=context.now(),
                )
            log.info(
                "message sent",
                delivery=parcel.delivery_id,
                state=outcome.state.value,
                reason=outcome.reason,
            )
            sent += 1
        context.stop_if_asked()
        with context.finishing() as (session, done):
            delivering.wake(session, at=context.now())
            done.result = {"sent": sent}

    return send_due


def claim(session: Session, *, channels: Channels, at: datetime) -> Parcel | None:
    """Take the next delivery that is due, note that it is being sent, and word it.

    What can no longer be sent is ended on the way.
    """
    delivering.give_up_lost(session, at=at)
    while (delivery := delivering.take_due(session, at=at)) is not None:
        delivering.begin(session, delivery, at=at)
        packed = _pack(session, delivery, channels, at)
        if isinstance(packed, Parcel):
            return packed
        delivering.end(
            session, delivery_id=delivery.id, attempt=delivery.attempt, outcome=packed, at=at
        )
    return None


def ask(parcel: Parcel, *, channels: Channels, at: datetime) -> Outcome:
    """Ask the service to bring a parcel to its phone."""
    if isinstance(parcel.content, Text):
        assert channels.texts is not None
        return channels.texts.send(parcel.content)
    assert channels.pusher is not None
    notification, devices = parcel.content
    return channels.pusher.send(notification, devices=devices, at=at)


def _pack(
    session: Session, delivery: MessageDelivery, channels: Channels, at: datetime
) -> Parcel | Outcome:
    """Return what to send, or why nothing is sent."""
    message, person, home = session.execute(
        select(Message, Person, Cooperative)
        .join(Person, Person.id == Message.person_id)
        .join(Cooperative, Cooperative.id == Message.cooperative_id)
        .where(Message.id == delivery.message_id)
    ).one()
    kind, channel = kind_of(message.kind), delivery.channel
    if not channels.has(channel) or channels.speaker is None:
        return reasons.failed(reasons.NO_CHANNEL)
    if message.useful_until is not None and message.useful_until <= at:
        return reasons.failed(reasons.TOO_LATE)
    choices = choices_of(session, person_ids=[person.id], at=at)
    if not choices.is_on(person.id, kind.topic, channel):
        return reasons.failed(reasons.SWITCHED_OFF)
    language = person.language if person.language in home.languages else home.languages[0]
    brief = plain(channels.speaker.brief(session, message, language=language))
    if channel is Channel.SMS:
        if person.phone is None:
            return reasons.failed(reasons.NO_PHONE)
        link = f"{channels.address}/m/{short_code(message.id)}" if channels.address else ""
        name = person.name if _is_shared(session, person.phone) else ""
        text = Text(delivery.id, person.phone, fitted(brief, name=name, link=link), at)
        return Parcel(delivery.id, delivery.attempt, text)
    devices = tuple(
        Device(one.id, one.endpoint, one.p256dh, one.auth)
        for one in subscriptions.live(session, person_id=person.id, at=at)
    )
    if not devices:
        return reasons.failed(reasons.NO_DEVICE)
    lives_s = _DAY_S
    if message.useful_until is not None:
        lives_s = int((message.useful_until - at).total_seconds())
    notification = Notification(
        # Whoever holds a shared phone sees whose message it is.
        title=person.name,
        body=brief,
        path=kind.page(message.figures),
        tag=f"m{message.id}",
        lives_s=lives_s,
        is_urgent=kind.is_urgent,
    )
    return Parcel(delivery.id, delivery.attempt, (notification, devices))


def _is_shared(session: Session, phone: str) -> bool:
    owners = session.scalar(select(func.count(Person.id)).where(Person.phone == phone)) or 0
    return owners > 1
