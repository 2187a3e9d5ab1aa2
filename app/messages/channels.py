"""What a worker brings messages to phones with; composed where the settings are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.orm import Session

from app.messages.pushing import Pusher
from app.messages.texting import TextGateway
from app.models import Channel, Message


class Speaker(Protocol):
    """Puts a message into the words that a locked phone may show."""

    def brief(self, session: Session, message: Message, *, language: str) -> str:
        """Return a message in a language, without money and codes."""
        ...


@dataclass(frozen=True)
class Channels:
    """The ways that this installation has; without any, messages stay in the list.

    :param address: how phones reach this installation, without a final slash.
    """

    speaker: Speaker | None = None
    texts: TextGateway | None = None
    pusher: Pusher | None = None
    address: str = ""

    def has(self, channel: Channel) -> bool:
        """Return whether messages can go by a channel."""
        if self.speaker is None:
            return False
        return (self.texts if channel is Channel.SMS else self.pusher) is not None
