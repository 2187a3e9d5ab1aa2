"""A cooperative's own rows: found, given free names, removed while nothing rests on them."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.kernel.errors import N_, BadInput, NotFound, Refusal
from app.models import (
    Crop,
    Fee,
    Hub,
    LineHaul,
    PickupPoint,
    Shop,
    Vehicle,
    Village,
)

Row = TypeVar("Row", Crop, Fee, Hub, LineHaul, PickupPoint, Shop, Vehicle, Village)
Named = TypeVar("Named", Hub, PickupPoint, Shop, Vehicle, Village)


class NameTaken(Refusal):
    """Two things of one kind cannot have one name."""

    code = "setup_name_taken"
    message = N_(
        "There is %(name)s already, perhaps among those that are no longer used."
        " Choose another name."
    )


class StillUsed(Refusal):
    """Something else rests on what is to be removed."""

    code = "setup_still_used"
    message = N_("Something still belongs to this, so it cannot be removed.")


class HoursReversed(BadInput):
    """An end that is not after its start."""

    code = "setup_hours_reversed"
    message = N_("The end must be after the start.")


def row(session: Session, table: type[Row], row_id: int | None, *, cooperative_id: int) -> Row:
    """Return a row of a cooperative.

    :raises NotFound: if the cooperative has no such row.
    """
    found = None if row_id is None else session.get(table, row_id)
    if found is None or found.cooperative_id != cooperative_id:
        raise NotFound
    return found


def all_of(session: Session, table: type[Named], *, cooperative_id: int) -> list[Named]:
    """Return all rows of a kind by name, also those that are no longer used."""
    return list(
        session.scalars(
            select(table)
            .where(table.cooperative_id == cooperative_id)
            .order_by(table.name, table.id)
        )
    )


def check_name(
    session: Session,
    table: type[Named],
    *,
    cooperative_id: int,
    name: str,
    except_id: int | None,
) -> None:
    """See that no other row of a kind has a name.

    :raises NameTaken: if one has.
    """
    same = select(table.id).where(table.cooperative_id == cooperative_id, table.name == name)
    if except_id is not None:
        same = same.where(table.id != except_id)
    if session.scalar(same.limit(1)) is not None:
        raise NameTaken(field="name", name=name)


def check_hours(start_minute: int, end_minute: int, *, field: str) -> None:
    """See that hours of a day run forward.

    :raises HoursReversed: if they do not.
    """
    if start_minute >= end_minute:
        raise HoursReversed(field=field)


def remove(session: Session, found: Hub | Shop) -> None:
    """Remove a row that nothing points at.

    :raises StillUsed: if something does; nothing is changed then.
    """
    try:
        with session.begin_nested():
            session.delete(found)
            session.flush()
    except IntegrityError:
        raise StillUsed from None
