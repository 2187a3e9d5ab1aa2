"""Read promises with their coming market days, for the farmer and for the manager."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.clock import local
from app.kernel.errors import NotFound
from app.models import Cooperative, Crop, Lot, MarketDay, PromisedDay, SupplyPromise
from farmers.services.promised_days import coming_days, market_date, usual_g

_WEEK = 7


class DayState(StrEnum):
    """Where one market day of a promise stands."""

    AHEAD = "ahead"
    LISTED = "listed"
    SKIPPED = "skipped"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class ComingDay:
    """One coming market day of a promise with the amount that it brings."""

    day: MarketDay
    state: DayState
    quantity_g: int
    lot_id: int | None

    @property
    def brings_g(self) -> int:
        """What buyers may count on."""
        return self.quantity_g if self.state in (DayState.AHEAD, DayState.LISTED) else 0


@dataclass(frozen=True)
class PromiseView:
    """A promise with its crop, its coming days and the date on which it is next due."""

    promise: SupplyPromise
    crop: Crop
    days: tuple[ComingDay, ...]
    next_on: date | None

    @property
    def is_over(self) -> bool:
        """Whether nothing comes of it any more."""
        return self.promise.withdrawn_at is not None or self.next_on is None


@dataclass(frozen=True)
class PromisedCrop:
    """What is promised of a crop for one market day, by how many farmers."""

    day: MarketDay
    crop: Crop
    quantity_g: int
    listed_g: int
    farmers: int


def promises_of(
    session: Session, *, farmer_id: int, cooperative_id: int, at: datetime, limit: int = 50
) -> list[PromiseView]:
    """Return a farmer's promises that are not withdrawn, the newest first."""
    rows = session.scalars(
        select(SupplyPromise)
        .where(
            SupplyPromise.farmer_id == farmer_id,
            SupplyPromise.cooperative_id == cooperative_id,
            SupplyPromise.withdrawn_at.is_(None),
        )
        .order_by(SupplyPromise.id.desc())
        .limit(limit)
    ).all()
    return _views(session, rows, cooperative_id=cooperative_id, at=at)


def promise_view(
    session: Session, *, promise_id: int, farmer_id: int, cooperative_id: int, at: datetime
) -> PromiseView:
    """Return one promise of a farmer.

    :raises NotFound: if the farmer has no such promise here.
    """
    found = session.get(SupplyPromise, promise_id)
    if found is None or (found.farmer_id, found.cooperative_id) != (farmer_id, cooperative_id):
        raise NotFound
    return _views(session, [found], cooperative_id=cooperative_id, at=at)[0]


def promised_supply(session: Session, *, cooperative_id: int, at: datetime) -> list[PromisedCrop]:
    """Return what farmers promise for the coming market days, by day and crop."""
    today = _today(session, cooperative_id, at)
    rows = session.scalars(
        select(SupplyPromise)
        .where(
            SupplyPromise.cooperative_id == cooperative_id,
            SupplyPromise.ends_on >= today,
            SupplyPromise.withdrawn_at.is_(None),
            SupplyPromise.paused_at.is_(None),
        )
        .order_by(SupplyPromise.id)
    ).all()
    promised: defaultdict[tuple[int, int], int] = defaultdict(int)
    listed: defaultdict[tuple[int, int], int] = defaultdict(int)
    farmers: defaultdict[tuple[int, int], set[int]] = defaultdict(set)
    days: dict[int, MarketDay] = {}
    crops: dict[int, Crop] = {}
    for view in _views(session, rows, cooperative_id=cooperative_id, at=at):
        for coming in view.days:
            if not coming.brings_g:
                continue
            key = (coming.day.id, view.crop.id)
            promised[key] += coming.brings_g
            listed[key] += coming.brings_g if coming.state is DayState.LISTED else 0
            farmers[key].add(view.promise.farmer_id)
            days[coming.day.id], crops[view.crop.id] = coming.day, view.crop
    found = [
        PromisedCrop(days[day_id], crops[crop_id], total, listed[key], len(farmers[key]))
        for key, total in promised.items()
        for day_id, crop_id in [key]
    ]
    return sorted(found, key=lambda one: (one.day.on, -one.quantity_g, one.crop.id))


def _views(
    session: Session, rows: Sequence[SupplyPromise], *, cooperative_id: int, at: datetime
) -> list[PromiseView]:
    today = _today(session, cooperative_id, at)
    days = coming_days(session, cooperative_id=cooperative_id, at=at)
    ids = [row.id for row in rows]
    marks = {
        (mark.promise_id, mark.market_day_id): (mark, lot)
        for mark, lot in session.execute(
            select(PromisedDay, Lot)
            .outerjoin(Lot, Lot.id == PromisedDay.lot_id)
            .where(
                PromisedDay.promise_id.in_(ids),
                PromisedDay.market_day_id.in_([day.id for day in days]),
            )
            .order_by(PromisedDay.id)
        )
    }
    crops = {
        crop.id: crop
        for crop in session.scalars(
            select(Crop).where(Crop.id.in_({row.crop_id for row in rows})).order_by(Crop.id)
        )
    }
    views = []
    for row in rows:
        coming = tuple(
            _coming(row, day, *marks.get((row.id, day.id), (None, None)))
            for day in days
            if usual_g(row, market_date(day))
        )
        due = [one.day.on for one in coming if one.brings_g]
        views.append(
            PromiseView(
                row, crops[row.crop_id], coming, due[0] if due else _later(row, days, today)
            )
        )
    return views


def _coming(
    promise: SupplyPromise, day: MarketDay, mark: PromisedDay | None, lot: Lot | None
) -> ComingDay:
    quantity_g = usual_g(promise, market_date(day))
    if mark is None:
        return ComingDay(day, DayState.AHEAD, quantity_g, None)
    quantity_g = mark.quantity_g or quantity_g
    state = DayState.AHEAD
    if mark.skipped_at is not None:
        state = DayState.SKIPPED
    elif mark.reason is not None:
        state = DayState.FAILED
    elif lot is not None:
        quantity_g = lot.quantity_g
        state = DayState.LISTED if lot.withdrawn_at is None else DayState.WITHDRAWN
    return ComingDay(day, state, quantity_g, mark.lot_id)


def _later(promise: SupplyPromise, days: Sequence[MarketDay], today: date) -> date | None:
    """Return the first date after the known market days on which a promise brings something."""
    first = max([promise.starts_on, *(day.on + timedelta(days=1) for day in days)], default=today)
    first = max(first, today + timedelta(days=1))
    for offset in range(_WEEK):
        on = first + timedelta(days=offset)
        if usual_g(promise, on):
            return on
    return None


def _today(session: Session, cooperative_id: int, at: datetime) -> date:
    return local(at, session.get_one(Cooperative, cooperative_id).time_zone).date()
