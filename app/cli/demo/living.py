"""The demo cooperative that a newcomer finds: founded, with a market that is under way."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import calendar
from app.cli.demo import acting, offers
from app.cli.demo.founding import found
from app.cli.demo.region import enshi
from app.models import Cooperative

_FARMERS, _BUYERS, _ORDERS, _SEED = 28, 10, 24, 7


def live_in(session: Session, *, at: datetime) -> bool:
    """Give an empty installation a cooperative with lots and orders; return whether it was.

    All of it is one transaction: an installation has the whole demo or nothing of it.
    """
    if session.scalar(select(Cooperative.id).limit(1)) is not None:
        return False
    founded = found(session, enshi(), farmers=_FARMERS, buyers=_BUYERS, seed=_SEED, at=at)
    day = calendar.open_day(session, cooperative_id=founded.cooperative_id, at=at)
    if day is None:
        return True
    for number, offered in enumerate(offers.offers(founded, on=day.on, seed=_SEED)):
        acting.offer(session, founded, offered, key=f"demo-{number}", at=at)
    for number, wish in enumerate(offers.wishes(founded, orders=_ORDERS, seed=_SEED)):
        acting.order(session, day, wish, key=f"demo-{number}", at=at)
    return True
