"""File a request: a bid that waits for the matching of a market day."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.calendar import day_for_order
from app.kernel.errors import N_, BadInput, NotFound, Refusal
from app.models import Cooperative, Crop, Grade, LineKind, LineState, MarketDay, MarketDayState
from app.orders.drafts import MOST_PRICE_MINOR, LimitOutOfRange, Market, Placed, Terms, write
from app.orders.opening import open_point
from app.orders.telling import tell_buyer


class NoMarketDay(Refusal):
    """No market day within the buyer's window still takes orders."""

    code = "no_market_day"
    message = N_("No market day between these dates takes orders. Choose a later last day.")


class WindowReversed(BadInput):
    """The last day lies before the first."""

    code = "order_window_reversed"
    message = N_("The last day must not be before the first.")


class LeastFillTooLarge(BadInput):
    """The least acceptable quantity is above the ordered one."""

    code = "least_fill_too_large"
    message = N_("The least quantity must not be above the quantity you ask for.")


@dataclass(frozen=True)
class Bid:
    """What a request asks for, by the names of the line's columns."""

    crop_id: int
    limit_minor: int
    least_grade: Grade
    first_on: date
    last_on: date
    is_all_or_nothing: bool
    least_fill_g: int


def bid(session: Session, terms: Terms, wanted: Bid) -> Placed:
    """Write a request for the first market day of its window that takes orders.

    :raises WindowReversed, LeastFillTooLarge, LimitOutOfRange, NotFound, NoMarketDay,
        PickupPointClosed, PaymentDiffers, CardEmpty, AccountLimitReached: as their names
        say.
    """
    if wanted.first_on > wanted.last_on:
        raise WindowReversed(field="last_on")
    if not 0 < wanted.limit_minor <= MOST_PRICE_MINOR:
        raise LimitOutOfRange(field="limit")
    if wanted.least_fill_g > terms.quantity_g:
        raise LeastFillTooLarge(field="least_fill")
    cooperative_id = open_point(session, pickup_point_id=terms.pickup_point_id)
    crop = session.execute(
        select(Crop.names, Cooperative.ceiling_bp)
        .join(Cooperative, Cooperative.id == Crop.cooperative_id)
        .where(
            Crop.id == wanted.crop_id,
            Crop.cooperative_id == cooperative_id,
            Crop.is_traded.is_(True),
        )
    ).one_or_none()
    if crop is None:
        raise NotFound(field="crop")
    day = _day_of_request(session, cooperative_id, wanted.first_on, wanted.last_on, terms.at)
    market = Market(
        cooperative_id=cooperative_id,
        market_day_id=day.id,
        pickup_at=day.pickup_at,
        ceiling_bp=crop.ceiling_bp,
        crop_id=wanted.crop_id,
        crop_names=crop.names,
        price_minor=wanted.limit_minor,
    )
    own = {"kind": LineKind.REQUEST, "state": LineState.WAITING, **asdict(wanted)}
    order_id, line_id = write(session, terms, market, own)
    if _missed_a_day(session, day, wanted.first_on):
        figures = {"day_on": day.on.isoformat()}
        tell_buyer(
            session, kind="order_rolled", order_line_id=line_id, figures=figures, at=terms.at
        )
    return Placed(order_id, line_id, day.id, LineState.WAITING)


def _day_of_request(
    session: Session, cooperative_id: int, first_on: date, last_on: date, at: datetime
) -> MarketDay:
    after_on: date | None = None
    while True:
        day = day_for_order(
            session,
            cooperative_id=cooperative_id,
            first_on=first_on,
            last_on=last_on,
            at=at,
            after_on=after_on,
        )
        if day is None:
            raise NoMarketDay(field="last_on")
        # The share lock keeps the day from closing, and its clearing from starting
        # without this request, until the request is committed.
        session.refresh(day, with_for_update={"read": True})
        if day.state is MarketDayState.OPEN:
            return day
        after_on = day.on


def _missed_a_day(session: Session, day: MarketDay, first_on: date) -> bool:
    missed = select(MarketDay.id).where(
        MarketDay.cooperative_id == day.cooperative_id,
        MarketDay.on >= first_on,
        MarketDay.on < day.on,
        MarketDay.state != MarketDayState.CANCELLED,
    )
    return session.scalar(missed.limit(1)) is not None
