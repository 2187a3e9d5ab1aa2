"""A farmer's market days: what was sold, when the truck comes, what it earns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.ledger.settlement import NOTHING, Earning
from app.models import (
    Account,
    AccountKind,
    Entry,
    Lot,
    MarketDay,
    Plan,
    Posting,
    Run,
    Stop,
    StopLot,
    Vehicle,
    Village,
)
from farmers.services.lot_life import LotView
from farmers.services.lot_views import lot_views

DAYS = 4
_QUARTER_S = 900
_WINDOW = timedelta(hours=1)


@dataclass(frozen=True)
class Truck:
    """The published visit of a truck: the told window and the place."""

    from_at: datetime
    until_at: datetime
    arrives_at: datetime
    done_at: datetime | None
    village: str
    gathering_point: str | None
    vehicle: str
    plate: str | None


@dataclass(frozen=True)
class Day:
    """One market day of a farmer."""

    day: MarketDay
    lots: tuple[LotView, ...]
    trucks: tuple[Truck, ...]

    @property
    def sold_g(self) -> int:
        """What was sold that day."""
        return sum(lot.sold_g for lot in self.lots)

    @property
    def promised(self) -> Earning:
        """What the sold quantities would earn."""
        return sum((lot.promised for lot in self.lots), NOTHING)

    @property
    def earned(self) -> Earning:
        """What the accepted weights earn."""
        return sum((lot.earned for lot in self.lots), NOTHING)

    @property
    def is_weighed(self) -> bool:
        """Whether a scale spoke for any lot."""
        return any(lot.weight is not None for lot in self.lots)


@dataclass(frozen=True)
class Movement:
    """One line of the farmer's account: positive is owed, negative was paid out."""

    reason: str
    amount_minor: int
    at: datetime


def my_days(
    session: Session,
    *,
    farmer_id: int,
    cooperative_id: int,
    before_on: date | None = None,
    limit: int = DAYS,
) -> tuple[list[Day], date | None]:
    """Return a farmer's market days, newest first, and the date to go on before."""
    wanted = (
        select(MarketDay)
        .where(
            MarketDay.cooperative_id == cooperative_id,
            select(Lot.id)
            .where(
                Lot.market_day_id == MarketDay.id,
                Lot.farmer_id == farmer_id,
                Lot.withdrawn_at.is_(None),
            )
            .exists(),
        )
        .order_by(MarketDay.on.desc(), MarketDay.id.desc())
        .limit(limit + 1)
    )
    if before_on is not None:
        wanted = wanted.where(MarketDay.on < before_on)
    days = session.scalars(wanted).all()
    more = days[limit - 1].on if len(days) > limit else None
    return _days(session, farmer_id, days[:limit]), more


def my_day(session: Session, *, farmer_id: int, day: MarketDay) -> Day:
    """Return one market day of a farmer, also when nothing of it is the farmer's."""
    return _days(session, farmer_id, [day])[0]


def owed(session: Session, *, farmer_id: int, cooperative_id: int) -> int:
    """Return what the cooperative owes a farmer now, in minor units."""
    total = session.scalar(
        select(func.coalesce(func.sum(Posting.amount_minor), 0))
        .join(Account, Account.id == Posting.account_id)
        .where(*_payable(farmer_id, cooperative_id))
    )
    return int(total or 0)


def movements(
    session: Session, *, farmer_id: int, cooperative_id: int, limit: int = 10
) -> list[Movement]:
    """Return the newest lines of a farmer's account."""
    rows = session.execute(
        select(Entry.reason, Posting.amount_minor, Entry.at)
        .join(Posting, Posting.entry_id == Entry.id)
        .join(Account, Account.id == Posting.account_id)
        .where(*_payable(farmer_id, cooperative_id))
        .order_by(Entry.id.desc())
        .limit(limit)
    )
    return [Movement(row.reason, row.amount_minor, row.at) for row in rows]


def _payable(farmer_id: int, cooperative_id: int) -> tuple[ColumnElement[bool], ...]:
    return (
        Account.cooperative_id == cooperative_id,
        Account.kind == AccountKind.FARMER_PAYABLE,
        Account.person_id == farmer_id,
    )


def _days(session: Session, farmer_id: int, days: Sequence[MarketDay]) -> list[Day]:
    lots = session.scalars(
        select(Lot)
        .where(
            Lot.farmer_id == farmer_id,
            Lot.market_day_id.in_([day.id for day in days]),
            Lot.withdrawn_at.is_(None),
        )
        .order_by(Lot.id)
    ).all()
    views = lot_views(session, lots)
    trucks = _trucks(session, [lot.id for lot in lots])
    return [
        Day(
            day=day,
            lots=tuple(view for view in views if view.lot.market_day_id == day.id),
            trucks=tuple(truck for day_id, truck in trucks if day_id == day.id),
        )
        for day in days
    ]


def _trucks(session: Session, lot_ids: Sequence[int]) -> list[tuple[int, Truck]]:
    rows = session.execute(
        select(Plan.market_day_id, Stop, Village, Vehicle)
        .join(Run, Run.plan_id == Plan.id)
        .join(Stop, Stop.run_id == Run.id)
        .join(Village, Village.id == Stop.village_id)
        .join(Vehicle, Vehicle.id == Run.vehicle_id)
        .where(
            Plan.published_at.is_not(None),
            Plan.replaced_at.is_(None),
            select(StopLot.lot_id)
            .where(StopLot.stop_id == Stop.id, StopLot.lot_id.in_(lot_ids))
            .exists(),
        )
        .order_by(Stop.arrives_at, Stop.id)
    )
    return [(day_id, _truck(stop, village, vehicle)) for day_id, stop, village, vehicle in rows]


def _truck(stop: Stop, village: Village, vehicle: Vehicle) -> Truck:
    # The same hour as in the message to the farmer: from the quarter before the arrival.
    from_at = stop.arrives_at - timedelta(seconds=stop.arrives_at.timestamp() % _QUARTER_S)
    return Truck(
        from_at=from_at,
        until_at=from_at + _WINDOW,
        arrives_at=stop.arrives_at,
        done_at=stop.done_at,
        village=village.called,
        gathering_point=village.gathering_point,
        vehicle=vehicle.name,
        plate=vehicle.plate,
    )
