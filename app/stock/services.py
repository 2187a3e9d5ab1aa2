"""Take, give back and freeze the stock of lots.

Each change is one conditional statement on a narrow row, made last in its transaction,
so that two buyers of the same kilogram cannot both get it and a hot lot is locked for
as short as can be.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy import CursorResult, Select, Update, select, update
from sqlalchemy.orm import Session

from app.kernel.errors import N_, Refusal
from app.models import Lot, LotStock

# Rows that come from the database at a time.
_STREAMED = 50_000


class NotEnoughLeft(Refusal):
    """Less is left of the lot than was asked for."""

    code = "not_enough_left"
    message = N_("Only %(left_g)s is left of this lot. Take that much or less.")


class LotFrozen(Refusal):
    """The lot's market day is being cleared; nobody takes from it now."""

    code = "lot_frozen"
    message = N_("This lot is being matched right now. Try again in a minute.")


def open_stock(session: Session, *, lot_id: int, quantity_g: int) -> None:
    """Put a new lot's quantity into stock."""
    session.add(LotStock(lot_id=lot_id, available_g=quantity_g, is_frozen=False))
    session.flush()


def take(session: Session, *, lot_id: int, quantity_g: int, while_frozen: bool = False) -> None:
    """Take a quantity in grams from a lot: the one way for direct orders and clearing.

    :param while_frozen: the clearing itself, which froze the lot, may take from it.
    :raises NotEnoughLeft: if less is left; ``left_g`` is among the figures.
    :raises LotFrozen: if the lot is frozen and the taker is not the clearing.
    """
    if quantity_g <= 0:
        raise ValueError("a quantity taken is positive")
    change = (
        update(LotStock)
        .where(LotStock.lot_id == lot_id, LotStock.available_g >= quantity_g)
        .values(available_g=LotStock.available_g - quantity_g)
    )
    if not while_frozen:
        change = change.where(LotStock.is_frozen.is_(False))
    if _changed(session, change) == 1:
        return
    stock = session.execute(
        select(LotStock.available_g, LotStock.is_frozen).where(LotStock.lot_id == lot_id)
    ).one()
    if stock.is_frozen and not while_frozen:
        raise LotFrozen
    raise NotEnoughLeft(field="quantity", left_g=stock.available_g)


def take_all(session: Session, *, wanted: Select[int, int], while_frozen: bool = False) -> None:
    """Take from many lots in one statement, or from none of them.

    :param wanted: selects each lot once (``id``), with the grams to take (``quantity_g``).
    :param while_frozen: the clearing itself, which froze the lots, may take from them.
    :raises NotEnoughLeft: if less is left of one, or it is frozen for the taker.
    """
    lots = wanted.subquery()
    # Locked in one order, so that two who take from the same lots wait, not block, each other.
    locked = session.execute(
        select(LotStock.lot_id)
        .where(LotStock.lot_id.in_(select(lots.c.id)))
        .order_by(LotStock.lot_id)
        .with_for_update()
        .execution_options(yield_per=_STREAMED)
    )
    count = sum(len(part) for part in locked.partitions())
    change = (
        update(LotStock)
        .where(LotStock.lot_id == lots.c.id, LotStock.available_g >= lots.c.quantity_g)
        .values(available_g=LotStock.available_g - lots.c.quantity_g)
    )
    if not while_frozen:
        change = change.where(LotStock.is_frozen.is_(False))
    if _changed(session, change) == count:
        return
    # The caller undoes it all, whatever the others gave.
    raise NotEnoughLeft(field="quantity", left_g=0)


def give_back(session: Session, *, lot_id: int, quantity_g: int) -> None:
    """Put a quantity in grams back into a lot's stock."""
    if quantity_g <= 0:
        raise ValueError("a quantity given back is positive")
    change = (
        update(LotStock)
        .where(LotStock.lot_id == lot_id)
        .values(available_g=LotStock.available_g + quantity_g)
    )
    if _changed(session, change) != 1:
        raise ValueError(f"lot {lot_id} has no stock row")


def drain(session: Session, *, lot_id: int) -> int:
    """Take all that is left of a lot, as a withdrawal does, and return it in grams.

    :raises LotFrozen: if the lot is being cleared.
    """
    stock = session.execute(
        select(LotStock.available_g, LotStock.is_frozen)
        .where(LotStock.lot_id == lot_id)
        .with_for_update()
    ).one()
    if stock.is_frozen:
        raise LotFrozen
    if stock.available_g:
        take(session, lot_id=lot_id, quantity_g=stock.available_g)
    return int(stock.available_g)


def freeze_day(session: Session, *, market_day_id: int) -> None:
    """Let nobody but the clearing take from the lots of a market day."""
    _set_frozen(session, market_day_id, True)


def thaw_day(session: Session, *, market_day_id: int) -> None:
    """Let buyers take again what the clearing left of a market day's lots."""
    _set_frozen(session, market_day_id, False)


def thaw_lots(session: Session, *, lot_ids: Sequence[int]) -> None:
    """Let buyers take from lots that leave a frozen day."""
    _changed(session, update(LotStock).where(LotStock.lot_id.in_(lot_ids)).values(is_frozen=False))


def _set_frozen(session: Session, market_day_id: int, frozen: bool) -> None:
    lots = select(Lot.id).where(Lot.market_day_id == market_day_id)
    _changed(session, update(LotStock).where(LotStock.lot_id.in_(lots)).values(is_frozen=frozen))


def _changed(session: Session, change: Update) -> int:
    done = session.execute(change.execution_options(synchronize_session=False))
    return cast("CursorResult[object]", done).rowcount
