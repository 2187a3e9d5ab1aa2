"""The rows of the outbox: one for each message and channel, made, leased and ended."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, text, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from app.jobs import services as jobs
from app.kernel.database import insert_new_rows
from app.messages import reasons, subscriptions
from app.messages.channels import Channels
from app.messages.choices import Choices, choices_of
from app.messages.kinds import kind_of
from app.messages.quiet import not_before, quiet_hours
from app.messages.reasons import Outcome
from app.models import (
    Channel,
    Cooperative,
    DeliveryState,
    Message,
    MessageDelivery,
    Person,
)
from app.models.messages import OPEN_DELIVERIES

SEND_JOB = "messages.send"
# Longer than the longest wait for an answer, so that no sender is overtaken while it waits.
LEASE = timedelta(seconds=120)
MOST_TRIES = 8
# What people need to get ready after they have read it.
_NOTICE = timedelta(hours=2)
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(hours=1)
# The very words of the partial index: with bound values SQLite would not use it.
_IS_OPEN = text(OPEN_DELIVERIES)


def make(session: Session, *, message_ids: Sequence[int], channels: Channels, at: datetime) -> int:
    """Make the deliveries of new messages and have them sent; return how many are new."""
    rows = session.execute(
        select(Message, Person, Cooperative)
        .join(Person, Person.id == Message.person_id)
        .join(Cooperative, Cooperative.id == Message.cooperative_id)
        .where(Message.id.in_(message_ids))
        .order_by(Message.id)
    ).all()
    choices = choices_of(session, person_ids={row.Person.id for row in rows}, at=at)
    quiet: dict[int, datetime] = {}
    made: list[Mapping[str, object]] = []
    for message, person, home in rows:
        if home.id not in quiet:
            hours = quiet_hours(session, cooperative_id=home.id)
            quiet[home.id] = not_before(at, zone=home.time_zone, hours=hours)
        due_at = at if _cannot_wait(message, quiet[home.id]) else quiet[home.id]
        made += [
            {
                "message_id": message.id,
                "cooperative_id": home.id,
                "channel": channel,
                "due_at": due_at,
                "created_at": at,
            }
            for channel in Channel
            if channels.has(channel) and _reaches(channel, message, person, choices)
        ]
    new_ids = insert_new_rows(session, MessageDelivery, made)
    wake(session, at=at)
    return len(new_ids)


def wake(session: Session, *, at: datetime) -> None:
    """Have the next delivery sent at its time; what waits for one time is one job."""
    session.flush()
    waits = session.scalar(
        select(func.min(MessageDelivery.due_at)).where(
            _IS_OPEN, MessageDelivery.state == DeliveryState.WAITING
        )
    )
    leased = session.scalar(
        select(func.min(MessageDelivery.leased_until)).where(
            _IS_OPEN, MessageDelivery.state == DeliveryState.SENDING
        )
    )
    moments = [moment for moment in (waits, leased) if moment is not None]
    if not moments:
        return
    due_at = max(at, min(moments))
    if due_at > at:
        # A whole second, so that a thousand messages that wait for the morning are one job.
        due_at = due_at.replace(microsecond=0) + timedelta(seconds=1)
        name = f"{int(due_at.timestamp())}"
    else:
        name = uuid.uuid4().hex
    jobs.enqueue(session, kind=SEND_JOB, key=f"{SEND_JOB}:{name}", payload={}, at=at, due_at=due_at)


def give_up_lost(session: Session, *, at: datetime) -> int:
    """Call unknown what was being sent when its sender vanished; return how many.

    The gateway may have taken it, so it is not sent again.
    """
    result = session.execute(
        update(MessageDelivery)
        .where(
            _IS_OPEN,
            MessageDelivery.state == DeliveryState.SENDING,
            MessageDelivery.leased_until <= at,
        )
        .values(
            state=DeliveryState.UNKNOWN,
            reason=reasons.INTERRUPTED,
            leased_until=None,
            ended_at=at,
        )
        .execution_options(synchronize_session=False)
    )
    assert isinstance(result, CursorResult)
    return result.rowcount


def take_due(session: Session, *, at: datetime) -> MessageDelivery | None:
    """Return the delivery that is due first, locked, or nothing."""
    return session.scalars(
        select(MessageDelivery)
        .where(
            _IS_OPEN,
            MessageDelivery.state == DeliveryState.WAITING,
            MessageDelivery.due_at <= at,
        )
        .order_by(MessageDelivery.due_at, MessageDelivery.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).one_or_none()


def begin(session: Session, delivery: MessageDelivery, *, at: datetime) -> None:
    """Note that a delivery is about to be sent; commit this before the request goes."""
    delivery.state = DeliveryState.SENDING
    delivery.attempt += 1
    delivery.leased_until = at + LEASE
    delivery.reason = None
    session.flush()


def end(
    session: Session, *, delivery_id: int, attempt: int, outcome: Outcome, at: datetime
) -> None:
    """Write down how an attempt ended, unless somebody decided or a later one has begun.

    A sender that was thought lost and answers late still knows best.
    """
    values: dict[str, object] = {
        "state": outcome.state,
        "reason": outcome.reason,
        "leased_until": None,
        "ended_at": at,
    }
    if outcome.state is DeliveryState.WAITING:
        if attempt >= MOST_TRIES:
            values["state"] = DeliveryState.FAILED
        else:
            wait = min(_FIRST_WAIT * 2 ** (attempt - 1), _LONGEST_WAIT)
            values |= {"due_at": at + wait, "ended_at": None}
    session.execute(
        update(MessageDelivery)
        .where(
            MessageDelivery.id == delivery_id,
            MessageDelivery.attempt == attempt,
            MessageDelivery.state.in_([DeliveryState.SENDING, DeliveryState.UNKNOWN]),
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if outcome.gone:
        subscriptions.drop(session, subscription_ids=outcome.gone, at=at)


def run_make(
    session: Session, *, payload: Mapping[str, Any], at: datetime, channels: Channels
) -> dict[str, object]:
    """Do the job that follows new messages."""
    made = make(session, message_ids=payload["message_ids"], channels=channels, at=at)
    return {"made": made}


def _cannot_wait(message: Message, until: datetime) -> bool:
    kind, useful_until = kind_of(message.kind), message.useful_until
    return kind.is_urgent or (
        kind.may_wake and useful_until is not None and useful_until <= until + _NOTICE
    )


def _reaches(channel: Channel, message: Message, person: Person, choices: Choices) -> bool:
    kind = kind_of(message.kind)
    if channel not in kind.channels or not choices.is_on(person.id, kind.topic, channel):
        return False
    if channel is Channel.SMS:
        return person.phone is not None
    return person.id in choices.have_push
