"""Finding the people of a cooperative, and keeping what is known of them right."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from app.kernel.errors import N_, NotFound, Refusal
from app.models import Cooperative, Person, Pin, Role, RoleKind
from app.people import codes, pins, sessions
from app.people.check_digits import typed_digits
from app.people.enrolling import checked_language, checked_name, checked_phone

PAGE_LENGTH = 50


class BelongsElsewhere(Refusal):
    """A person whose account also opens another cooperative's pages."""

    code = "belongs_elsewhere"
    message = N_(
        "This person also has a role at another cooperative. Only somebody who manages"
        " both can reset the PIN."
    )
    status = 403


def in_cooperative(session: Session, *, person_id: int, cooperative_id: int) -> Person:
    """Return a person who has, or once had, a role in a cooperative.

    :raises NotFound: if there is no such person there.
    """
    found = session.scalars(
        select(Person).where(Person.id == person_id, _belongs(cooperative_id))
    ).first()
    if found is None:
        raise NotFound
    return found


def page(
    session: Session,
    *,
    cooperative_id: int,
    search: str = "",
    kind: RoleKind | None = None,
    only_without_pin: bool = False,
    after_id: int | None = None,
    limit: int = PAGE_LENGTH,
) -> Sequence[Person]:
    """Return people of a cooperative by name, a page at a time.

    :param search: part of a name or phone, or the start of a member number.
    :param kind: only people with this open role.
    :param after_id: the last person of the page before.
    """
    wanted = select(Person).where(_belongs(cooperative_id, kind, is_open=True))
    if search.strip():
        wanted = wanted.where(_matches(search.strip()))
    if only_without_pin:
        wanted = wanted.where(~exists().where(Pin.person_id == Person.id))
    last = None if after_id is None else session.get(Person, after_id)
    if last is not None:
        wanted = wanted.where(
            or_(Person.name > last.name, and_(Person.name == last.name, Person.id > last.id))
        )
    return session.scalars(wanted.order_by(Person.name, Person.id).limit(limit)).all()


def named(session: Session, *, person_ids: Sequence[int]) -> Sequence[Person]:
    """Return some people by name."""
    return session.scalars(
        select(Person).where(Person.id.in_(person_ids)).order_by(Person.name, Person.id)
    ).all()


def first_with_role(session: Session, *, cooperative_id: int, kind: RoleKind) -> Person:
    """Return whoever got an open role first in a cooperative.

    :raises NotFound: if nobody has it.
    """
    found = session.scalars(
        select(Person)
        .join(Role, Role.person_id == Person.id)
        .where(Role.cooperative_id == cooperative_id, Role.kind == kind, Role.ended_at.is_(None))
        .order_by(Role.id)
        .limit(1)
    ).first()
    if found is None:
        raise NotFound
    return found


def roles_by_person(
    session: Session, *, person_ids: Sequence[int], cooperative_id: int
) -> dict[int, list[Role]]:
    """Return the open roles of some people in a cooperative."""
    found: dict[int, list[Role]] = {person_id: [] for person_id in person_ids}
    for role in session.scalars(
        select(Role)
        .where(
            Role.person_id.in_(person_ids),
            Role.cooperative_id == cooperative_id,
            Role.ended_at.is_(None),
        )
        .order_by(Role.id)
    ):
        found[role.person_id].append(role)
    return found


def with_pin(session: Session, *, person_ids: Sequence[int]) -> set[int]:
    """Return those of some people who have chosen a PIN."""
    return set(
        session.scalars(
            select(Pin.person_id).where(Pin.person_id.in_(person_ids)).order_by(Pin.person_id)
        )
    )


def change_name(session: Session, *, person_id: int, name: str) -> None:
    """Write a person's name differently.

    :raises NoName: without a name.
    """
    session.get_one(Person, person_id).name = checked_name(name)


def change_phone(
    session: Session, *, person_id: int, cooperative_id: int, phone: str | None
) -> None:
    """Give a person another phone, or none.

    :raises NotAPhone: if it cannot be called.
    """
    cooperative = session.get_one(Cooperative, cooperative_id)
    session.get_one(Person, person_id).phone = checked_phone(phone, cooperative)


def change_language(
    session: Session, *, person_id: int, cooperative_id: int, language: str
) -> None:
    """Have a person's pages in another language of the cooperative.

    :raises NoSuchLanguage: if it does not offer that one.
    """
    cooperative = session.get_one(Cooperative, cooperative_id)
    session.get_one(Person, person_id).language = checked_language(language, cooperative)


def reset_pin(
    session: Session, *, person_id: int, cooperative_id: int, by_id: int, at: datetime
) -> str:
    """Take a person's PIN, codes and sessions away and return a new code to enrol with.

    :raises NotFound: if the person is not of this cooperative.
    :raises BelongsElsewhere: if the account opens a cooperative that ``by_id`` does not manage.
    """
    in_cooperative(session, person_id=person_id, cooperative_id=cooperative_id)
    managed = select(Role.cooperative_id).where(
        Role.person_id == by_id, Role.kind == RoleKind.MANAGER, Role.ended_at.is_(None)
    )
    elsewhere = session.scalar(
        select(Role.id)
        .where(
            Role.person_id == person_id,
            Role.ended_at.is_(None),
            Role.cooperative_id.not_in(managed),
            Role.cooperative_id != cooperative_id,
        )
        .limit(1)
    )
    if elsewhere is not None:
        raise BelongsElsewhere
    pins.forget(session, person_id=person_id)
    codes.void_all(session, person_id=person_id, at=at)
    sessions.revoke_all(session, person_id=person_id, at=at)
    return codes.new_code(session, person_id=person_id, created_by_id=by_id, at=at)


def _belongs(
    cooperative_id: int, kind: RoleKind | None = None, *, is_open: bool = False
) -> ColumnElement[bool]:
    terms = [Role.person_id == Person.id, Role.cooperative_id == cooperative_id]
    if kind is not None:
        terms.append(Role.kind == kind)
    if is_open:
        terms.append(Role.ended_at.is_(None))
    return exists().where(*terms)


def _matches(search: str) -> ColumnElement[bool]:
    digits = typed_digits(search).lstrip("+")
    matches = [Person.name.icontains(search, autoescape=True)]
    if digits.isascii() and digits.isdigit():
        matches.append(Person.member_number.startswith(digits))
        # At home a phone is typed with a trunk nought that E.164 leaves out.
        matches.append(Person.phone.contains(digits.lstrip("0") or digits))
    return or_(*matches)
