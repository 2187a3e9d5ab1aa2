"""Write messages in the transaction of the change that causes them, and list them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.kernel.database import insert_if_new
from app.models import Message


def tell(
    session: Session,
    *,
    person_id: int,
    cooperative_id: int,
    kind: str,
    event_key: str,
    figures: Mapping[str, int | str | Mapping[str, str | None]],
    at: datetime,
) -> None:
    """Tell a person one thing once; the same kind and event again changes nothing.

    :param kind: a key of ``app.messages.wording.WORDING``.
    :param event_key: names the event within the kind, such as ``lot:17``.
    """
    insert_if_new(
        session,
        Message,
        {
            "person_id": person_id,
            "cooperative_id": cooperative_id,
            "kind": kind,
            "event_key": event_key,
            "figures": dict(figures),
            "written_at": at,
        },
    )


def unread_count(session: Session, *, person_id: int) -> int:
    """Return how many messages a person has not opened."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Message)
            .where(Message.person_id == person_id, Message.read_at.is_(None))
        )
        or 0
    )


def newest(
    session: Session, *, person_id: int, before_id: int | None = None, limit: int = 30
) -> list[Message]:
    """Return a person's messages, newest first, a page at a time by id."""
    wanted = select(Message).where(Message.person_id == person_id)
    if before_id is not None:
        wanted = wanted.where(Message.id < before_id)
    return list(session.scalars(wanted.order_by(Message.id.desc()).limit(limit)))


def mark_read(session: Session, *, person_id: int, up_to_id: int, at: datetime) -> None:
    """Note that a person has seen all messages up to one."""
    session.execute(
        update(Message)
        .where(Message.person_id == person_id, Message.id <= up_to_id, Message.read_at.is_(None))
        .values(read_at=at)
        .execution_options(synchronize_session=False)
    )
