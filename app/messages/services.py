"""Write messages in the transaction of the change that causes them, and list them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import event, func, select, update
from sqlalchemy.orm import Session

from app.jobs import services as jobs
from app.kernel.database import insert_new_rows
from app.kernel.errors import NotFound
from app.models import Message

DELIVER_JOB = "messages.deliver"
Figures = Mapping[str, int | str | Mapping[str, str | None]]
# Rows of one statement, and messages of one job.
_ROWS = 500
_NEW = "farmgate_new_messages"


@dataclass(frozen=True)
class Notice:
    """One person to tell about one event.

    :param event_key: names the event within the kind, such as ``lot:17``.
    :param useful_until: when it becomes useless to send it to a phone.
    """

    person_id: int
    event_key: str
    figures: Figures
    useful_until: datetime | None = None


def tell(
    session: Session,
    *,
    person_id: int,
    cooperative_id: int,
    kind: str,
    event_key: str,
    figures: Figures,
    at: datetime,
    useful_until: datetime | None = None,
) -> None:
    """Tell a person one thing once; the same kind and event again changes nothing.

    :param kind: a key of ``app.messages.wording.WORDING`` and of ``kinds.KINDS``.
    :param event_key: names the event within the kind, such as ``lot:17``.
    :param useful_until: when it becomes useless to send it to a phone.
    """
    tell_all(
        session,
        cooperative_id=cooperative_id,
        kind=kind,
        notices=[Notice(person_id, event_key, figures, useful_until)],
        at=at,
    )


def tell_all(
    session: Session,
    *,
    cooperative_id: int,
    kind: str,
    notices: Sequence[Notice],
    at: datetime,
) -> int:
    """Tell many people one kind of thing, each once; return how many it was new to.

    Hundreds of messages go in one statement. The deliveries to phones are one job for
    hundreds of messages, recorded as this transaction commits.
    """
    told = 0
    # In one order everywhere, so that two transactions never wait for each other.
    notices = sorted(notices, key=lambda notice: (notice.person_id, notice.event_key))
    for start in range(0, len(notices), _ROWS):
        new_ids = insert_new_rows(
            session,
            Message,
            [
                {
                    "person_id": notice.person_id,
                    "cooperative_id": cooperative_id,
                    "kind": kind,
                    "event_key": notice.event_key,
                    "figures": dict(notice.figures),
                    "written_at": at,
                    "useful_until": notice.useful_until,
                }
                for notice in notices[start : start + _ROWS]
            ],
        )
        _have_delivered(session, new_ids, at)
        told += len(new_ids)
    return told


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


def own_message(session: Session, *, message_id: int, person_id: int) -> Message:
    """Return a message of a person.

    :raises NotFound: if it is somebody else's, or there is none.
    """
    message = session.get(Message, message_id)
    if message is None or message.person_id != person_id:
        raise NotFound
    return message


def mark_read(session: Session, *, person_id: int, up_to_id: int, at: datetime) -> None:
    """Note that a person has seen all messages up to one."""
    session.execute(
        update(Message)
        .where(Message.person_id == person_id, Message.id <= up_to_id, Message.read_at.is_(None))
        .values(read_at=at)
        .execution_options(synchronize_session=False)
    )


@dataclass
class _New:
    at: datetime
    ids: list[int]


def _have_delivered(session: Session, new_ids: Sequence[int], at: datetime) -> None:
    """Have the new messages brought to phones: one job for all that a transaction tells."""
    new: _New | None = session.info.get(_NEW)
    if new is None:
        new = session.info[_NEW] = _New(at, [])
        event.listen(session, "before_commit", _enqueue)
    new.ids.extend(new_ids)


def _enqueue(session: Session) -> None:
    new: _New = session.info[_NEW]
    ids, new.ids = sorted(set(new.ids)), []
    for start in range(0, len(ids), _ROWS):
        jobs.enqueue(
            session,
            kind=DELIVER_JOB,
            key=f"{DELIVER_JOB}:{ids[start]}",
            payload={"message_ids": ids[start : start + _ROWS]},
            at=new.at,
        )
