"""How far a buyer may run up the weekly account."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.kernel.errors import NotFound
from app.models import (
    Account,
    AccountKind,
    BuyerTerms,
    CardBalance,
    Person,
    Posting,
    Role,
    RoleKind,
)


@dataclass(frozen=True)
class BuyerStanding:
    """A buyer's money here, in minor units; ``owes_minor`` is unpaid on the weekly account."""

    person: Person
    limit_minor: int
    card_minor: int
    owes_minor: int


def buyers(
    session: Session,
    *,
    cooperative_id: int,
    search: str = "",
    after_id: int = 0,
    person_id: int | None = None,
    limit: int = 50,
) -> list[BuyerStanding]:
    """Return buyers with what they have and owe, a page at a time by id.

    :param search: part of a name or the start of a member number.
    """
    buying = select(Role.person_id).where(
        Role.cooperative_id == cooperative_id,
        Role.kind == RoleKind.BUYER,
        Role.ended_at.is_(None),
    )
    wanted = select(Person).where(Person.id.in_(buying), Person.id > after_id)
    if person_id is not None:
        wanted = wanted.where(Person.id == person_id)
    if search.strip():
        plain = search.strip()
        wanted = wanted.where(
            or_(
                func.lower(Person.name).contains(plain.lower(), autoescape=True),
                Person.member_number.startswith(plain, autoescape=True),
            )
        )
    people = session.scalars(wanted.order_by(Person.id).limit(limit)).all()
    ids = [person.id for person in people]
    limits = _limits(session, cooperative_id, ids)
    cards = _cards(session, cooperative_id, ids)
    owed = _owed(session, cooperative_id, ids)
    return [
        BuyerStanding(
            person, limits.get(person.id, 0), cards.get(person.id, 0), -owed.get(person.id, 0)
        )
        for person in people
    ]


def buyer(session: Session, *, cooperative_id: int, person_id: int) -> BuyerStanding:
    """Return one buyer with what he or she has and owes.

    :raises NotFound: if the person does not buy here.
    """
    found = buyers(session, cooperative_id=cooperative_id, person_id=person_id)
    if not found:
        raise NotFound
    return found[0]


def set_limit(session: Session, *, cooperative_id: int, person_id: int, limit_minor: int) -> None:
    """Let a buyer owe at most so much on the weekly account; 0 ends it.

    :raises NotFound: if the person does not buy here.
    """
    buyer(session, cooperative_id=cooperative_id, person_id=person_id)
    terms = session.get(BuyerTerms, (person_id, cooperative_id))
    if terms is None:
        terms = BuyerTerms(person_id=person_id, cooperative_id=cooperative_id)
        session.add(terms)
    terms.account_limit_minor = limit_minor
    session.flush()


def _limits(session: Session, cooperative_id: int, ids: list[int]) -> dict[int, int]:
    rows = session.execute(
        select(BuyerTerms.person_id, BuyerTerms.account_limit_minor).where(
            BuyerTerms.cooperative_id == cooperative_id, BuyerTerms.person_id.in_(ids)
        )
    )
    return {row.person_id: row.account_limit_minor for row in rows}


def _cards(session: Session, cooperative_id: int, ids: list[int]) -> dict[int, int]:
    rows = session.execute(
        select(Account.person_id, CardBalance.available_minor)
        .join(CardBalance, CardBalance.account_id == Account.id)
        .where(Account.cooperative_id == cooperative_id, Account.person_id.in_(ids))
    )
    return {person_id: available for person_id, available in rows if person_id is not None}


def _owed(session: Session, cooperative_id: int, ids: list[int]) -> dict[int, int]:
    rows = session.execute(
        select(Account.person_id, func.sum(Posting.amount_minor))
        .join(Posting, Posting.account_id == Account.id)
        .where(
            Account.cooperative_id == cooperative_id,
            Account.kind == AccountKind.RECEIVABLE,
            Account.person_id.in_(ids),
        )
        .group_by(Account.person_id)
    )
    return {person_id: int(total) for person_id, total in rows if person_id is not None}
