"""Signing in by phone or member number and PIN."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from app.kernel.database import reading, transaction
from app.kernel.errors import N_, Refusal
from app.models import Cooperative, Person, Role
from app.people import pins, throttling
from app.people.check_digits import typed_digits
from app.people.phones import NotAPhone, normalised
from app.people.throttling import Subject

# Many people share one address of a mobile network; guesses at many names come from one.
FREE_FAILURES_AN_ADDRESS = 100


class WrongSignIn(Refusal):
    """Nobody has this phone or number with this PIN; which of them is wrong stays unsaid."""

    code = "wrong_sign_in"
    message = N_("The number or the PIN is wrong. Check both and try again.")
    status = 422


def sign_in(
    *, who: str, pin: str, origin: str, at: datetime, cooperative_id: int | None = None
) -> list[Person]:
    """Return the people whom a phone or member number and a PIN fit, at least one.

    People may share a phone; the PIN tells them apart, and where two also chose the same
    PIN, the person's name has to be asked for.

    It opens its own transactions: a refused try must stay counted, and the slow check of
    the PIN must keep no other writer waiting.

    :param who: the phone or member number as it was typed.
    :param origin: the network address that asks.
    :param cooperative_id: look only among people with an open role there.
    :raises WrongSignIn: if nobody fits.
    :raises TooManyTries: if this name or this address failed too often.
    """
    with reading() as session:
        names = _possible_names(session, who)
    # A plus sorts first: a phone counts as one, however it was typed.
    subjects = _subjects(f"who:{min(names)}", origin)
    with transaction() as session:
        tries = throttling.claim(session, subjects=subjects, at=at)
    with reading() as session:
        found = _people(session, names, cooperative_id)
        fitting = pins.who_fits(session, person_ids=[person.id for person in found], pin=pin)
    if not fitting:
        raise WrongSignIn
    with transaction() as session:
        throttling.succeed(session, tries=tries)
    return [person for person in found if person.id in fitting]


def confirm(*, person_id: int, pin: str, origin: str, at: datetime) -> None:
    """Make sure that a signed-in person knows the PIN, counting the tries as above.

    :raises WrongPin: if it is another one.
    :raises TooManyTries: if this person or this address failed too often.
    """
    with transaction() as session:
        subjects = _subjects(f"person:{person_id}", origin)
        tries = throttling.claim(session, subjects=subjects, at=at)
    with reading() as session:
        fits = pins.who_fits(session, person_ids=[person_id], pin=pin)
    if not fits:
        raise pins.WrongPin(field="present")
    with transaction() as session:
        throttling.succeed(session, tries=tries)


def _subjects(name: str, origin: str) -> list[Subject]:
    address = Subject(f"from:{origin}", free=FREE_FAILURES_AN_ADDRESS, forgiving=False)
    return [Subject(name), address]


def _possible_names(session: Session, who: str) -> list[str]:
    """Return what was typed as a number and as the phone it is in each country served."""
    digits = typed_digits(who)
    names = [digits]
    countries = session.scalars(select(Cooperative.country).distinct()).all()
    for country in sorted(countries):
        try:
            names.append(normalised(digits, country=country))
        except NotAPhone:
            continue
    return names


def _people(session: Session, names: Sequence[str], cooperative_id: int | None) -> Sequence[Person]:
    wanted = select(Person).where(
        or_(Person.member_number == names[0], Person.phone.in_(names[1:]))
    )
    if cooperative_id is not None:
        wanted = wanted.where(
            exists().where(
                Role.person_id == Person.id,
                Role.cooperative_id == cooperative_id,
                Role.ended_at.is_(None),
            )
        )
    return session.scalars(wanted.order_by(Person.id)).all()
