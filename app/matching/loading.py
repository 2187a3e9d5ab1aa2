"""Reading one crop of one market day from the database as a problem for the engine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import numpy as np
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    SQLColumnExpression,
    String,
    case,
    cast,
    extract,
    func,
    select,
)
from sqlalchemy.orm import Session

from app.kernel.errors import NotFound
from app.matching.bulk import fetch
from app.matching.problem import Fallbacks, Problem
from app.matching.rows import Forbidden, Pin, Rules
from app.matching.tables import NO_LIMIT, FreightTable, LotTable, OrderTable
from app.models import (
    Cooperative,
    Fee,
    FreightTariff,
    Grade,
    LineKind,
    LineState,
    Lot,
    LotStock,
    MarketDay,
    Order,
    OrderLine,
    PickupPoint,
    VillagePostponement,
)

# Days that no tariff can bring together, for rows whose window misses the market day.
_LONG_AGO, _FAR_OFF = 1, 3_000_000


def load_problem(
    session: Session,
    *,
    market_day_id: int,
    crop_id: int,
    at: datetime,
    pins: Sequence[Pin] = (),
    forbidden: Sequence[Forbidden] = (),
    fallbacks: Fallbacks | None = None,
) -> Problem:
    """Return what stands to be matched: lots with stock left and requests that wait.

    Quantities are what is available now, prices the tariff and fees that hold ``at``
    an instant and on the market's date. Everything is collected on that date.

    :param fallbacks: further tiers of group buys, by order line.
    :raises NotFound: if there is no such market day.
    """
    row = session.execute(
        select(
            MarketDay.on,
            MarketDay.cooperative_id,
            Cooperative.pricing_rule,
            Cooperative.pool_below_g,
        )
        .join(Cooperative, Cooperative.id == MarketDay.cooperative_id)
        .where(MarketDay.id == market_day_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    return Problem.from_tables(
        _lots(session, market_day_id, crop_id, row.on),
        _orders(session, market_day_id, crop_id, row.on),
        _freight(session, row.cooperative_id, row.on, at),
        pins=pins,
        forbidden=forbidden,
        fallbacks=fallbacks,
        rules=Rules(
            pricing=row.pricing_rule.value,
            pool_below_g=row.pool_below_g,
            earliest_day=row.on.toordinal(),
        ),
    )


def _lots(session: Session, market_day_id: int, crop_id: int, on: date) -> LotTable:
    fits = (Lot.ready_from_on <= on) & (on <= Lot.ready_until_on)
    postponed = select(VillagePostponement.village_id).where(
        VillagePostponement.market_day_id == market_day_id
    )
    rows = fetch(
        session,
        select(
            _big(Lot.id),
            _big(Lot.farmer_id),
            _big(Lot.village_id),
            _rank(Lot.grade),
            _big(LotStock.available_g),
            _big(Lot.ask_minor),
            _big(case((fits, on.toordinal()), else_=_FAR_OFF)),
            _seconds(Lot.listed_at),
        )
        .join(LotStock, LotStock.lot_id == Lot.id)
        .where(
            Lot.market_day_id == market_day_id,
            Lot.crop_id == crop_id,
            Lot.withdrawn_at.is_(None),
            Lot.parked_reason.is_(None),
            LotStock.available_g > 0,
            Lot.village_id.not_in(postponed),
        )
        .order_by(Lot.id),
    )
    lot_id, farmer_id, village_id, grade, quantity_g, ask_minor, day, offered_at = rows
    return LotTable(
        lot_id, farmer_id, village_id, grade, quantity_g, ask_minor, day, day, offered_at
    )


def _orders(session: Session, market_day_id: int, crop_id: int, on: date) -> OrderTable:
    fits = (OrderLine.first_on <= on) & (on <= OrderLine.last_on)
    waiting = (
        Order.market_day_id == market_day_id,
        OrderLine.crop_id == crop_id,
        OrderLine.kind == LineKind.REQUEST,
        OrderLine.state == LineState.WAITING,
    )
    rows = fetch(
        session,
        select(
            _big(OrderLine.id),
            _big(Order.buyer_id),
            _big(Order.pickup_point_id),
            _rank(OrderLine.least_grade),
            _big(OrderLine.ordered_g),
            _big(OrderLine.limit_minor),
            _big(case((fits, on.toordinal()), else_=_LONG_AGO)),
            _big(case((OrderLine.is_all_or_nothing, 1), else_=0)),
            _big(OrderLine.least_fill_g),
            _big(func.coalesce(OrderLine.most_lots, 0)),
            _big(func.coalesce(OrderLine.only_farmer_id, 0)),
            _seconds(OrderLine.ordered_at),
        )
        .join(Order, Order.id == OrderLine.order_id)
        .where(*waiting)
        .order_by(OrderLine.id),
    )
    line_id, buyer_id, point_id, grade, quantity_g, limit_minor, day = rows[:7]
    whole, least_g, most_lots, only_farmer_id, ordered_at = rows[7:]
    worse = session.execute(
        select(OrderLine.id, OrderLine.substitutes)
        .join(Order, Order.id == OrderLine.order_id)
        .where(*waiting, cast(OrderLine.substitutes, String) != "{}")
        .order_by(OrderLine.id)
    ).all()
    substitutes = np.full((2, len(line_id)), NO_LIMIT, dtype=np.int64)
    for changed_id, limits in worse:
        for name, limit in limits.items():
            substitutes[Grade(name).rank - 1, np.searchsorted(line_id, changed_id)] = limit
    return OrderTable(
        id=line_id,
        buyer_id=buyer_id,
        pickup_point_id=point_id,
        least_grade=grade,
        quantity_g=quantity_g,
        limit_minor=limit_minor,
        first_day=day,
        last_day=day,
        all_or_nothing=whole,
        least_fill_g=least_g,
        most_lots=most_lots,
        only_farmer_id=only_farmer_id,
        substitute_1_minor=substitutes[0],
        substitute_2_minor=substitutes[1],
        ordered_at=ordered_at,
    )


def _freight(session: Session, cooperative_id: int, on: date, at: datetime) -> FreightTable:
    """Return the newest valid price of every pair, with the day's fees beside it."""
    fee_minor = session.scalar(
        select(func.coalesce(func.sum(Fee.price_minor), 0)).where(
            Fee.cooperative_id == cooperative_id,
            Fee.starts_on <= on,
            (Fee.ends_on.is_(None)) | (Fee.ends_on >= on),
        )
    )
    newest = (
        func.row_number()
        .over(
            partition_by=(FreightTariff.village_id, FreightTariff.pickup_point_id),
            order_by=(FreightTariff.valid_from_at.desc(), FreightTariff.id.desc()),
        )
        .label("age")
    )
    ranked = (
        select(
            FreightTariff.village_id,
            FreightTariff.pickup_point_id,
            FreightTariff.price_minor,
            newest,
        )
        .join(PickupPoint, PickupPoint.id == FreightTariff.pickup_point_id)
        .where(
            FreightTariff.cooperative_id == cooperative_id,
            FreightTariff.valid_from_at <= at,
            PickupPoint.retired_at.is_(None),
        )
        .subquery()
    )
    columns = ranked.c.village_id, ranked.c.pickup_point_id, ranked.c.price_minor
    rows = fetch(session, select(*map(_big, columns)).where(ranked.c.age == 1))
    village_id, point_id, price_minor = rows
    return FreightTable(
        village_id=village_id,
        pickup_point_id=point_id,
        freight_minor=price_minor,
        fee_minor=np.full(len(village_id), int(fee_minor or 0), dtype=np.int64),
        lag_days=np.zeros(len(village_id), dtype=np.int64),
    )


def _big(column: SQLColumnExpression[int]) -> ColumnElement[int]:
    return cast(column, BigInteger)


def _rank(grade: SQLColumnExpression[Grade]) -> ColumnElement[int]:
    return _big(case(*((grade == known, known.rank) for known in Grade), else_=0))


def _seconds(instant: SQLColumnExpression[datetime]) -> ColumnElement[int]:
    return cast(extract("epoch", instant), BigInteger)
