"""Give back what lines had: allocations, holds, and the lots' stock last."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from app import stock
from app.ledger import cards
from app.models import Allocation, LineState, Order, OrderLine, PaymentMethod

# SQLite takes a limited number of values in one statement.
_CHUNK = 2_000


def lock_lines(session: Session, order_line_ids: Sequence[int]) -> dict[int, LineState]:
    """Keep others from changing these lines, and return where each of them stands."""
    states: dict[int, LineState] = {}
    for chunk in chunks(sorted(order_line_ids)):
        rows = session.execute(
            select(OrderLine.id, OrderLine.state)
            .where(OrderLine.id.in_(chunk))
            .order_by(OrderLine.id)
            .with_for_update()
        )
        states.update((row.id, row.state) for row in rows)
    return states


def release_lines(
    session: Session, *, order_line_ids: Sequence[int], state: LineState, at: datetime
) -> None:
    """End locked lines in a state, with everything that was reserved for them given back."""
    # Holds before stock: everybody waits for a lot's row, so it is locked last.
    release_holds(session, order_line_ids=order_line_ids, at=at)
    give_lots_back(session, order_line_ids=order_line_ids, state=state, at=at)


def give_lots_back(
    session: Session, *, order_line_ids: Sequence[int], state: LineState, at: datetime
) -> None:
    """Set locked lines to a state in which they have nothing of any lot."""
    stock_g: dict[int, int] = defaultdict(int)
    for chunk in chunks(sorted(order_line_ids)):
        for lot_id, quantity_g in _release_allocations(session, chunk, at):
            stock_g[lot_id] += quantity_g
        session.execute(
            update(OrderLine)
            .where(OrderLine.id.in_(chunk))
            .values(
                state=state,
                allocated_g=0,
                cancelled_at=at if state is LineState.CANCELLED else None,
            )
            .execution_options(synchronize_session=False)
        )
    for lot_id, quantity_g in sorted(stock_g.items()):
        stock.give_back(session, lot_id=lot_id, quantity_g=quantity_g)


def release_holds(session: Session, *, order_line_ids: Sequence[int], at: datetime) -> None:
    """Give the money held for these lines back to its cards."""
    for chunk in chunks(sorted(order_line_ids)):
        by_card = session.execute(
            select(OrderLine.id, Order.cooperative_id)
            .join(Order, Order.id == OrderLine.order_id)
            .where(OrderLine.id.in_(chunk), Order.payment_method == PaymentMethod.CARD)
            .order_by(Order.buyer_id, OrderLine.id)
        ).all()
        for line_id, cooperative_id in by_card:
            cards.release(session, cooperative_id=cooperative_id, order_line_id=line_id, at=at)


def close_empty_orders(session: Session, *, order_ids: Sequence[int], at: datetime) -> None:
    """Cancel the orders of which every line is cancelled, so that none of them is joined."""
    for chunk in chunks(sorted(set(order_ids))):
        live = exists().where(
            OrderLine.order_id == Order.id, OrderLine.state != LineState.CANCELLED
        )
        session.execute(
            update(Order)
            .where(Order.id.in_(chunk), Order.cancelled_at.is_(None), ~live)
            .values(cancelled_at=at)
            .execution_options(synchronize_session=False)
        )


def chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Yield ids in parts that one statement can carry."""
    for start in range(0, len(ids), _CHUNK):
        yield ids[start : start + _CHUNK]


def _release_allocations(
    session: Session, order_line_ids: Sequence[int], at: datetime
) -> list[tuple[int, int]]:
    rows = session.execute(
        update(Allocation)
        .where(Allocation.order_line_id.in_(order_line_ids), Allocation.released_at.is_(None))
        .values(released_at=at)
        .returning(Allocation.lot_id, Allocation.quantity_g)
        .execution_options(synchronize_session=False)
    )
    return [(row.lot_id, row.quantity_g) for row in rows]
