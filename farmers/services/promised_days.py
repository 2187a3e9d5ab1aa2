"""Make a promise a lot on each market day, once and only once."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app import messages
from app.kernel.clock import local
from app.kernel.database import insert_if_new
from app.kernel.errors import NotFound, Refusal
from app.models import (
    Cooperative,
    Lot,
    MarketDay,
    MarketDayState,
    PromisedDay,
    SupplyPromise,
)
from farmers.services import harvests
from farmers.services.harvests import Offer

# The farmer hears of a lot a week before, and has that week to change it.
LEAD = timedelta(days=7)


def locked(session: Session, *, promise_id: int, farmer_id: int) -> SupplyPromise:
    """Return a farmer's promise, kept from the job until this transaction ends.

    :raises NotFound: if the farmer has no such promise.
    """
    found = session.get(SupplyPromise, promise_id, with_for_update=True, populate_existing=True)
    if found is None or found.farmer_id != farmer_id:
        raise NotFound
    return found


def usual_g(promise: SupplyPromise, on: date) -> int:
    """Return what a promise brings on a date: its share of the week, in whole units.

    The first days of the week get what does not divide; a day may so get nothing.
    """
    days = sorted(promise.weekdays)
    if on.weekday() not in days or not promise.starts_on <= on <= promise.ends_on:
        return 0
    place = days.index(on.weekday())
    grain = promise.unit_grams if promise.weekly_g % promise.unit_grams == 0 else 1
    share, rest = divmod(promise.weekly_g // grain, len(days))
    return (share + (place < rest)) * grain


def market_date(day: MarketDay) -> date:
    """Return the date that a promise knows a day by: where it was before rain moved it."""
    return day.postponed_from_on or day.on


def coming_days(
    session: Session, *, cooperative_id: int, at: datetime, until_on: date | None = None
) -> list[MarketDay]:
    """Return the open days whose farmers' cut-off is ahead, the next first."""
    wanted = (
        select(MarketDay)
        .where(
            MarketDay.cooperative_id == cooperative_id,
            MarketDay.state == MarketDayState.OPEN,
            MarketDay.farmers_cutoff_at > at,
        )
        .order_by(MarketDay.on, MarketDay.id)
    )
    if until_on is not None:
        wanted = wanted.where(MarketDay.on <= until_on)
    return list(session.scalars(wanted))


def make_lots(
    session: Session, *, cooperative_id: int, at: datetime, only_id: int | None = None
) -> int:
    """List what is promised for the days of the coming week; return how many lots are new.

    :param only_id: of this promise alone.
    """
    zone = session.get_one(Cooperative, cooperative_id).time_zone
    until_on = local(at, zone).date() + LEAD
    made = 0
    for day in coming_days(session, cooperative_id=cooperative_id, at=at, until_on=until_on):
        on = market_date(day)
        settled = select(PromisedDay.id).where(
            PromisedDay.promise_id == SupplyPromise.id,
            PromisedDay.market_day_id == day.id,
            or_(
                PromisedDay.lot_id.is_not(None),
                PromisedDay.skipped_at.is_not(None),
                PromisedDay.reason.is_not(None),
            ),
        )
        wanted = (
            select(SupplyPromise)
            .where(
                SupplyPromise.cooperative_id == cooperative_id,
                SupplyPromise.ends_on >= on,
                SupplyPromise.starts_on <= on,
                SupplyPromise.withdrawn_at.is_(None),
                SupplyPromise.paused_at.is_(None),
                ~settled.exists(),
            )
            .order_by(SupplyPromise.id)
        )
        if only_id is not None:
            wanted = wanted.where(SupplyPromise.id == only_id)
        for promise in session.scalars(wanted).all():
            made += _make(session, promise, day, at)
    return made


def mark_of(session: Session, promise: SupplyPromise, day: MarketDay) -> PromisedDay:
    """Return the row of a promise's market day, made if it is not there."""
    session.flush()
    insert_if_new(
        session,
        PromisedDay,
        {"promise_id": promise.id, "market_day_id": day.id, "revision": 0},
    )
    return session.scalars(
        select(PromisedDay)
        .where(PromisedDay.promise_id == promise.id, PromisedDay.market_day_id == day.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _make(session: Session, promise: SupplyPromise, day: MarketDay, at: datetime) -> bool:
    """List one promise on one day, if that is still to do."""
    promise = locked(session, promise_id=promise.id, farmer_id=promise.farmer_id)
    usual = usual_g(promise, market_date(day))
    if promise.withdrawn_at is not None or promise.paused_at is not None or not usual:
        return False
    mark = mark_of(session, promise, day)
    if mark.lot_id is not None or mark.skipped_at is not None or mark.reason is not None:
        return False
    mark.revision += 1
    quantity_g = mark.quantity_g or usual
    try:
        with session.begin_nested():
            lot = _offer(session, promise, day, quantity_g, mark.revision, at)
    except Refusal as refusal:
        # The crop is not traded any more, say: one promise must not hold the others up.
        mark.reason = refusal.code
        _tell(session, promise, day, mark, "promise_failed", quantity_g, at)
        return False
    mark.lot_id = lot.id
    _tell(session, promise, day, mark, "promise_listed", quantity_g, at)
    return True


def _offer(
    session: Session,
    promise: SupplyPromise,
    day: MarketDay,
    quantity_g: int,
    revision: int,
    at: datetime,
) -> Lot:
    offered = Offer(
        farmer_id=promise.farmer_id,
        village_id=promise.village_id,
        crop_id=promise.crop_id,
        grade=promise.grade,
        quantity_g=quantity_g,
        unit_code=promise.unit_code,
        unit_grams=promise.unit_grams,
        ask_minor=promise.ask_minor,
        ready_from_on=day.on,
        ready_until_on=day.on + timedelta(days=promise.keeps_days),
    )
    return harvests.offer(
        session,
        cooperative_id=promise.cooperative_id,
        listed_by_id=promise.farmer_id,
        offered=offered,
        key=f"promise:{promise.id}:{day.id}:{revision}",
        at=at,
    )


def _tell(
    session: Session,
    promise: SupplyPromise,
    day: MarketDay,
    mark: PromisedDay,
    kind: str,
    quantity_g: int,
    at: datetime,
) -> None:
    session.flush()
    messages.tell(
        session,
        person_id=promise.farmer_id,
        cooperative_id=promise.cooperative_id,
        kind=kind,
        event_key=f"promise:{promise.id}:{day.id}:{mark.revision}",
        figures={
            "promise_id": promise.id,
            "crop_id": promise.crop_id,
            "listed_g": quantity_g,
            "day_on": day.on.isoformat(),
        },
        at=at,
    )
