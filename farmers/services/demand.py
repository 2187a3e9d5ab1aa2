"""What buyers are expected to want each week of each crop that a village can bring."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from app.kernel.clock import local
from app.models import (
    Allocation,
    Cooperative,
    Crop,
    FreightTariff,
    LineKind,
    LineState,
    Lot,
    MarketDay,
    MarketDayState,
    Order,
    OrderLine,
    SupplyPromise,
)
from farmers.services.choices import near_villages

WEEKS = 4
_CLEARED = (
    MarketDayState.CLEARED,
    MarketDayState.PLANNED,
    MarketDayState.COLLECTED,
    MarketDayState.DELIVERED,
    MarketDayState.SETTLED,
)
_GONE = (LineState.CANCELLED, LineState.QUEUED)


@dataclass(frozen=True)
class Question:
    """Where and for when demand is asked for: the village, those near it, the weeks looked at."""

    cooperative_id: int
    village_id: int
    near_ids: tuple[int, ...]
    since_on: date
    today: date
    at: datetime

    @property
    def days(self) -> int:
        """How many days are looked back on."""
        return (self.today - self.since_on).days


@dataclass(frozen=True)
class Wanted:
    """What one source says of a crop, in grams a week.

    :param unfilled_g: how much of it nobody delivered.
    """

    crop_id: int
    weekly_g: int
    unfilled_g: int = 0
    is_standing: bool = False


Source = Callable[[Session, Question], Iterable[Wanted]]


@dataclass(frozen=True)
class CropDemand:
    """The expected weekly demand for a crop near a village, and what is promised already."""

    crop: Crop
    weekly_g: int
    unfilled_g: int
    standing_g: int
    promised_g: int

    @property
    def open_g(self) -> int:
        """What nobody has promised yet."""
        return max(0, self.weekly_g - self.promised_g)


def sold_nearby(session: Session, question: Question) -> Iterable[Wanted]:
    """Say what buyers took from the villages near by on the days cleared lately."""
    rows = session.execute(
        select(Lot.crop_id, func.sum(Allocation.quantity_g))
        .join(Allocation, Allocation.lot_id == Lot.id)
        .join(MarketDay, MarketDay.id == Allocation.market_day_id)
        .where(
            *_lately(question),
            Allocation.released_at.is_(None),
            Lot.village_id.in_(question.near_ids),
        )
        .group_by(Lot.crop_id)
    )
    for crop_id, sold_g in rows:
        yield Wanted(crop_id, _weekly(int(sold_g), question))


def unfilled_requests(session: Session, question: Question) -> Iterable[Wanted]:
    """Say what buyers asked for and nobody brought, where transport from here is published."""
    lacking = OrderLine.ordered_g - OrderLine.allocated_g
    reached = select(FreightTariff.pickup_point_id).where(
        FreightTariff.village_id == question.village_id,
        FreightTariff.valid_from_at <= question.at,
    )
    rows = session.execute(
        select(OrderLine.crop_id, func.sum(case((lacking > 0, lacking), else_=0)))
        .join(Order, Order.id == OrderLine.order_id)
        .join(MarketDay, MarketDay.id == Order.market_day_id)
        .where(
            *_lately(question),
            OrderLine.kind == LineKind.REQUEST,
            OrderLine.state.not_in(_GONE),
            Order.pickup_point_id.in_(reached),
        )
        .group_by(OrderLine.crop_id)
    )
    for crop_id, lacking_g in rows:
        weekly_g = _weekly(int(lacking_g), question)
        yield Wanted(crop_id, weekly_g, unfilled_g=weekly_g)


# Whatever else tells of demand, such as standing orders, joins here.
SOURCES: tuple[Source, ...] = (sold_nearby, unfilled_requests)


def expected_demand(
    session: Session,
    *,
    cooperative_id: int,
    village_id: int,
    at: datetime,
    sources: Sequence[Source] = SOURCES,
) -> list[CropDemand]:
    """Return the crops that buyers are expected to want each week, the most wanted first."""
    question = _question(session, cooperative_id, village_id, at)
    weekly: defaultdict[int, int] = defaultdict(int)
    unfilled: defaultdict[int, int] = defaultdict(int)
    standing: defaultdict[int, int] = defaultdict(int)
    for source in sources:
        for wanted in source(session, question):
            weekly[wanted.crop_id] += wanted.weekly_g
            unfilled[wanted.crop_id] += wanted.unfilled_g
            standing[wanted.crop_id] += wanted.weekly_g if wanted.is_standing else 0
    promised = _promised(session, question)
    crops = session.scalars(
        select(Crop)
        .where(
            Crop.id.in_(list(weekly)),
            Crop.cooperative_id == cooperative_id,
            Crop.is_traded.is_(True),
        )
        .order_by(Crop.id)
    ).all()
    found = [
        CropDemand(
            crop, weekly[crop.id], unfilled[crop.id], standing[crop.id], promised.get(crop.id, 0)
        )
        for crop in crops
        if weekly[crop.id] > 0
    ]
    return sorted(found, key=lambda one: (-one.weekly_g, one.crop.id))


def _question(session: Session, cooperative_id: int, village_id: int, at: datetime) -> Question:
    zone = session.get_one(Cooperative, cooperative_id).time_zone
    today = local(at, zone).date()
    first_on = session.scalar(
        select(func.min(MarketDay.on)).where(
            MarketDay.cooperative_id == cooperative_id, MarketDay.state.in_(_CLEARED)
        )
    )
    # A market of one week is not spread over four; less than a week counts as one.
    since_on = max(first_on or today, today - timedelta(weeks=WEEKS))
    since_on = min(since_on, today - timedelta(weeks=1))
    near = near_villages(session, cooperative_id, village_id)
    return Question(
        cooperative_id, village_id, tuple(village.id for village in near), since_on, today, at
    )


def _lately(question: Question) -> tuple[ColumnElement[bool], ...]:
    return (
        MarketDay.cooperative_id == question.cooperative_id,
        MarketDay.state.in_(_CLEARED),
        MarketDay.on >= question.since_on,
    )


def _weekly(quantity_g: int, question: Question) -> int:
    return quantity_g * 7 // question.days


def _promised(session: Session, question: Question) -> dict[int, int]:
    """Return what farmers near by promise now, grams a week by crop."""
    rows = session.execute(
        select(SupplyPromise.crop_id, func.sum(SupplyPromise.weekly_g))
        .where(
            SupplyPromise.cooperative_id == question.cooperative_id,
            SupplyPromise.village_id.in_(question.near_ids),
            SupplyPromise.withdrawn_at.is_(None),
            SupplyPromise.paused_at.is_(None),
            SupplyPromise.ends_on >= question.today,
        )
        .group_by(SupplyPromise.crop_id)
    )
    return {crop_id: int(weekly_g) for crop_id, weekly_g in rows}
