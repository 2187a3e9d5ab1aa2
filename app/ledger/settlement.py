"""What farmers are owed for what the village's scale accepted, and the day's remainder.

The parts of a price are rounded one by one, so the farmer gets exactly the promised net;
what that differs from the rounded whole goes to the rounding account. What buyers were
billed and what was accepted differ by shrinkage; that difference goes to the losses.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel.money import line_amount_minor
from app.ledger.entries import (
    Cause,
    account,
    amounts,
    counter,
    entries_of,
    is_countered,
    post,
)
from app.models import AccountKind, Allocation, Lot, Order, OrderLine


@dataclass(frozen=True)
class Earning:
    """The money of one allocation, in minor units; gross = transport + fees + net."""

    gross_minor: int
    transport_minor: int
    fees_minor: int
    net_minor: int

    def __add__(self, other: Earning) -> Earning:
        return Earning(
            self.gross_minor + other.gross_minor,
            self.transport_minor + other.transport_minor,
            self.fees_minor + other.fees_minor,
            self.net_minor + other.net_minor,
        )


NOTHING = Earning(0, 0, 0, 0)


def earning(
    *, quantity_g: int, farmer_price_minor: int, freight_minor: int, fee_minor: int
) -> Earning:
    """Return what a quantity earns: the parts rounded one by one, the gross their sum."""
    net = line_amount_minor(quantity_g, farmer_price_minor)
    transport = line_amount_minor(quantity_g, freight_minor)
    fees = line_amount_minor(quantity_g, fee_minor)
    return Earning(net + transport + fees, transport, fees, net)


def earning_of(allocation: Allocation, quantity_g: int) -> Earning:
    """Return what a quantity of an allocation earns at the allocation's prices."""
    return earning(
        quantity_g=quantity_g,
        farmer_price_minor=allocation.farmer_price_minor,
        freight_minor=allocation.freight_minor,
        fee_minor=allocation.fee_minor,
    )


def settle_day(session: Session, *, cooperative_id: int, market_day_id: int, at: datetime) -> None:
    """Owe every farmer of a day for the accepted weight and close the day's trade.

    Doing it again changes nothing, unless a weight or a bill was corrected meanwhile: then
    the settlement it touches is countered and written anew.
    """
    accepted_value = 0
    rows = session.execute(
        select(Allocation, Lot.farmer_id)
        .join(Lot, Lot.id == Allocation.lot_id)
        .where(
            Allocation.market_day_id == market_day_id,
            Allocation.released_at.is_(None),
            Allocation.accepted_g.is_not(None),
        )
        .order_by(Allocation.id)
    )
    for allocation, farmer_id in rows:
        accepted_value += _owe_farmer(session, allocation, farmer_id, at)
    _close_trade(session, cooperative_id, market_day_id, accepted_value, at)


def _owe_farmer(session: Session, allocation: Allocation, farmer_id: int, at: datetime) -> int:
    accepted_g = allocation.accepted_g or 0
    whole = line_amount_minor(accepted_g, allocation.buyer_price_minor)
    parts = earning_of(allocation, accepted_g)

    def of(kind: AccountKind, person_id: int | None = None) -> int:
        return account(
            session,
            cooperative_id=allocation.cooperative_id,
            kind=kind,
            person_id=person_id,
            at=at,
        )

    wanted = {
        of(AccountKind.TRADE): -whole,
        of(AccountKind.FARMER_PAYABLE, farmer_id): parts.net_minor,
        of(AccountKind.TRANSPORT_POOL): parts.transport_minor,
        of(AccountKind.FEES): parts.fees_minor,
        of(AccountKind.ROUNDING): whole - parts.gross_minor,
    }
    moves = {account_id: amount for account_id, amount in wanted.items() if amount}
    cause = Cause("allocation", allocation.id)
    earlier = entries_of(session, cause=cause, reason="settlement")
    countered = [entry_id for entry_id in earlier if is_countered(session, entry_id)]
    standing = earlier[-1] if len(countered) < len(earlier) else None
    if standing is not None:
        if amounts(session, standing) == moves:
            return whole
        counter(session, entry_id=standing, key=f"countered:{standing}", at=at)
    if moves:
        post(
            session,
            cooperative_id=allocation.cooperative_id,
            reason="settlement",
            key=_key(f"settlement:{allocation.id}", len(earlier)),
            cause=cause,
            moves=moves,
            at=at,
        )
    return whole


def _key(root: str, earlier: int) -> str:
    return f"{root}:{earlier}" if earlier else root


def _close_trade(
    session: Session, cooperative_id: int, market_day_id: int, accepted_value: int, at: datetime
) -> None:
    billed = session.scalar(
        select(func.coalesce(func.sum(OrderLine.billed_minor), 0))
        .join(Order, Order.id == OrderLine.order_id)
        .where(Order.market_day_id == market_day_id)
    )
    cause = Cause("market_day", market_day_id)
    earlier = entries_of(session, cause=cause, reason="shrinkage")
    trade = account(session, cooperative_id=cooperative_id, kind=AccountKind.TRADE, at=at)
    losses = account(session, cooperative_id=cooperative_id, kind=AccountKind.LOSSES, at=at)
    written_off = sum(amounts(session, entry_id).get(losses, 0) for entry_id in earlier)
    difference = int(billed or 0) - accepted_value - written_off
    if difference == 0:
        return
    post(
        session,
        cooperative_id=cooperative_id,
        reason="shrinkage",
        key=_key(f"shrinkage:{market_day_id}", len(earlier)),
        cause=cause,
        moves={trade: -difference, losses: difference},
        at=at,
    )
