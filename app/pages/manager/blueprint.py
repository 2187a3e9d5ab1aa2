"""The blueprint of the market-day pages, and whose days a reader may open."""

from __future__ import annotations

from flask import Blueprint
from sqlalchemy.orm import Session

from app.kernel.errors import NotFound
from app.models import MarketDay
from app.web.session import current_cooperative

blueprint = Blueprint("days", __name__, template_folder="templates")


def own_day(session: Session, day_id: int) -> MarketDay:
    """Return a day of the reader's cooperative.

    :raises NotFound: if it is none.
    """
    day = session.get(MarketDay, day_id)
    if day is None or day.cooperative_id != current_cooperative().id:
        raise NotFound
    return day
