"""A shop's till: opened with a float, counted at the end against the ledger's cash."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel.database import insert_if_new
from app.kernel.errors import N_, NotFound, Refusal
from app.ledger.entries import Cause, account, post
from app.models import Account, AccountKind, Entry, Posting, Shop, TillShift


class ShiftOpen(Refusal):
    """The till is open already; it has to be counted before it is opened again."""

    code = "till_shift_open"
    message = N_("The till is open already. Count it before you open it again.")


@dataclass(frozen=True)
class Count:
    """What a count found: expected and counted are with the float, in minor units."""

    shift_id: int
    expected_minor: int
    counted_minor: int

    @property
    def difference_minor(self) -> int:
        """Return what is too much (positive) or missing (negative)."""
        return self.counted_minor - self.expected_minor


def open_shift(
    session: Session, *, shop_id: int, person_id: int, float_minor: int, key: str, at: datetime
) -> int:
    """Open a shop's till with change in it and return the shift's id, once per key.

    :raises ShiftOpen: if it is open already.
    """
    # One till a shop: the lock makes a second opening see the first.
    session.execute(select(Shop.id).where(Shop.id == shop_id).with_for_update(key_share=True))
    known = session.scalar(select(TillShift.id).where(TillShift.key == key))
    if known is not None:
        return known
    if current_shift(session, shop_id=shop_id) is not None:
        raise ShiftOpen
    values = {
        "shop_id": shop_id,
        "person_id": person_id,
        "opened_at": at,
        "float_minor": float_minor,
        "key": key,
    }
    shift_id = insert_if_new(session, TillShift, values)
    if shift_id is None:
        raise ShiftOpen
    return shift_id


def current_shift(session: Session, *, shop_id: int) -> TillShift | None:
    """Return a shop's open shift, if its till is open."""
    return session.scalar(
        select(TillShift)
        .where(TillShift.shop_id == shop_id, TillShift.closed_at.is_(None))
        .order_by(TillShift.id.desc())
        .limit(1)
    )


def last_counts(session: Session, *, shop_id: int, limit: int = 10) -> list[TillShift]:
    """Return a shop's counted shifts, newest first."""
    return list(
        session.scalars(
            select(TillShift)
            .where(TillShift.shop_id == shop_id, TillShift.closed_at.is_not(None))
            .order_by(TillShift.id.desc())
            .limit(limit)
        )
    )


def expected_minor(session: Session, *, shift: TillShift) -> int:
    """Return what should lie in the till now: the float and the ledger's cash since then."""
    taken = session.scalar(
        select(func.coalesce(func.sum(Posting.amount_minor), 0))
        .join(Account, Account.id == Posting.account_id)
        .join(Entry, Entry.id == Posting.entry_id)
        .where(
            Account.kind == AccountKind.CASH,
            Account.shop_id == shift.shop_id,
            Entry.at >= shift.opened_at,
        )
    )
    # What the cooperative has stands in the ledger with a minus.
    return shift.float_minor - int(taken or 0)


def count_shift(
    session: Session, *, shift_id: int, shop_id: int, counted_minor: int, at: datetime
) -> Count:
    """Close a shift with what was counted, and post a difference to the losses, once.

    :raises NotFound: if the shift is not of this shop.
    """
    shift = session.scalar(
        select(TillShift)
        .where(TillShift.id == shift_id, TillShift.shop_id == shop_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if shift is None:
        raise NotFound
    if shift.closed_at is None:
        shift.expected_minor = expected_minor(session, shift=shift)
        shift.counted_minor = counted_minor
        shift.closed_at = at
        session.flush()
        _post_difference(session, shift, counted_minor - shift.expected_minor, at)
    assert shift.expected_minor is not None and shift.counted_minor is not None
    return Count(shift.id, shift.expected_minor, shift.counted_minor)


def _post_difference(
    session: Session, shift: TillShift, difference_minor: int, at: datetime
) -> None:
    if difference_minor == 0:
        return
    cooperative_id = session.scalars(
        select(Shop.cooperative_id).where(Shop.id == shift.shop_id)
    ).one()
    cash = account(
        session,
        cooperative_id=cooperative_id,
        kind=AccountKind.CASH,
        shop_id=shift.shop_id,
        at=at,
    )
    losses = account(session, cooperative_id=cooperative_id, kind=AccountKind.LOSSES, at=at)
    post(
        session,
        cooperative_id=cooperative_id,
        reason="till_difference",
        key=f"till:{shift.id}",
        cause=Cause("till_shift", shift.id),
        moves={cash: -difference_minor, losses: difference_minor},
        at=at,
    )
