"""What a person wants to be told on the phone: a switch for each topic and channel."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.messages.kinds import TOPICS, Topic
from app.messages.subscriptions import people_with_push
from app.models import Channel, MessageChoice


@dataclass(frozen=True)
class Choices:
    """The switches of some people.

    :param chosen: what they set themselves; everything else is as the topic has it.
    :param have_push: who is shown notifications on a device.
    """

    chosen: Mapping[tuple[int, str, Channel], bool]
    have_push: Collection[int]

    def is_on(self, person_id: int, topic: Topic, channel: Channel) -> bool:
        """Return whether a person is told of a topic on a channel.

        A text message costs money, so by itself it stands in only where there is no
        notification.
        """
        rule = TOPICS[topic]
        if not rule.is_fixed and (person_id, topic, channel) in self.chosen:
            return self.chosen[person_id, topic, channel]
        if channel is Channel.PUSH:
            return True
        return rule.texts and person_id not in self.have_push


def choices_of(session: Session, *, person_ids: Collection[int], at: datetime) -> Choices:
    """Return the switches of some people."""
    rows = session.scalars(
        select(MessageChoice)
        .where(MessageChoice.person_id.in_(person_ids))
        .order_by(MessageChoice.person_id, MessageChoice.topic, MessageChoice.channel)
    )
    chosen = {(row.person_id, row.topic, row.channel): row.is_on for row in rows}
    return Choices(chosen, people_with_push(session, person_ids=person_ids, at=at))


def choose(
    session: Session,
    *,
    person_id: int,
    topics: Iterable[Topic],
    channels: Iterable[Channel],
    wanted: Collection[tuple[Topic, Channel]],
    at: datetime,
) -> None:
    """Keep a person's switches for the topics and channels that were shown.

    Only what differs from the topic's own setting is kept, so that whoever never chose
    gets text messages again on a phone that shows no notifications any more.
    """
    topics, channels = list(topics), list(channels)
    session.execute(
        delete(MessageChoice).where(
            MessageChoice.person_id == person_id,
            MessageChoice.topic.in_(topics),
            MessageChoice.channel.in_(channels),
        )
    )
    as_before = choices_of(session, person_ids=[person_id], at=at)
    for topic in topics:
        for channel in channels:
            is_on = (topic, channel) in wanted
            if TOPICS[topic].is_fixed or is_on == as_before.is_on(person_id, topic, channel):
                continue
            session.merge(
                MessageChoice(
                    person_id=person_id, topic=topic, channel=channel, is_on=is_on, chosen_at=at
                )
            )
    session.flush()
