"""Messages in words: what people were told, in the reader's language and formats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import Flask, g
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import messages
from app.kernel.clock import local
from app.kernel.database import reading
from app.kernel.errors import N_
from app.messages.wording import BRIEF, WORDING
from app.models import Cooperative, Crop, Message
from app.models.names import PlaceName
from app.web.formatting import clock_time, day, money, price_per_kg, quantity
from app.web.session import visitor
from app.web.translation import gettext
from app.web.words import called_name, crop_name

# An old message may outlive its wording; then its reader learns at least that it is old.
NO_WORDING = N_("An older message that can no longer be shown.")


@dataclass(frozen=True)
class Told:
    """One message as a page shows it."""

    text: str
    written_at: datetime
    is_new: bool


def in_words(session: Session, found: Sequence[Message]) -> list[Told]:
    """Return messages in the reader's language, in the order they come in."""
    crops = _crops(session, found)
    home_ids = {message.cooperative_id for message in found}
    homes = {
        home.id: home
        for home in session.scalars(
            select(Cooperative).where(Cooperative.id.in_(home_ids)).order_by(Cooperative.id)
        )
    }
    return [
        Told(
            text=_text(message, crops, homes[message.cooperative_id], WORDING),
            written_at=message.written_at,
            is_new=message.read_at is None,
        )
        for message in found
    ]


def install(app: Flask) -> None:
    """Tell the templates how many messages wait to be read."""
    app.jinja_env.globals["unread_messages"] = unread_messages


def unread_messages() -> int:
    """Return how many messages the signed-in person has not opened."""
    known = visitor()
    if known is None:
        return 0
    if "unread_messages" not in g:
        with reading() as session:
            g.unread_messages = messages.unread_count(session, person_id=known.person.id)
    return int(g.unread_messages)


def brief(session: Session, message: Message, home: Cooperative) -> str:
    """Return a message without the money and the codes that a locked phone must not show."""
    return _text(message, _crops(session, [message]), home, {**WORDING, **BRIEF})


def _crops(session: Session, found: Sequence[Message]) -> dict[int, str]:
    crop_ids = {message.figures["crop_id"] for message in found if "crop_id" in message.figures}
    crops = session.scalars(select(Crop).where(Crop.id.in_(crop_ids)).order_by(Crop.id))
    return {crop.id: crop_name(crop) for crop in crops}


def _text(
    message: Message, crops: Mapping[int, str], home: Cooperative, wording: Mapping[str, str]
) -> str:
    figures = {name: _figure(name, value, home) for name, value in message.figures.items()}
    if "crop_id" in message.figures:
        figures["crop"] = crops.get(message.figures["crop_id"], "")
    try:
        return gettext(wording[message.kind]) % figures
    except KeyError:
        return gettext(NO_WORDING)


def _figure(name: str, value: Any, home: Cooperative) -> str:
    """Return a figure as its name's ending says; see ``app.messages.wording``."""
    if name.endswith("_on"):
        return day(date.fromisoformat(str(value)))
    if name.endswith("_at"):
        return clock_time(local(datetime.fromisoformat(str(value)), home.time_zone))
    if name.endswith("_g"):
        return quantity(int(value))
    if name.endswith("_minor"):
        return money(int(value), home.currency)
    if name.endswith("_price"):
        return price_per_kg(int(value), home.currency)
    if isinstance(value, Mapping):
        return called_name(PlaceName(**value))
    return str(value)
