"""Hand a line over at the shop's counter and bill what was received.

A hand-over is written once; what was wrong about it is put right by entries for the
difference, never by undoing the first ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.kernel.errors import N_, BadInput, NotFound, Refusal
from app.ledger import sales
from app.ledger.entries import written
from app.ledger.settlement import settle_day
from app.models import (
    Cooperative,
    HandOver,
    LineState,
    MarketDay,
    MarketDayState,
    Order,
    OrderLine,
    PaymentMethod,
    PickupPoint,
)
from app.orders.codes import WrongShop
from app.orders.prices import blended_amount_minor, ceiling_g, served_from

OUTCOMES = frozenset({LineState.COLLECTED, LineState.REFUSED, LineState.UNCOLLECTED})
_HANDED_OVER_IN = frozenset(
    {
        MarketDayState.CLEARED,
        MarketDayState.PLANNED,
        MarketDayState.COLLECTED,
        MarketDayState.DELIVERED,
    }
)


class NotReady(Refusal):
    """The goods of the line's market day are not on their way, or its books are closed."""

    code = "line_not_ready"
    message = N_("This line cannot be handed over now: its market day is not at that step.")


class NothingToHandOver(Refusal):
    """The line got nothing, or was cancelled."""

    code = "nothing_to_hand_over"
    message = N_("Nothing of this line is to be handed over.")


class HandedOverBefore(Refusal):
    """The line was handed over already, with another result."""

    code = "handed_over_before"
    message = N_("This line was handed over already. Correct its weight if it was wrong.")


class WeightMissing(BadInput):
    """A collected line needs the weight that the buyer received."""

    code = "handover_weight_missing"
    message = N_("Type the weight that the buyer received.")


@dataclass(frozen=True)
class HandedOver:
    """How a line ended and what it cost."""

    order_line_id: int
    outcome: LineState
    received_g: int
    billed_g: int
    billed_minor: int


@dataclass(frozen=True)
class _Line:
    order_id: int
    market_day_id: int
    cooperative_id: int
    buyer_id: int
    method: PaymentMethod
    shop_id: int
    point: str
    day_state: MarketDayState
    state: LineState
    allocated_g: int
    ceiling_g: int
    ceiling_bp: int


def hand_over(
    session: Session,
    *,
    order_line_id: int,
    outcome: LineState,
    received_g: int,
    shop_id: int,
    person_id: int,
    key: str,
    at: datetime,
    reason: str = "",
) -> HandedOver:
    """End a line as collected, refused or uncollected, and bill what was received, once.

    Billed is the received weight, but no more than the allocation with the cooperative's
    tolerance on top, at the mean price of the line's allocations. What was held beyond
    that goes back to the card.

    :raises NotFound: if there is no such line.
    :raises WrongShop, NotReady, NothingToHandOver, WeightMissing: as their names say.
    :raises HandedOverBefore: if the line ended with another result before.
    """
    line = _locked(session, order_line_id, shop_id)
    before = session.scalar(select(HandOver).where(HandOver.order_line_id == order_line_id))
    if before is not None:
        if before.key != key and (before.outcome, before.received_g) != (outcome, received_g):
            raise HandedOverBefore
        return _result(session, order_line_id)
    if line.state is not LineState.ALLOCATED:
        raise NothingToHandOver
    billed_g, billed_minor = _bill(session, line, order_line_id, outcome, received_g)
    session.add(
        HandOver(
            order_line_id=order_line_id,
            outcome=outcome,
            received_g=received_g,
            reason=reason,
            person_id=person_id,
            key=key,
            at=at,
        )
    )
    _end(session, order_line_id, outcome, billed_g, billed_minor)
    sales.bill_line(
        session,
        cooperative_id=line.cooperative_id,
        buyer_id=line.buyer_id,
        shop_id=shop_id,
        order_id=line.order_id,
        order_line_id=order_line_id,
        method=line.method,
        amount_minor=billed_minor,
        at=at,
    )
    return HandedOver(order_line_id, outcome, received_g, billed_g, billed_minor)


def correct_hand_over(
    session: Session,
    *,
    order_line_id: int,
    outcome: LineState,
    received_g: int,
    shop_id: int,
    person_id: int,
    key: str,
    at: datetime,
    reason: str,
) -> HandedOver:
    """Put a wrong hand-over right: its difference is posted, the first entries stay.

    It may come after the day was settled; then the day's trade is brought to zero again.

    :raises NotFound: if the line was not handed over.
    :raises WrongShop, NotReady, WeightMissing, AlreadyPaid, CardEmpty: as their names say.
    """
    line = _locked(session, order_line_id, shop_id, is_correction=True)
    before = session.scalar(select(HandOver).where(HandOver.order_line_id == order_line_id))
    if before is None:
        raise NotFound
    # A correction that is sent again after a later one must not undo that one.
    if before.key == key or written(session, f"correction:{order_line_id}:{key}") is not None:
        return _result(session, order_line_id)
    billed_g, billed_minor = _bill(session, line, order_line_id, outcome, received_g)
    before.outcome, before.received_g, before.reason = outcome, received_g, reason
    before.person_id, before.key, before.at = person_id, key, at
    _end(session, order_line_id, outcome, billed_g, billed_minor)
    sales.correct_bill(
        session, order_line_id=order_line_id, amount_minor=billed_minor, key=key, at=at
    )
    if line.day_state is MarketDayState.SETTLED:
        settle_day(
            session,
            cooperative_id=line.cooperative_id,
            market_day_id=line.market_day_id,
            at=at,
        )
    return HandedOver(order_line_id, outcome, received_g, billed_g, billed_minor)


def _locked(
    session: Session, order_line_id: int, shop_id: int, *, is_correction: bool = False
) -> _Line:
    # The share lock keeps the day from ending its hand-over, or from being settled,
    # without this line; it comes before the line's, as in the day's own transitions.
    # Corrections of a settled day come one after the other, as they share its trade.
    session.execute(
        select(MarketDay.id)
        .join(Order, Order.market_day_id == MarketDay.id)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(OrderLine.id == order_line_id)
        .with_for_update(read=not is_correction, of=MarketDay)
    )
    row = session.execute(
        select(
            Order.id.label("order_id"),
            Order.market_day_id,
            Order.cooperative_id,
            Order.buyer_id,
            Order.payment_method.label("method"),
            PickupPoint.shop_id,
            PickupPoint.called.label("point"),
            MarketDay.state.label("day_state"),
            OrderLine.state,
            OrderLine.allocated_g,
            OrderLine.ceiling_g,
            Cooperative.ceiling_bp,
        )
        .join(Order, Order.id == OrderLine.order_id)
        .join(PickupPoint, PickupPoint.id == Order.pickup_point_id)
        .join(MarketDay, MarketDay.id == Order.market_day_id)
        .join(Cooperative, Cooperative.id == Order.cooperative_id)
        .where(OrderLine.id == order_line_id)
        .with_for_update(of=OrderLine)
    ).one_or_none()
    if row is None:
        raise NotFound
    line = _Line(**row._mapping)
    if line.shop_id != shop_id:
        raise WrongShop(point=line.point)
    is_settled = line.day_state is MarketDayState.SETTLED
    if line.day_state not in _HANDED_OVER_IN and not (is_correction and is_settled):
        raise NotReady
    return line


def _bill(
    session: Session, line: _Line, order_line_id: int, outcome: LineState, received_g: int
) -> tuple[int, int]:
    """Return grams and minor units to bill."""
    if outcome not in OUTCOMES:
        raise ValueError(f"a line cannot end as {outcome}")
    if outcome is not LineState.COLLECTED:
        return 0, 0
    if received_g <= 0:
        raise WeightMissing(field="received")
    most_g = min(ceiling_g(line.allocated_g, line.ceiling_bp), line.ceiling_g)
    billed_g = min(received_g, most_g)
    return billed_g, blended_amount_minor(billed_g, served_from(session, order_line_id))


def _end(
    session: Session, order_line_id: int, outcome: LineState, billed_g: int, billed_minor: int
) -> None:
    session.execute(
        update(OrderLine)
        .where(OrderLine.id == order_line_id)
        .values(state=outcome, billed_g=billed_g, billed_minor=billed_minor)
        .execution_options(synchronize_session=False)
    )
    session.flush()


def _result(session: Session, order_line_id: int) -> HandedOver:
    row = session.execute(
        select(HandOver.outcome, HandOver.received_g, OrderLine.billed_g, OrderLine.billed_minor)
        .join(OrderLine, OrderLine.id == HandOver.order_line_id)
        .where(HandOver.order_line_id == order_line_id)
    ).one()
    return HandedOver(
        order_line_id,
        row.outcome,
        row.received_g,
        row.billed_g or 0,
        row.billed_minor or 0,
    )
