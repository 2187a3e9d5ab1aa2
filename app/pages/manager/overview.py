"""What the market-day page shows: where the day stands, what is next, what to decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel.errors import N_
from app.market_days import clearing
from app.models import (
    Allocation,
    Crop,
    Job,
    JobState,
    LineState,
    Lot,
    LotStock,
    MarketDay,
    MarketDayState,
    Order,
    OrderLine,
    Payment,
    PaymentState,
    Plan,
    UnplannedStop,
    Village,
)
from app.web.refusals import stored_wording
from app.web.session import now
from logistics.services.board import HubBoard, hubs_of

ORDER = (
    MarketDayState.OPEN,
    MarketDayState.CLOSED,
    MarketDayState.CLEARED,
    MarketDayState.PLANNED,
    MarketDayState.COLLECTED,
    MarketDayState.DELIVERED,
    MarketDayState.SETTLED,
)
BEFORE_COLLECTION = ORDER[:4]
_STATES = {JobState.WAITING: "waiting", JobState.RUNNING: "running", JobState.DONE: "done"}


@dataclass(frozen=True)
class Figures:
    """Kilograms and lines of a day, in grams and numbers."""

    lots: int
    offered_g: int
    left_g: int
    lines: int
    asked_g: int
    allocated_g: int
    accepted_g: int
    open_lines: int
    unfilled_lines: int


@dataclass(frozen=True)
class Decision:
    """Something that waits for the manager: a message id with its number, and where to go."""

    message: str
    count: int
    endpoint: str


@dataclass(frozen=True)
class CropWork:
    """One crop's job: ``state`` is done, running, waiting or failed, and then why."""

    crop: Crop
    job_key: str
    state: str
    why: str


@dataclass(frozen=True)
class Work:
    """Jobs under way: how many of how many are done, and each crop's own."""

    done: int
    total: int
    crops: tuple[CropWork, ...]

    @property
    def failed(self) -> tuple[CropWork, ...]:
        """Return the crops whose job failed."""
        return tuple(work for work in self.crops if work.state == "failed")

    @property
    def is_working(self) -> bool:
        """Return whether a job still waits or runs."""
        return any(work.state in ("waiting", "running") for work in self.crops)


@dataclass(frozen=True)
class Overview:
    """One market day as its manager sees it."""

    day: MarketDay
    figures: Figures
    matching: Work | None
    hubs: tuple[HubBoard, ...]
    decisions: tuple[Decision, ...]
    villages: Sequence[Village]

    @property
    def is_working(self) -> bool:
        """Return whether something is being solved, so that the page looks again."""
        planning = any(hub.planning is not None and hub.planning.is_open for hub in self.hubs)
        return planning or (self.matching is not None and self.matching.is_working)

    @property
    def can_be_held(self) -> bool:
        """Return whether a cancelled day may still be opened; its cut-offs may be ahead."""
        return self.day.state is MarketDayState.CANCELLED and self.day.pickup_at > now()

    @property
    def can_publish(self) -> bool:
        """Return whether every hub has a plan."""
        return all(hub.plan_id is not None for hub in self.hubs)


def overview(session: Session, day: MarketDay) -> Overview:
    """Return what a market day's page shows."""
    hubs: tuple[HubBoard, ...] = ()
    if day.state in ORDER[2:]:
        hubs = tuple(hubs_of(session, market_day_id=day.id, cooperative_id=day.cooperative_id))
    return Overview(
        day=day,
        figures=_figures(session, day.id),
        matching=_matching(session, day),
        hubs=hubs,
        decisions=tuple(_decisions(session, day)),
        villages=_villages(session, day),
    )


def _figures(session: Session, day_id: int) -> Figures:
    lots, offered_g, left_g = session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(Lot.quantity_g), 0),
            func.coalesce(func.sum(LotStock.available_g), 0),
        )
        .join(LotStock, LotStock.lot_id == Lot.id)
        .where(Lot.market_day_id == day_id, Lot.withdrawn_at.is_(None))
    ).one()
    states = dict(
        session.execute(
            select(OrderLine.state, func.count())
            .join(Order, Order.id == OrderLine.order_id)
            .where(Order.market_day_id == day_id)
            .group_by(OrderLine.state)
        ).all()
    )
    asked_g = session.scalar(
        select(func.coalesce(func.sum(OrderLine.ordered_g), 0))
        .join(Order, Order.id == OrderLine.order_id)
        .where(Order.market_day_id == day_id, OrderLine.state != LineState.CANCELLED)
    )
    allocated_g, accepted_g = session.execute(
        select(
            func.coalesce(func.sum(Allocation.quantity_g), 0),
            func.coalesce(func.sum(Allocation.accepted_g), 0),
        ).where(Allocation.market_day_id == day_id, Allocation.released_at.is_(None))
    ).one()
    return Figures(
        lots=lots,
        offered_g=offered_g,
        left_g=left_g,
        lines=sum(states.values()) - states.get(LineState.CANCELLED, 0),
        asked_g=int(asked_g or 0),
        allocated_g=allocated_g,
        accepted_g=int(accepted_g or 0),
        open_lines=states.get(LineState.ALLOCATED, 0),
        unfilled_lines=states.get(LineState.UNFILLED, 0),
    )


def _matching(session: Session, day: MarketDay) -> Work | None:
    under_way = clearing.under_way(session, market_day_id=day.id)
    if under_way is None:
        return None
    found = {
        job.key: job for job in session.scalars(select(Job).where(Job.key.in_(under_way.job_keys)))
    }
    crops = []
    for crop_id, key in zip(under_way.crops, under_way.job_keys, strict=True):
        job = found[key]
        state = "done" if crop_id in under_way.done else _STATES.get(job.state, "failed")
        crops.append(
            CropWork(session.get_one(Crop, crop_id), key, state, stored_wording(job.error))
        )
    return Work(done=len(under_way.done), total=len(under_way.crops), crops=tuple(crops))


def _decisions(session: Session, day: MarketDay) -> list[Decision]:
    def count(statement: object) -> int:
        return int(session.scalar(statement) or 0)  # type: ignore[call-overload]

    home_id = day.cooperative_id
    counted = [
        (
            N_("Villages without a place on the map"),
            "villages.index",
            select(func.count())
            .select_from(Village)
            .where(
                Village.cooperative_id == home_id,
                Village.lat.is_(None),
                Village.retired_at.is_(None),
            ),
        ),
        (
            N_("Lots that no market day fits"),
            "days.parked",
            select(func.count())
            .select_from(Lot)
            .where(
                Lot.cooperative_id == home_id,
                Lot.market_day_id.is_(None),
                Lot.withdrawn_at.is_(None),
            ),
        ),
        (
            N_("Villages on no route of this day"),
            "plans.index",
            select(func.count())
            .select_from(UnplannedStop)
            .join(Plan, Plan.id == UnplannedStop.plan_id)
            .where(Plan.market_day_id == day.id, Plan.replaced_at.is_(None)),
        ),
        (
            N_("Payments to confirm"),
            "money.payments",
            select(func.count())
            .select_from(Payment)
            .where(Payment.cooperative_id == home_id, Payment.state == PaymentState.DUE),
        ),
    ]
    found = [
        Decision(message, count(statement), endpoint) for message, endpoint, statement in counted
    ]
    return [decision for decision in found if decision.count]


def _villages(session: Session, day: MarketDay) -> Sequence[Village]:
    """Return the villages that bring something on a day, for the rain button."""
    if day.state not in BEFORE_COLLECTION:
        return []
    return session.scalars(
        select(Village)
        .where(
            Village.id.in_(
                select(Lot.village_id).where(
                    Lot.market_day_id == day.id, Lot.withdrawn_at.is_(None)
                )
            )
        )
        .order_by(Village.name, Village.id)
    ).all()
