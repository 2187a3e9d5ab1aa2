"""A farmer's market days: what was sold, when the truck comes, what it earns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from app.freight.arriving import estimates
from app.kernel.clock import local
from app.ledger.settlement import NOTHING, Earning
from app.models import (
    Account,
    AccountKind,
    Cooperative,
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
# The farmer's cut-offs of three weeks are open at most.
_MOST_COMING = 21
_QUARTER_S = 900
_WINDOW = timedelta(hours=1)


@dataclass(frozen=True)
class Truck:
    """The published visit of a truck: the told window, the place, and how it comes along.

    :param started_at: when the driver left, or None before.
    :param expected_at: the live estimate while the truck is under way.
    :param stops_before: how many places the truck still visits first.
    """

    from_at: datetime
    until_at: datetime
    arrives_at: datetime
    done_at: datetime | None
    started_at: datetime | None
    expected_at: datetime | None
    stops_before: int
    village: str
    gathering_point: str | None
    vehicle: str
    plate: str | None

    @property
    def late_s(self) -> int:
        """By how much the truck is behind its plan, in seconds."""
        if self.expected_at is None:
            return 0
        return int((self.expected_at - self.arrives_at).total_seconds())

    @property
    def is_outside_window(self) -> bool:
        """Whether the truck comes after the hour that was told."""
        return self.expected_at is not None and self.expected_at > self.until_at


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


def coming_days(
    session: Session, *, farmer_id: int, cooperative_id: int, at: datetime
) -> list[Day]:
    """Return a farmer's market days from today on, the next first."""
    today = _today(session, cooperative_id, at)
    days = session.scalars(
        _with_lots(farmer_id, cooperative_id)
        .where(MarketDay.on >= today)
        .order_by(MarketDay.on, MarketDay.id)
        .limit(_MOST_COMING)
    ).all()
    return _days(session, farmer_id, days, at)


def past_days(
    session: Session,
    *,
    farmer_id: int,
    cooperative_id: int,
    at: datetime,
    before_on: date | None = None,
    limit: int = DAYS,
) -> tuple[list[Day], date | None]:
    """Return a farmer's market days before today, newest first, and the date to go on before."""
    wanted = (
        _with_lots(farmer_id, cooperative_id)
        .where(MarketDay.on < (before_on or _today(session, cooperative_id, at)))
        .order_by(MarketDay.on.desc(), MarketDay.id.desc())
        .limit(limit + 1)
    )
    days = session.scalars(wanted).all()
    more = days[limit - 1].on if len(days) > limit else None
    return _days(session, farmer_id, days[:limit], at), more


def my_day(session: Session, *, farmer_id: int, day: MarketDay, at: datetime) -> Day:
    """Return one market day of a farmer, also when nothing of it is the farmer's."""
    return _days(session, farmer_id, [day], at)[0]


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


def _with_lots(farmer_id: int, cooperative_id: int) -> Select[MarketDay]:
    return select(MarketDay).where(
        MarketDay.cooperative_id == cooperative_id,
        select(Lot.id)
        .where(
            Lot.market_day_id == MarketDay.id,
            Lot.farmer_id == farmer_id,
            Lot.withdrawn_at.is_(None),
        )
        .exists(),
    )


def _today(session: Session, cooperative_id: int, at: datetime) -> date:
    return local(at, session.get_one(Cooperative, cooperative_id).time_zone).date()


def _payable(farmer_id: int, cooperative_id: int) -> tuple[ColumnElement[bool], ...]:
    return (
        Account.cooperative_id == cooperative_id,
        Account.kind == AccountKind.FARMER_PAYABLE,
        Account.person_id == farmer_id,
    )


def _days(session: Session, farmer_id: int, days: Sequence[MarketDay], at: datetime) -> list[Day]:
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
    trucks = _trucks(session, [lot.id for lot in lots], at)
    return [
        Day(
            day=day,
            lots=tuple(view for view in views if view.lot.market_day_id == day.id),
            trucks=tuple(truck for day_id, truck in trucks if day_id == day.id),
        )
        for day in days
    ]


def _trucks(session: Session, lot_ids: Sequence[int], at: datetime) -> list[tuple[int, Truck]]:
    rows = session.execute(
        select(Plan.market_day_id, Run, Stop, Village, Vehicle)
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
    ).all()
    stops: dict[int, list[Stop]] = {run.id: [] for _, run, *_ in rows}
    for stop in session.scalars(
        select(Stop).where(Stop.run_id.in_(stops)).order_by(Stop.run_id, Stop.position)
    ):
        stops[stop.run_id].append(stop)
    return [
        (day_id, _truck(run, stops[run.id], stop, village, vehicle, at))
        for day_id, run, stop, village, vehicle in rows
    ]


def _truck(
    run: Run, stops: Sequence[Stop], stop: Stop, village: Village, vehicle: Vehicle, at: datetime
) -> Truck:
    # The same hour as in the message to the farmer: from the quarter before the arrival.
    from_at = stop.arrives_at - timedelta(seconds=stop.arrives_at.timestamp() % _QUARTER_S)
    is_under_way = run.started_at is not None and run.finished_at is None
    live = estimates(run, stops, at=at) if is_under_way else []
    return Truck(
        from_at=from_at,
        until_at=from_at + _WINDOW,
        arrives_at=stop.arrives_at,
        done_at=stop.done_at,
        started_at=run.started_at,
        expected_at=next((one.expected_at for one in live if one.stop_id == stop.id), None),
        stops_before=sum(one.done_at is None and one.position < stop.position for one in stops),
        village=village.called,
        gathering_point=village.gathering_point,
        vehicle=vehicle.name,
        plate=vehicle.plate,
    )
