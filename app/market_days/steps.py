"""The order of a market day's states, and the one way to move between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.kernel.database import insert_if_new
from app.kernel.errors import N_, NotFound, Refusal
from app.models import Allocation, HandOver, Lot, MarketDay, MarketDayState, MarketDayStep

BEFORE_COLLECTION = frozenset(
    {
        MarketDayState.OPEN,
        MarketDayState.CLOSED,
        MarketDayState.CLEARED,
        MarketDayState.PLANNED,
    }
)


# Recorded when the matching begins; CLEAR is recorded when its last crop is applied.
CLEARING = "clearing"


class WrongState(Refusal):
    """The day is not where this step starts from."""

    code = "market_day_wrong_state"
    message = N_("The market day has moved on meanwhile. Look at its state and choose again.")


class GoodsBrought(Refusal):
    """Something is on a truck or with its buyer, so it cannot wait for another day."""

    code = "goods_brought"
    message = N_(
        "Goods of this day were weighed in or handed over already. Correct those weights to"
        " nothing first, or bring the day to its end."
    )


@dataclass(frozen=True)
class Step:
    """A transition by its name, the states it may start from and the one it leads to."""

    name: str
    from_states: frozenset[MarketDayState]
    to_state: MarketDayState


CLOSE = Step("close", frozenset({MarketDayState.OPEN}), MarketDayState.CLOSED)
REOPEN = Step("reopen", frozenset({MarketDayState.CLOSED}), MarketDayState.OPEN)
CLEAR = Step("clear", frozenset({MarketDayState.CLOSED}), MarketDayState.CLEARED)
UNDO_CLEARING = Step("undo_clearing", frozenset({MarketDayState.CLEARED}), MarketDayState.CLOSED)
PLAN = Step("plan", frozenset({MarketDayState.CLEARED}), MarketDayState.PLANNED)
COLLECT = Step("collect", frozenset({MarketDayState.PLANNED}), MarketDayState.COLLECTED)
DELIVER = Step("deliver", frozenset({MarketDayState.COLLECTED}), MarketDayState.DELIVERED)
SETTLE = Step("settle", frozenset({MarketDayState.DELIVERED}), MarketDayState.SETTLED)
CANCEL = Step("cancel", BEFORE_COLLECTION, MarketDayState.CANCELLED)
HOLD_AGAIN = Step("hold_again", frozenset({MarketDayState.CANCELLED}), MarketDayState.OPEN)


def locked_day(session: Session, market_day_id: int) -> MarketDay:
    """Return a market day, kept from other transitions until this transaction ends.

    :raises NotFound: if there is no such day.
    """
    day = session.scalar(
        select(MarketDay)
        .where(MarketDay.id == market_day_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if day is None:
        raise NotFound
    return day


def take_step(
    session: Session,
    *,
    day: MarketDay,
    step: Step,
    key: str,
    person_id: int | None,
    at: datetime,
    figures: Mapping[str, object] | None = None,
) -> bool:
    """Move a locked day to a step's state; return False if this was done before.

    A repeated request (the same key) and a second click (the state is reached already)
    change nothing.

    :raises WrongState: if the day is in a state that the step does not start from.
    """
    if is_recorded(session, key) or day.state is step.to_state:
        return False
    if day.state not in step.from_states:
        raise WrongState
    day.state = step.to_state
    record(
        session,
        day=day,
        name=step.name,
        key=key,
        person_id=person_id,
        at=at,
        figures=figures or {},
    )
    return True


def record(
    session: Session,
    *,
    day: MarketDay,
    name: str,
    key: str,
    person_id: int | None,
    at: datetime,
    figures: Mapping[str, object],
) -> bool:
    """Write down something that was done to a day, once per key; return whether it is new."""
    session.flush()
    new_id = insert_if_new(
        session,
        MarketDayStep,
        {
            "market_day_id": day.id,
            "name": name,
            "key": key,
            "person_id": person_id,
            "at": at,
            "figures": dict(figures),
        },
    )
    return new_id is not None


def steps_of(session: Session, market_day_id: int) -> list[MarketDayStep]:
    """Return what was done to a day, oldest first."""
    return list(
        session.scalars(
            select(MarketDayStep)
            .where(MarketDayStep.market_day_id == market_day_id)
            .order_by(MarketDayStep.id)
        )
    )


def clearing_under_way(session: Session, day: MarketDay) -> MarketDayStep | None:
    """Return the begin of a matching that has not come to its end, if there is one."""
    last = session.scalar(
        select(MarketDayStep)
        .where(
            MarketDayStep.market_day_id == day.id,
            MarketDayStep.name.in_([CLEARING, CLEAR.name, UNDO_CLEARING.name, CANCEL.name]),
        )
        .order_by(MarketDayStep.id.desc())
        .limit(1)
    )
    return last if last is not None and last.name == CLEARING else None


def refuse_brought(session: Session, day: MarketDay, *, village_id: int | None = None) -> None:
    """Refuse to call a day, or one village's part of it, off when goods were brought.

    :raises WrongState: if the day is collected already.
    :raises GoodsBrought: if a village's scale accepted something, or a buyer has it.
    """
    if day.state not in BEFORE_COLLECTION:
        raise WrongState
    accepted = (
        select(Allocation.id)
        .join(Lot, Lot.id == Allocation.lot_id)
        .where(
            Allocation.market_day_id == day.id,
            Allocation.released_at.is_(None),
            or_(
                Allocation.accepted_g > 0,
                Allocation.order_line_id.in_(select(HandOver.order_line_id)),
            ),
        )
        .limit(1)
    )
    if village_id is not None:
        accepted = accepted.where(Lot.village_id == village_id)
    if session.scalar(accepted) is not None:
        raise GoodsBrought


def is_recorded(session: Session, key: str) -> bool:
    """Return whether a request with this key was done before."""
    return session.scalar(select(MarketDayStep.id).where(MarketDayStep.key == key)) is not None
