"""Settle a delivered day: farmers are owed what was promised for what was accepted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import messages
from app.ledger.settlement import settle_day
from app.market_days import steps
from app.messages import Figures, Notice
from app.models import Lot, MarketDay
from farmers.services import statements


def settle(
    session: Session, *, market_day_id: int, key: str, person_id: int | None, at: datetime
) -> MarketDay:
    """Write down what the day owes to its farmers and close its trade, once.

    :raises WrongState: if the day is not delivered.
    """
    day = steps.locked_day(session, market_day_id)
    if not steps.take_step(
        session, day=day, step=steps.SETTLE, key=key, person_id=person_id, at=at
    ):
        return day
    settle_day(session, cooperative_id=day.cooperative_id, market_day_id=day.id, at=at)
    notices = []
    for farmer_id in session.scalars(
        select(Lot.farmer_id).where(Lot.market_day_id == day.id).distinct().order_by(Lot.farmer_id)
    ).all():
        lots = statements.statement(
            session,
            farmer_id=farmer_id,
            cooperative_id=day.cooperative_id,
            market_day_id=day.id,
            limit=1000,
        )
        net_minor = statements.total(lots).net_minor
        if not any(lot.allocated_g for lot in lots):
            continue
        figures: Figures = {"net_minor": net_minor, "day_on": day.on.isoformat()}
        notices.append(Notice(farmer_id, f"day:{day.id}", figures))
    messages.tell_all(
        session, cooperative_id=day.cooperative_id, kind="settled", notices=notices, at=at
    )
    return day
