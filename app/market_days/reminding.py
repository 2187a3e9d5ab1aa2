"""Remind people of a cut-off that is near, those who trade often and have not yet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app import messages
from app.messages import Notice
from app.models import Lot, MarketDay, MarketDayState, Order

REMIND_JOB = "cut_off_soon"
_AHEAD = timedelta(hours=3)
# Who has not traded for so long is not asked again and again.
_LATELY = timedelta(days=28)


def remind(session: Session, *, at: datetime) -> int:
    """Tell farmers and buyers of open days whose cut-off is within three hours; once a day."""
    days = session.scalars(
        select(MarketDay).where(MarketDay.state == MarketDayState.OPEN).order_by(MarketDay.id)
    ).all()
    told = 0
    for day in days:
        if at < day.farmers_cutoff_at <= at + _AHEAD:
            told += _tell(
                session, day, "farmers_cut_off_soon", _farmers(day, at), day.farmers_cutoff_at, at
            )
        if at < day.buyers_cutoff_at <= at + _AHEAD:
            told += _tell(
                session, day, "buyers_cut_off_soon", _buyers(day, at), day.buyers_cutoff_at, at
            )
    return told


def run_remind(session: Session, *, payload: Mapping[str, Any], at: datetime) -> dict[str, int]:
    """Do the recurring job."""
    return {"told": remind(session, at=at)}


def _farmers(day: MarketDay, at: datetime) -> Select[int]:
    """Return the query of farmers who listed lately and have no lot on the day."""
    on_the_day = select(Lot.farmer_id).where(
        Lot.market_day_id == day.id, Lot.withdrawn_at.is_(None)
    )
    return (
        select(Lot.farmer_id)
        .where(
            Lot.cooperative_id == day.cooperative_id,
            Lot.listed_at > at - _LATELY,
            Lot.farmer_id.not_in(on_the_day),
        )
        .distinct()
        .order_by(Lot.farmer_id)
    )


def _buyers(day: MarketDay, at: datetime) -> Select[int]:
    """Return the query of buyers who ordered lately and not for the day."""
    for_the_day = select(Order.buyer_id).where(
        Order.market_day_id == day.id, Order.cancelled_at.is_(None)
    )
    return (
        select(Order.buyer_id)
        .where(
            Order.cooperative_id == day.cooperative_id,
            Order.opened_at > at - _LATELY,
            Order.buyer_id.not_in(for_the_day),
        )
        .distinct()
        .order_by(Order.buyer_id)
    )


def _tell(
    session: Session,
    day: MarketDay,
    kind: str,
    people: Select[int],
    until_at: datetime,
    at: datetime,
) -> int:
    figures = {"day_on": day.on.isoformat(), "until_at": until_at.isoformat()}
    return messages.tell_all(
        session,
        cooperative_id=day.cooperative_id,
        kind=kind,
        # A day that was postponed has another cut-off, which is another event.
        notices=[
            Notice(person_id, f"day:{day.id}:{day.on.isoformat()}", figures, until_at)
            for person_id in session.scalars(people)
        ],
        at=at,
    )
