"""Rain: move a whole day to another date, or leave one village out of it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import messages
from app.kernel.clock import local
from app.kernel.database import insert_if_new
from app.kernel.errors import N_, BadInput, NotFound
from app.market_days import opening, steps
from app.messages import Figures, Notice
from app.models import (
    Cooperative,
    LineKind,
    LineState,
    Lot,
    MarketDay,
    MarketDayState,
    Order,
    OrderLine,
    Village,
    VillagePostponement,
)
from app.orders.funds import OPEN_STATES
from app.orders.lot_failing import release_lots
from app.orders.releasing import close_empty_orders, lock_lines, release_lines
from app.orders.telling import tell_buyers
from farmers.services import harvests
from logistics.services import publishing


class DateTaken(BadInput):
    """There is a market on the new date already."""

    code = "postpone_date_taken"
    message = N_("There is a market on that date already. Choose another one.")


class DateNotLater(BadInput):
    """A day is postponed to a later date, within a month."""

    code = "postpone_date_not_later"
    message = N_("Choose a later date, within the next 30 days.")


def postpone_day(
    session: Session,
    *,
    market_day_id: int,
    to_on: date,
    key: str,
    person_id: int | None,
    at: datetime,
) -> MarketDay:
    """Move a day with its lots and orders to a later date, each time at its usual hour.

    Orders whose window ends before the new date are released, and so are lots that do
    not keep so long; every other buyer is asked and may cancel until the day is confirmed.
    Published routes are withdrawn.

    :raises DateNotLater: if the new date is not later, or more than 30 days off.
    :raises DateTaken: if the cooperative has a market on it.
    :raises WrongState: if the day is collected already.
    :raises GoodsBrought: if something was weighed in or handed over already.
    """
    day = steps.locked_day(session, market_day_id)
    if day.on == to_on or steps.is_recorded(session, key):
        return day
    steps.refuse_brought(session, day)
    zone = session.get_one(Cooperative, day.cooperative_id).time_zone
    if to_on < local(at, zone).date() or not timedelta(0) < to_on - day.on <= timedelta(days=30):
        raise DateNotLater(field="to_on")
    taken = session.scalar(
        select(MarketDay.id).where(
            MarketDay.cooperative_id == day.cooperative_id, MarketDay.on == to_on
        )
    )
    if taken is not None:
        raise DateTaken(field="to_on")
    from_on = day.on
    if not steps.record(
        session,
        day=day,
        name="postpone",
        key=key,
        person_id=person_id,
        at=at,
        figures={"from_on": from_on.isoformat(), "to_on": to_on.isoformat()},
    ):
        return day
    _move(session, day, to_on)
    if day.state is MarketDayState.PLANNED:
        day.state = MarketDayState.CLEARED
    publishing.withdraw(session, market_day_id=day.id, at=at)
    _release_what_does_not_keep(session, day, from_on, at)
    _release_late_lines(session, day, at)
    _tell_everybody(session, day, from_on, at)
    if day.state is MarketDayState.OPEN:
        opening.schedule_close(session, day=day, at=at)
    session.flush()
    return day


def postpone_village(
    session: Session,
    *,
    market_day_id: int,
    village_id: int,
    reason: str,
    person_id: int | None,
    at: datetime,
) -> None:
    """Leave one village out of a day: its lots move on, buyers learn what they lose.

    :raises NotFound: if the village is not of the day's cooperative.
    :raises WrongState: if the day is collected already.
    :raises GoodsBrought: if something of the village was weighed in already.
    """
    day = steps.locked_day(session, market_day_id)
    village = session.get(Village, village_id)
    if village is None or village.cooperative_id != day.cooperative_id:
        raise NotFound(field="village")
    steps.refuse_brought(session, day, village_id=village.id)
    new_id = insert_if_new(
        session,
        VillagePostponement,
        {
            "market_day_id": day.id,
            "village_id": village.id,
            "reason": reason,
            "person_id": person_id,
            "at": at,
        },
    )
    if new_id is None:
        return
    lots = session.scalars(
        select(Lot)
        .where(
            Lot.market_day_id == day.id,
            Lot.village_id == village.id,
            Lot.withdrawn_at.is_(None),
        )
        .order_by(Lot.id)
    ).all()
    release_lots(session, lot_ids=[lot.id for lot in lots], at=at)
    _tell_village(session, day, village, reason, {lot.farmer_id for lot in lots}, at)
    for lot in lots:
        harvests.move_on(session, lot=lot, from_day=day, at=at)
    publishing.drop_village(session, market_day_id=day.id, village_id=village.id, at=at)


def _move(session: Session, day: MarketDay, to_on: date) -> None:
    zone = ZoneInfo(session.get_one(Cooperative, day.cooperative_id).time_zone)
    shift = to_on - day.on

    def moved(at: datetime) -> datetime:
        # Added to wall-clock time, so that a change of clocks between does not move the hour.
        return (at.astimezone(zone) + shift).astimezone(at.tzinfo)

    day.postponed_from_on = day.postponed_from_on or day.on
    day.on = to_on
    day.farmers_cutoff_at = moved(day.farmers_cutoff_at)
    day.buyers_cutoff_at = moved(day.buyers_cutoff_at)
    day.confirm_by_at = moved(day.confirm_by_at)
    day.pickup_at = moved(day.pickup_at)
    session.flush()


def _release_what_does_not_keep(
    session: Session, day: MarketDay, from_on: date, at: datetime
) -> None:
    lots = session.scalars(
        select(Lot)
        .where(
            Lot.market_day_id == day.id,
            Lot.withdrawn_at.is_(None),
            Lot.ready_until_on < day.on,
        )
        .order_by(Lot.id)
    ).all()
    release_lots(session, lot_ids=[lot.id for lot in lots], at=at)
    for lot in lots:
        # A day between the two dates may fit it.
        harvests.move_on(session, lot=lot, from_day=day, after_on=from_on, at=at)


def _release_late_lines(session: Session, day: MarketDay, at: datetime) -> None:
    rows = session.execute(
        select(OrderLine.id, OrderLine.order_id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(
            Order.market_day_id == day.id,
            OrderLine.state.in_(OPEN_STATES),
            # A direct order has no window of its own; its buyer is asked.
            OrderLine.kind == LineKind.REQUEST,
            OrderLine.last_on < day.on,
        )
        .order_by(OrderLine.id)
    ).all()
    late = [row.id for row in rows]
    lock_lines(session, late)
    release_lines(session, order_line_ids=late, state=LineState.CANCELLED, at=at)
    close_empty_orders(session, order_ids=[row.order_id for row in rows], at=at)
    on = day.on.isoformat()
    tell_buyers(session, kind="line_released", lines={line: {"new_on": on} for line in late}, at=at)


def _tell_village(
    session: Session,
    day: MarketDay,
    village: Village,
    reason: str,
    farmers: set[int],
    at: datetime,
) -> None:
    figures: Figures = {
        "village": village.called.figure(),
        "day_on": day.on.isoformat(),
        "reason": reason,
    }
    messages.tell_all(
        session,
        cooperative_id=day.cooperative_id,
        kind="village_postponed",
        notices=[Notice(farmer_id, f"day:{day.id}:{village.id}", figures) for farmer_id in farmers],
        at=at,
    )


def _tell_everybody(session: Session, day: MarketDay, from_on: date, at: datetime) -> None:
    buyers = session.scalars(
        select(Order.buyer_id).where(Order.market_day_id == day.id, Order.cancelled_at.is_(None))
    ).all()
    farmers = session.scalars(
        select(Lot.farmer_id).where(Lot.market_day_id == day.id, Lot.withdrawn_at.is_(None))
    ).all()
    figures = {"day_on": from_on.isoformat(), "new_on": day.on.isoformat()}
    for told, kind in [(buyers, "day_postponed"), (farmers, "day_moved")]:
        messages.tell_all(
            session,
            cooperative_id=day.cooperative_id,
            kind=kind,
            notices=[
                Notice(person_id, f"day:{day.id}:{day.on.isoformat()}", figures)
                for person_id in set(told)
            ],
            at=at,
        )
