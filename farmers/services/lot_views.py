"""Read a farmer's lots with all that became of them, in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session, aliased

from app.kernel.errors import NotFound
from app.ledger.settlement import earning_of
from app.models import (
    Allocation,
    ClearingRun,
    Crop,
    Hub,
    Lot,
    LotOutcome,
    LotStock,
    MarketDay,
    Order,
    OrderLine,
    Person,
    Photo,
    PickupPoint,
    Village,
    Weighing,
    WeighingPlace,
)
from farmers.services.assisting import may_see_lot
from farmers.services.lot_life import LotView, PhotoView, Sale, Weight

PAGE = 20


def lots_page(
    session: Session,
    *,
    farmer_id: int,
    cooperative_id: int,
    before_id: int | None = None,
    limit: int = PAGE,
) -> tuple[list[LotView], int | None]:
    """Return a farmer's lots, newest first, and the id to go on before, if there are more."""
    wanted = (
        select(Lot)
        .where(Lot.farmer_id == farmer_id, Lot.cooperative_id == cooperative_id)
        .order_by(Lot.id.desc())
        .limit(limit + 1)
    )
    if before_id is not None:
        wanted = wanted.where(Lot.id < before_id)
    lots = session.scalars(wanted).all()
    more = lots[limit - 1].id if len(lots) > limit else None
    return lot_views(session, lots[:limit]), more


def lot_view(session: Session, *, lot_id: int, person_id: int, cooperative_id: int) -> LotView:
    """Return one lot to its farmer, its village's lead or the cooperative's manager.

    :raises NotFound: if there is no such lot, or it is none of this person's business.
    """
    lot = session.get(Lot, lot_id)
    if (
        lot is None
        or lot.cooperative_id != cooperative_id
        or not may_see_lot(session, lot=lot, person_id=person_id)
    ):
        raise NotFound
    return lot_views(session, [lot])[0]


def lot_views(session: Session, lots: Sequence[Lot]) -> list[LotView]:
    """Return lots with all that became of them, in a fixed number of queries."""
    ids = [lot.id for lot in lots]
    sales = _sales(session, ids)
    weights = _weights(session, ids)
    reasons = _reasons(session, ids)
    photos = _photos(session, ids)
    missed = aliased(MarketDay)
    rows = session.execute(
        select(
            Lot.id, Crop, MarketDay, missed.on, LotStock.available_g, Person.name, Village.called
        )
        .join(Crop, Crop.id == Lot.crop_id)
        .join(Person, Person.id == Lot.farmer_id)
        .join(Village, Village.id == Lot.village_id)
        .join(LotStock, LotStock.lot_id == Lot.id)
        .outerjoin(MarketDay, MarketDay.id == Lot.market_day_id)
        .outerjoin(missed, missed.id == Lot.rolled_from_id)
        .where(Lot.id.in_(ids))
        .order_by(Lot.id)
    )
    beside = {row[0]: row[1:] for row in rows}
    views = []
    for lot in lots:
        crop, day, missed_on, available_g, farmer, village = beside[lot.id]
        views.append(
            LotView(
                lot=lot,
                farmer=farmer,
                village=village,
                crop_code=crop.code,
                crop_names=crop.names,
                emoji=crop.emoji,
                day=day,
                rolled_from_on=missed_on,
                available_g=available_g,
                sales=tuple(sales[lot.id]),
                weight=weights.get(lot.id),
                reason=reasons.get(lot.id),
                photo=photos.get(lot.id),
            )
        )
    return views


def _sales(session: Session, lot_ids: Sequence[int]) -> defaultdict[int, list[Sale]]:
    found: defaultdict[int, list[Sale]] = defaultdict(list)
    rows = session.execute(
        select(Allocation, Hub.called, PickupPoint.called)
        .join(OrderLine, OrderLine.id == Allocation.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .join(PickupPoint, PickupPoint.id == Order.pickup_point_id)
        .join(Hub, Hub.id == PickupPoint.hub_id)
        .where(Allocation.lot_id.in_(lot_ids), Allocation.released_at.is_(None))
        .order_by(Allocation.id)
    )
    for row, city, point in rows:
        found[row.lot_id].append(
            Sale(
                city=city,
                pickup_point=point,
                quantity_g=row.quantity_g,
                accepted_g=row.accepted_g,
                buyer_price_minor=row.buyer_price_minor,
                farmer_price_minor=row.farmer_price_minor,
                freight_minor=row.freight_minor,
                fee_minor=row.fee_minor,
                promised=earning_of(row, row.quantity_g),
                earned=earning_of(row, row.accepted_g or 0),
            )
        )
    return found


def _weights(session: Session, lot_ids: Sequence[int]) -> dict[int, Weight]:
    rows = session.scalars(_standing().where(Weighing.lot_id.in_(lot_ids)).order_by(Weighing.id))
    return {
        row.lot_id: Weight(row.net_g, row.tare_g, row.outcome, row.reason, row.at) for row in rows
    }


def _standing() -> Select[Weighing]:
    """Select the village's readings that no later one counters."""
    later = aliased(Weighing)
    countered = exists().where(later.counters_id == Weighing.id)
    return select(Weighing).where(Weighing.place == WeighingPlace.VILLAGE, ~countered)


def _reasons(session: Session, lot_ids: Sequence[int]) -> dict[int, tuple[str, dict[str, Any]]]:
    rows = session.execute(
        select(LotOutcome.lot_id, LotOutcome.code, LotOutcome.figures)
        .join(ClearingRun, ClearingRun.id == LotOutcome.clearing_run_id)
        .where(
            LotOutcome.lot_id.in_(lot_ids),
            ClearingRun.applied_at.is_not(None),
            ClearingRun.undone_at.is_(None),
        )
        .order_by(ClearingRun.id)
    )
    return {row.lot_id: (row.code, row.figures) for row in rows}


def _photos(session: Session, lot_ids: Sequence[int]) -> dict[int, PhotoView]:
    rows = session.scalars(select(Photo).where(Photo.lot_id.in_(lot_ids)).order_by(Photo.id))
    return {row.lot_id: PhotoView(row.id, row.state, row.reason) for row in rows}
