"""Enrolling people: a member number, roles, and a one-time code to choose a PIN with."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel.database import insert_if_new
from app.kernel.errors import N_, BadInput
from app.models import Cooperative, Person
from app.people import codes
from app.people.check_digits import with_check_digit
from app.people.phones import normalised
from app.people.roles import RoleWanted, grant

LONGEST_NAME = 120
# Numbers are drawn, not counted on: a neighbour's number cannot be told from one's own.
_ROOM = 10
_SHORTEST_NUMBER = 5


class NoName(BadInput):
    """A person without a name."""

    code = "no_name"
    message = N_("Write the person's name, at most %(longest)s characters.")


class NoSuchLanguage(BadInput):
    """A language that the cooperative does not offer."""

    code = "no_such_language"
    message = N_("The cooperative does not offer this language.")


def enrol(
    session: Session,
    *,
    cooperative_id: int,
    name: str,
    phone: str | None,
    language: str,
    roles: Iterable[RoleWanted],
    created_by_id: int | None,
    at: datetime,
) -> tuple[Person, str]:
    """Save a new person with roles and return them with their enrolment code.

    The code is shown or printed now or never: only its hash is kept.

    :param phone: as typed, or nothing; several people may share one.
    :raises NoName: without a name.
    :raises NoSuchLanguage: if the cooperative does not speak it.
    :raises NotAPhone: if the phone cannot be called.
    :raises NotFound: if a role's place is not the cooperative's.
    """
    cooperative = session.get_one(Cooperative, cooperative_id)
    values = {
        "name": checked_name(name),
        "phone": checked_phone(phone, cooperative),
        "language": checked_language(language, cooperative),
        "created_at": at,
    }
    person = session.get_one(Person, _insert(session, values))
    for wanted in roles:
        grant(
            session,
            person_id=person.id,
            cooperative_id=cooperative_id,
            kind=wanted.kind,
            village_id=wanted.village_id,
            shop_id=wanted.shop_id,
            hub_id=wanted.hub_id,
            pickup_point_id=wanted.pickup_point_id,
            at=at,
        )
    return person, codes.new_code(session, person_id=person.id, created_by_id=created_by_id, at=at)


def checked_name(name: str) -> str:
    """Return a name without needless blanks.

    :raises NoName: if nothing is left, or too much.
    """
    plain = " ".join(name.split())
    if not plain or len(plain) > LONGEST_NAME:
        raise NoName(field="name", longest=LONGEST_NAME)
    return plain


def checked_phone(phone: str | None, cooperative: Cooperative) -> str | None:
    """Return a phone as E.164, or None where none was typed.

    :raises NotAPhone: if it cannot be called.
    """
    typed = (phone or "").strip()
    return normalised(typed, country=cooperative.country) if typed else None


def checked_language(language: str, cooperative: Cooperative) -> str:
    """Return a language of the cooperative.

    :raises NoSuchLanguage: if it is none.
    """
    if language not in cooperative.languages:
        raise NoSuchLanguage(field="language")
    return language


def _insert(session: Session, values: Mapping[str, object]) -> int:
    people = session.scalar(select(func.count()).select_from(Person)) or 0
    length = max(_SHORTEST_NUMBER, len(str(people * _ROOM)))
    while True:
        # The first digit is never a nought: spreadsheets and people drop it.
        drawn = secrets.choice("123456789") + "".join(
            secrets.choice("0123456789") for _ in range(length - 1)
        )
        new_id = insert_if_new(
            session, Person, {**values, "member_number": with_check_digit(drawn)}
        )
        if new_id is not None:
            return new_id
