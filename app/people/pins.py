"""PINs: which are good enough, how they are kept, whether one fits."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.kernel.errors import N_, BadInput
from app.models import Person, Pin
from app.people.check_digits import typed_digits

SHORTEST, LONGEST = 4, 8

# The least that OWASP asks of argon2id: 19 MiB and two passes; 30 ms on a small laptop.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Checked in place of a hash that is not there, so that the answer takes as long.
_NOBODY = _hasher.hash("no PIN has letters")


class NotAPin(BadInput):
    """A PIN with signs other than digits, or too few or too many of them."""

    code = "not_a_pin"
    message = N_("A PIN has %(shortest)s to %(longest)s digits.")


class PinTooEasy(BadInput):
    """A PIN that a stranger would try first."""

    code = "pin_too_easy"
    message = N_("This PIN is easy to guess. Do not use a row, a repeat or your own numbers.")


class WrongPin(BadInput):
    """The present PIN was asked for again, and another one was typed."""

    code = "wrong_pin"
    message = N_("This is not your PIN.")


def set_pin(session: Session, *, person_id: int, pin: str, at: datetime) -> None:
    """Keep a person's PIN as an argon2 hash, in place of any earlier one.

    :raises NotAPin: unless it has 4 to 8 digits.
    :raises PinTooEasy: if it is a row, a repeat, or part of the person's own numbers.
    """
    digits = typed_digits(pin)
    if not (digits.isascii() and digits.isdigit() and SHORTEST <= len(digits) <= LONGEST):
        raise NotAPin(field="pin", shortest=SHORTEST, longest=LONGEST)
    person = session.get_one(Person, person_id)
    if _is_easy(digits) or any(digits in own for own in (person.phone or "", person.member_number)):
        raise PinTooEasy(field="pin")
    pin_hash = _hasher.hash(digits)
    kept = session.get(Pin, person_id)
    if kept is None:
        session.add(Pin(person_id=person_id, pin_hash=pin_hash, set_at=at))
    else:
        kept.pin_hash, kept.set_at = pin_hash, at
    session.flush()


def forget(session: Session, *, person_id: int) -> None:
    """Take a person's PIN away; only an enrolment code helps then."""
    session.execute(delete(Pin).where(Pin.person_id == person_id))


def is_set(session: Session, *, person_id: int) -> bool:
    """Whether a person has chosen a PIN."""
    return session.get(Pin, person_id) is not None


def who_fits(session: Session, *, person_ids: Sequence[int], pin: str) -> list[int]:
    """Return those of some people whose PIN this is.

    With nobody to compare it takes as long as with one, so that the time tells nothing.
    """
    digits = typed_digits(pin)[: LONGEST + 1]
    hashes = session.execute(
        select(Pin.person_id, Pin.pin_hash)
        .where(Pin.person_id.in_(person_ids))
        .order_by(Pin.person_id)
    ).all()
    if not hashes:
        _fits(_NOBODY, digits)
    return [person_id for person_id, pin_hash in hashes if _fits(pin_hash, digits)]


def _fits(pin_hash: str, digits: str) -> bool:
    try:
        return _hasher.verify(pin_hash, digits)
    except VerifyMismatchError:
        return False


def _is_easy(digits: str) -> bool:
    steps = {(int(b) - int(a)) % 10 for a, b in itertools.pairwise(digits)}
    in_a_row = len(steps) == 1 and steps <= {0, 1, 9}
    halves = len(digits) % 2 == 0 and digits[: len(digits) // 2] == digits[len(digits) // 2 :]
    return in_a_row or halves or len(set(digits)) == 1
