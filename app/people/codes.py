"""One-time codes: printed on a card or told, good for choosing a PIN once."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.kernel.errors import N_, BadInput, Refusal
from app.models import Enrolment, Person
from app.people import throttling
from app.people.check_digits import is_checked, typed_digits, with_check_digit
from app.people.throttling import Subject

CODE_LIFE = timedelta(days=30)
CODE_DIGITS = 12
FREE_FAILURES_AN_ADDRESS = 20


class NotACode(BadInput):
    """A code with a slip in it."""

    code = "not_a_code"
    message = N_("Check the code: it has 12 digits, and one of these is wrong or missing.")


class CodeUnknown(Refusal):
    """No such code was ever given out, or a newer one took its place."""

    code = "code_unknown"
    message = N_("This code is not known. Ask your cooperative for a new one.")
    status = 404


class CodeUsed(Refusal):
    """The code has done its work."""

    code = "code_used"
    message = N_("This code was used already. Sign in with your number and your PIN.")


class CodeTooOld(Refusal):
    """The code's days are over."""

    code = "code_too_old"
    message = N_("This code is too old. Ask your cooperative for a new one.")


def new_code(session: Session, *, person_id: int, created_by_id: int | None, at: datetime) -> str:
    """Return a new one-time code for a person; earlier ones stay good until one is used.

    Printing a card twice therefore makes two good cards, and neither is a dead end.
    """
    while True:
        drawn = "".join(secrets.choice("0123456789") for _ in range(CODE_DIGITS - 1))
        code = with_check_digit(drawn)
        code_hash = _hash(code)
        # All codes that ever were stay in the table, so a draw may meet an old one.
        if session.scalar(select(Enrolment.id).where(Enrolment.code_hash == code_hash)) is None:
            break
    session.add(
        Enrolment(
            person_id=person_id,
            code_hash=code_hash,
            created_by_id=created_by_id,
            created_at=at,
            expires_at=at + CODE_LIFE,
        )
    )
    session.flush()
    return code


def in_groups(code: str) -> str:
    """Return a code as it is printed, in groups of four digits."""
    return " ".join(code[start : start + 4] for start in range(0, len(code), 4))


def claim_try(session: Session, *, origin: str, at: datetime) -> list[int]:
    """Count one try at a code from a network address; see ``app.people.throttling``.

    :raises TooManyTries: if the address has to wait.
    """
    subject = Subject(f"code:{origin}", free=FREE_FAILURES_AN_ADDRESS, forgiving=False)
    return throttling.claim(session, subjects=[subject], at=at)


def check(code: str) -> str:
    """Return a typed code as plain digits.

    :raises NotACode: if the check digit shows a slip.
    """
    digits = typed_digits(code)
    if len(digits) != CODE_DIGITS or not is_checked(digits):
        raise NotACode(field="code")
    return digits


def owner(session: Session, *, code: str) -> Person:
    """Return the person whom a code was made for, used or not.

    :raises NotACode: if the check digit shows a slip.
    :raises CodeUnknown: if there is no such code.
    """
    return session.get_one(Person, _known(session, code).person_id)


def find(session: Session, *, code: str, at: datetime) -> Person:
    """Return the person whom an unused code is for.

    :raises NotACode: if the check digit shows a slip.
    :raises CodeUnknown: if there is no such code.
    :raises CodeUsed: if it, or a later one, was used.
    :raises CodeTooOld: if it has expired.
    """
    return session.get_one(Person, _open(session, code, at).person_id)


def use_enrolment(session: Session, *, code: str, at: datetime) -> Person:
    """Use a code up, together with every other one of the person, and return the person.

    :raises NotACode: and the other refusals of :func:`find`.
    """
    found = _open(session, code, at)
    person_id = found.person_id
    # Two phones may hold one card; the row's own condition lets only one of them through.
    used = session.execute(
        update(Enrolment)
        .where(Enrolment.id == found.id, Enrolment.used_at.is_(None))
        .values(used_at=at)
        .returning(Enrolment.id)
    ).all()
    if not used:
        raise CodeUsed(field="code")
    void_all(session, person_id=person_id, at=at)
    return session.get_one(Person, person_id)


def void_all(session: Session, *, person_id: int, at: datetime) -> None:
    """Make every unused code of a person useless."""
    session.execute(
        update(Enrolment)
        .where(Enrolment.person_id == person_id, Enrolment.used_at.is_(None))
        .values(used_at=at)
    )


def _known(session: Session, code: str) -> Enrolment:
    code_hash = _hash(check(code))
    found = session.scalars(select(Enrolment).where(Enrolment.code_hash == code_hash)).first()
    if found is None:
        raise CodeUnknown(field="code")
    return found


def _open(session: Session, code: str, at: datetime) -> Enrolment:
    found = _known(session, code)
    if found.used_at is not None:
        raise CodeUsed(field="code")
    if found.expires_at <= at:
        raise CodeTooOld(field="code")
    return found


def _hash(code: str) -> str:
    # The code itself has to find its row, so there is no salt of its own; the cost of
    # scrypt (2 MiB, some milliseconds) stands between a stolen table and 10^11 codes.
    return hashlib.scrypt(
        code.encode(), salt=b"farmgate enrolment code", n=2**11, r=8, p=1, dklen=32
    ).hex()
