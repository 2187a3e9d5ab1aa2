"""Find the place that somebody means, asking back rather than guessing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.kernel.geo import Position
from app.places.gazetteer import Choice, Gazetteer
from app.places.geocoding import Geocoder
from app.places.place import Place, by_phone, unknown


class Answer(StrEnum):
    """How a look-up ended."""

    FOUND = "found"
    CHOOSE = "choose"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Found:
    """What a look-up answers.

    ``place`` can always be stored: the place itself when it was found, and otherwise the
    name with its position unknown, which asks the person or the manager.
    """

    answer: Answer
    place: Place
    choices: tuple[Choice, ...] = ()


def find(
    name: str,
    *,
    gazetteer: Gazetteer,
    admin: str | None = None,
    near: Position | None = None,
    phone: Position | None = None,
    geocoder: Geocoder | None = None,
    language: str = "en",
) -> Found:
    """Return the place that a name means, or the choices, or the name alone.

    Only one exact hit is taken without asking; names that sound alike, namesakes, the
    phone's position and a geocoder's answers are offered as choices.

    :param admin: the county or district that the name is in, where it is known.
    :param near: sorts choices, typically the cooperative's hub.
    :param phone: where the person stands, offered when no name fits.
    """
    near = near or phone
    choices = gazetteer.named(name, admin=admin, near=near)
    if len(choices) == 1 and choices[0].exact:
        return Found(Answer.FOUND, choices[0].place, choices)
    if not choices and phone is not None:
        choices = (Choice(by_phone(name, phone), 0, False, 0),)
    if not choices and geocoder is not None:
        places = geocoder.locate(name, language=language)
        choices = tuple(Choice(place, 0, False) for place in places)
    answer = Answer.CHOOSE if choices else Answer.UNKNOWN
    return Found(answer, unknown(name.strip(), admin=admin), choices)
