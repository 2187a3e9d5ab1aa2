"""Give an offered lot another price or another day, while its market day is open."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import stock
from app.kernel.errors import N_, BadInput, NotFound, Refusal
from app.models import Lot, LotChange, LotStock, MarketDay, MarketDayState, VillagePostponement
from farmers.services.harvests import is_promised
from farmers.services.refusals import AlreadySold

MOST_ASK_MINOR = 100_000_000


class LotNotOpen(Refusal):
    """The lot is on no day that still takes offers."""

    code = "lot_not_open"
    message = N_("This harvest can no longer be changed: its market day is closed.")


class AskOutOfRange(BadInput):
    """No sensible price per kg."""

    code = "ask_out_of_range"
    message = N_("Type a price per kg.")


class DayNotOpen(BadInput):
    """The day is closed for farmers, or its truck leaves the village out."""

    code = "lot_day_not_open"
    message = N_("This market day takes no harvest from your village any more. Choose another.")


def change(
    session: Session,
    *,
    lot_id: int,
    ask_minor: int,
    market_day_id: int,
    person_id: int,
    at: datetime,
) -> Lot:
    """Change a lot's ask, or move it to another open day; again changes nothing more.

    What buyers were promised of it keeps its price; so a lot that is partly sold stays
    on its day. What it was before is written down.

    :raises NotFound: if there is no such lot.
    :raises LotNotOpen: if its own day is closed for farmers.
    :raises DayNotOpen: if the new day is.
    :raises AlreadySold: if part of it is promised and it was to move.
    :raises LotFrozen: while it is being matched.
    """
    lot = session.get(Lot, lot_id)
    if lot is None:
        raise NotFound
    if not 0 <= ask_minor <= MOST_ASK_MINOR:
        raise AskOutOfRange(field="ask")
    if (lot.ask_minor, lot.market_day_id) == (ask_minor, market_day_id):
        return lot
    if lot.withdrawn_at is not None or lot.market_day_id is None:
        raise LotNotOpen
    _open_day(session, lot, lot.market_day_id, at, LotNotOpen())
    day = _open_day(session, lot, market_day_id, at, DayNotOpen(field="day"))
    is_moving = market_day_id != lot.market_day_id
    if is_moving:
        _hold_still(session, lot.id)
    session.add(
        LotChange(
            lot_id=lot.id,
            ask_minor=lot.ask_minor,
            market_day_id=lot.market_day_id,
            ready_from_on=lot.ready_from_on,
            ready_until_on=lot.ready_until_on,
            person_id=person_id,
            changed_at=at,
        )
    )
    lot.ask_minor = ask_minor
    if is_moving:
        lot.market_day_id = day.id
        lot.ready_from_on = day.on
        lot.ready_until_on = max(lot.ready_until_on, day.on)
    session.flush()
    return lot


def _hold_still(session: Session, lot_id: int) -> None:
    """Keep buyers from taking part of a lot that is about to move."""
    # The stock before the lot, as where a lot is withdrawn, so that neither waits for
    # the other. Whoever comes meanwhile waits here and finds the lot on its new day.
    is_frozen = session.scalars(
        select(LotStock.is_frozen).where(LotStock.lot_id == lot_id).with_for_update()
    ).one()
    if is_frozen:
        raise stock.LotFrozen
    if is_promised(session, lot_id):
        raise AlreadySold


def _open_day(
    session: Session, lot: Lot, market_day_id: int, at: datetime, refusal: Refusal
) -> MarketDay:
    """Return a day of the lot's cooperative that farmers may still offer on, kept so."""
    day = session.scalar(
        select(MarketDay)
        .where(
            MarketDay.id == market_day_id,
            MarketDay.cooperative_id == lot.cooperative_id,
            MarketDay.state == MarketDayState.OPEN,
            MarketDay.farmers_cutoff_at > at,
            MarketDay.id.not_in(
                select(VillagePostponement.market_day_id).where(
                    VillagePostponement.village_id == lot.village_id
                )
            ),
        )
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    )
    if day is None:
        raise refusal
    return day
