"""A buyer's orders: the list, and one order with everything that happened to its lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.kernel.errors import NotFound
from app.kernel.money import line_amount_minor
from app.models import (
    Allocation,
    ClearingRun,
    HandOver,
    LineOutcome,
    LineState,
    Lot,
    MarketDay,
    Order,
    OrderLine,
    PickupPoint,
    Village,
)
from app.orders.cancelling import can_cancel, day_is_open
from app.orders.views import Detail, Heading, Line, OrdersPage, Reason, Source

PAGE = 20


def my_orders(
    session: Session,
    *,
    buyer_id: int,
    cooperative_id: int,
    at: datetime,
    before: int | None = None,
    limit: int = PAGE,
) -> OrdersPage:
    """Return a buyer's orders, newest first, in six queries."""
    wanted = (
        headings()
        .where(Order.buyer_id == buyer_id, Order.cooperative_id == cooperative_id)
        .order_by(Order.id.desc())
        .limit(limit + 1)
    )
    if before is not None:
        wanted = wanted.where(Order.id < before)
    found = [Heading(**row._mapping) for row in session.execute(wanted)]
    shown = details(session, found[:limit], at=at)
    return OrdersPage(shown, found[limit - 1].order_id if len(found) > limit else None)


def order_detail(session: Session, *, order_id: int, buyer_id: int, at: datetime) -> Detail:
    """Return one order of a buyer.

    :raises NotFound: if the buyer has no such order.
    """
    row = session.execute(
        headings().where(Order.id == order_id, Order.buyer_id == buyer_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    return details(session, [Heading(**row._mapping)], at=at)[0]


def headings() -> Select[*tuple[Any, ...]]:
    """Return a query for :class:`Heading`, to be narrowed by the caller."""
    return (
        select(
            Order.id.label("order_id"),
            Order.code,
            Order.buyer_id,
            Order.payment_method,
            Order.opened_at,
            Order.cancelled_at,
            Order.pickup_point_id,
            PickupPoint.called.label("pickup_point"),
            PickupPoint.address.label("pickup_address"),
            Order.market_day_id,
            MarketDay.on.label("day_on"),
            MarketDay.state.label("day_state"),
            MarketDay.buyers_cutoff_at,
            MarketDay.confirm_by_at,
            MarketDay.postponed_from_on,
            MarketDay.pickup_at,
        )
        .join(PickupPoint, PickupPoint.id == Order.pickup_point_id)
        .join(MarketDay, MarketDay.id == Order.market_day_id)
    )


def details(session: Session, found: Sequence[Heading], *, at: datetime) -> tuple[Detail, ...]:
    """Return orders with their lines, in five queries however many there are."""
    by_id = {heading.order_id: heading for heading in found}
    rows = session.execute(
        select(OrderLine, HandOver.received_g)
        .join(HandOver, HandOver.order_line_id == OrderLine.id, isouter=True)
        .where(OrderLine.order_id.in_(by_id))
        .order_by(OrderLine.id)
    ).all()
    line_ids = [row.OrderLine.id for row in rows]
    sources, reasons = _sources(session, line_ids), _reasons(session, line_ids)
    lines: dict[int, list[Line]] = defaultdict(list)
    for row in rows:
        stored: OrderLine = row.OrderLine
        heading = by_id[stored.order_id]
        own = sources.get(stored.id, ())
        lines[stored.order_id].append(
            _line(stored, row.received_g, own, reasons.get(stored.id), heading, at)
        )
    return tuple(Detail(heading, tuple(lines[heading.order_id])) for heading in found)


def _line(
    stored: OrderLine,
    received_g: int | None,
    sources: tuple[Source, ...],
    reason: Reason | None,
    heading: Heading,
    at: datetime,
) -> Line:
    expected_g = sum(
        source.quantity_g if source.accepted_g is None else source.accepted_g for source in sources
    )
    own = set(Line.__dataclass_fields__) & set(OrderLine.__mapper__.columns.keys())
    return Line(
        **{name: getattr(stored, name) for name in own},
        order_line_id=stored.id,
        expected_g=expected_g,
        received_g=received_g,
        estimate_minor=_estimate(stored, sources),
        most_minor=line_amount_minor(stored.ceiling_g, stored.limit_minor),
        can_cancel=can_cancel(
            stored.state,
            day_is_open=day_is_open(
                heading.day_state,
                buyers_cutoff_at=heading.buyers_cutoff_at,
                confirm_by_at=heading.confirm_by_at,
                postponed_from_on=heading.postponed_from_on,
                at=at,
            ),
        ),
        sources=sources,
        reason=reason,
    )


def _estimate(stored: OrderLine, sources: tuple[Source, ...]) -> int:
    if stored.billed_minor is not None:
        return stored.billed_minor
    if stored.state is LineState.ALLOCATED:
        return sum(
            line_amount_minor(
                source.quantity_g if source.accepted_g is None else source.accepted_g,
                source.buyer_price_minor,
            )
            for source in sources
        )
    if stored.state in (LineState.WAITING, LineState.QUEUED):
        return line_amount_minor(stored.ordered_g, stored.limit_minor)
    return 0


def _sources(session: Session, line_ids: Sequence[int]) -> dict[int, tuple[Source, ...]]:
    rows = session.execute(
        select(Allocation, Lot.grade, Village.name, Village.local_name)
        .join(Lot, Lot.id == Allocation.lot_id)
        .join(Village, Village.id == Lot.village_id)
        .where(Allocation.order_line_id.in_(line_ids), Allocation.released_at.is_(None))
        .order_by(Allocation.id)
    )
    found: dict[int, tuple[Source, ...]] = defaultdict(tuple)
    for allocation, grade, village, village_local in rows:
        found[allocation.order_line_id] += (
            Source(
                lot_id=allocation.lot_id,
                village=village,
                village_local=village_local,
                grade=grade,
                quantity_g=allocation.quantity_g,
                accepted_g=allocation.accepted_g,
                buyer_price_minor=allocation.buyer_price_minor,
                farmer_price_minor=allocation.farmer_price_minor,
                freight_minor=allocation.freight_minor,
                fee_minor=allocation.fee_minor,
            ),
        )
    return found


def _reasons(session: Session, line_ids: Sequence[int]) -> dict[int, Reason]:
    """Return the outcome of each line in the newest run that was not undone."""
    newest = (
        select(LineOutcome.order_line_id, func.max(LineOutcome.clearing_run_id).label("run_id"))
        .join(ClearingRun, ClearingRun.id == LineOutcome.clearing_run_id)
        .where(LineOutcome.order_line_id.in_(line_ids), ClearingRun.undone_at.is_(None))
        .group_by(LineOutcome.order_line_id)
        .subquery()
    )
    rows = session.execute(
        select(LineOutcome.order_line_id, LineOutcome.code, LineOutcome.figures).join(
            newest,
            (newest.c.order_line_id == LineOutcome.order_line_id)
            & (newest.c.run_id == LineOutcome.clearing_run_id),
        )
    )
    found = rows.all()
    ids = {row.figures["village_id"] for row in found if "village_id" in row.figures}
    villages = {
        village.id: village
        for village in session.scalars(select(Village).where(Village.id.in_(ids)))
    }
    return {
        row.order_line_id: _reason(
            row.code, row.figures, villages.get(row.figures.get("village_id"))
        )
        for row in found
    }


def _reason(code: str, figures: Mapping[str, int], village: Village | None) -> Reason:
    if village is None:
        return Reason(code, figures)
    return Reason(code, figures, village.name, village.local_name)
