"""The days whose routes are to be planned or driven, hub by hub."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Hub, MarketDay, MarketDayState
from logistics.services.batching import batches
from logistics.services.jobs import planning_of
from logistics.services.plan_reading import newest_plans
from logistics.services.progress import Planning

_SHOWN_DAYS = 8
_WITH_ROUTES = (
    MarketDayState.CLEARED,
    MarketDayState.PLANNED,
    MarketDayState.COLLECTED,
    MarketDayState.DELIVERED,
)


@dataclass(frozen=True)
class HubBoard:
    """What one hub collects on a day, and how far its routes are."""

    hub_id: int
    hub: str
    villages: int
    quantity_g: int
    plan_id: int | None
    is_published: bool
    planning: Planning | None


@dataclass(frozen=True)
class DayBoard:
    """One market day with the hubs that something is collected for."""

    market_day_id: int
    on: date
    state: MarketDayState
    hubs: tuple[HubBoard, ...]


def board(session: Session, *, cooperative_id: int) -> list[DayBoard]:
    """Return the latest days from cleared to delivered, newest first.

    :raises NoRuralHub: if there is something to collect and no hub for it.
    """
    days = session.scalars(
        select(MarketDay)
        .where(MarketDay.cooperative_id == cooperative_id, MarketDay.state.in_(_WITH_ROUTES))
        .order_by(MarketDay.on.desc(), MarketDay.id)
        .limit(_SHOWN_DAYS)
    ).all()
    return [
        DayBoard(
            day.id,
            day.on,
            day.state,
            tuple(hubs_of(session, market_day_id=day.id, cooperative_id=cooperative_id)),
        )
        for day in days
    ]


def days_on_the_road(session: Session, *, cooperative_id: int) -> Sequence[MarketDay]:
    """Return the days whose goods are being gathered and received, the earliest first."""
    return session.scalars(
        select(MarketDay)
        .where(
            MarketDay.cooperative_id == cooperative_id,
            MarketDay.state.in_(
                [MarketDayState.CLEARED, MarketDayState.PLANNED, MarketDayState.COLLECTED]
            ),
        )
        .order_by(MarketDay.on, MarketDay.id)
    ).all()


def hubs_of(session: Session, *, market_day_id: int, cooperative_id: int) -> list[HubBoard]:
    """Return what each hub collects on a day, by hub id.

    :raises NoRuralHub: if there is something to collect and no hub for it.
    """
    names = dict(
        session.execute(
            select(Hub.id, Hub.called).where(Hub.cooperative_id == cooperative_id)
        ).all()
    )
    plans = {plan.hub_id: plan for plan in newest_plans(session, market_day_id=market_day_id)}
    found: dict[int, list[int]] = {hub_id: [] for hub_id in plans}
    for batch in batches(session, market_day_id=market_day_id):
        found.setdefault(batch.hub_id, []).append(batch.quantity_g)
    return [
        HubBoard(
            hub_id=hub_id,
            hub=names[hub_id],
            villages=len(quantities),
            quantity_g=sum(quantities),
            plan_id=plans[hub_id].id if hub_id in plans else None,
            is_published=hub_id in plans and plans[hub_id].published_at is not None,
            planning=planning_of(session, market_day_id=market_day_id, hub_id=hub_id),
        )
        for hub_id, quantities in sorted(found.items())
    ]
