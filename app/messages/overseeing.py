"""What a manager does with deliveries: look, send an unknown one again, call it arrived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel.errors import N_, NotFound, Refusal
from app.messages import delivering, reasons
from app.models import DeliveryState, Message, MessageDelivery, Person, WrittenText

_DECIDABLE = (DeliveryState.UNKNOWN, DeliveryState.FAILED)


class NothingToDecide(Refusal):
    """The delivery has not ended, or ended well."""

    code = "delivery_not_open"
    message = N_("This message needs no decision any more.")


@dataclass(frozen=True)
class Delivered:
    """A delivery with its message and whom it is for."""

    delivery: MessageDelivery
    message: Message
    person: Person


def counts(session: Session, *, cooperative_id: int) -> dict[DeliveryState, int]:
    """Return how many deliveries a cooperative has in each state."""
    rows = session.execute(
        select(MessageDelivery.state, func.count().label("number"))
        .where(MessageDelivery.cooperative_id == cooperative_id)
        .group_by(MessageDelivery.state)
    )
    return {row.state: row.number for row in rows}


def latest(
    session: Session,
    *,
    cooperative_id: int,
    state: DeliveryState | None = None,
    before_id: int | None = None,
    limit: int = 30,
) -> list[Delivered]:
    """Return deliveries, newest first, a page at a time by id."""
    wanted = (
        select(MessageDelivery, Message, Person)
        .join(Message, Message.id == MessageDelivery.message_id)
        .join(Person, Person.id == Message.person_id)
        .where(MessageDelivery.cooperative_id == cooperative_id)
    )
    if state is not None:
        wanted = wanted.where(MessageDelivery.state == state)
    if before_id is not None:
        wanted = wanted.where(MessageDelivery.id < before_id)
    rows = session.execute(wanted.order_by(MessageDelivery.id.desc()).limit(limit))
    return [Delivered(*row) for row in rows]


def send_again(
    session: Session, *, delivery_id: int, cooperative_id: int, person_id: int, at: datetime
) -> None:
    """Send once more what failed or may not have arrived; a manager answers for it.

    :raises NotFound: if the cooperative has no such delivery.
    :raises NothingToDecide: if it waits, is being sent, or was sent.
    """
    delivery = _locked(session, delivery_id, cooperative_id)
    delivery.state = DeliveryState.WAITING
    delivery.reason, delivery.ended_at = None, None
    delivery.due_at, delivery.decided_by_id = at, person_id
    delivering.wake(session, at=at)


def call_arrived(
    session: Session, *, delivery_id: int, cooperative_id: int, person_id: int, at: datetime
) -> None:
    """Note that a message whose end was unknown did arrive.

    :raises NotFound: if the cooperative has no such delivery.
    :raises NothingToDecide: if it waits, is being sent, or was sent.
    """
    delivery = _locked(session, delivery_id, cooperative_id)
    delivery.state, delivery.reason = DeliveryState.SENT, reasons.ARRIVED
    delivery.ended_at, delivery.decided_by_id = at, person_id
    session.flush()


def written_texts(
    session: Session, *, cooperative_id: int, before_id: int | None = None, limit: int = 30
) -> Sequence[tuple[WrittenText, Person]]:
    """Return what the local adapter wrote down for a cooperative's people, newest first."""
    wanted = (
        select(WrittenText, Person)
        .join(MessageDelivery, MessageDelivery.id == WrittenText.delivery_id)
        .join(Message, Message.id == MessageDelivery.message_id)
        .join(Person, Person.id == Message.person_id)
        .where(MessageDelivery.cooperative_id == cooperative_id)
    )
    if before_id is not None:
        wanted = wanted.where(WrittenText.id < before_id)
    rows = session.execute(wanted.order_by(WrittenText.id.desc()).limit(limit))
    return [(text, person) for text, person in rows]


def _locked(session: Session, delivery_id: int, cooperative_id: int) -> MessageDelivery:
    delivery = session.get(
        MessageDelivery, delivery_id, with_for_update=True, populate_existing=True
    )
    if delivery is None or delivery.cooperative_id != cooperative_id:
        raise NotFound
    if delivery.state not in _DECIDABLE:
        raise NothingToDecide
    return delivery
