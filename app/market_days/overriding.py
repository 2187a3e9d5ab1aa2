"""The manager's decisions about pairs: made before a clearing, never edits of a result."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.kernel.errors import N_, BadInput, NotFound
from app.market_days import steps
from app.market_days.steps import WrongState
from app.matching import engine
from app.matching.looking_ahead import preview_problem
from app.matching.overrides import overridden, standing
from app.models import (
    LineKind,
    LineState,
    Lot,
    MarketDay,
    MarketDayState,
    Order,
    OrderLine,
    OverrideKind,
    PairOverride,
)

_BEFORE_RESULT = (MarketDayState.OPEN, MarketDayState.CLOSED)
MOST_G = 50_000_000


class NotOfOneCrop(BadInput):
    """The lot is of another crop or day than the request."""

    code = "override_not_of_one_crop"
    message = N_("The lot and the request must be of the same crop and market day.")


class PinNeedsQuantity(BadInput):
    """A pin says how much is given."""

    code = "override_needs_quantity"
    message = N_("Say how much of the lot the request is to get.")


@dataclass(frozen=True)
class Pair:
    """A lot and a request, or a farmer and a buyer; the other two are None."""

    lot_id: int | None = None
    order_line_id: int | None = None
    farmer_id: int | None = None
    buyer_id: int | None = None


@dataclass(frozen=True)
class Decision:
    """What a manager decides about a pair, and why; ``quantity_g`` for a pin alone."""

    kind: OverrideKind
    pair: Pair
    quantity_g: int | None
    reason: str


@dataclass(frozen=True)
class Cost:
    """What all trades are worth with every decision, and without one or all of them.

    Amounts in minor units. ``without_minor``: by the decision's id, without that one.
    """

    with_minor: int
    bare_minor: int
    without_minor: dict[int, int]

    def of(self, override_id: int) -> int:
        """Return what one decision costs while the others stand."""
        return self.without_minor[override_id] - self.with_minor


def decide(
    session: Session,
    *,
    market_day_id: int,
    crop_id: int,
    decision: Decision,
    person_id: int,
    at: datetime,
) -> PairOverride:
    """Write a decision down; every later clearing of the day takes it as an input.

    :raises WrongState: if the day is matched already, or is being matched.
    :raises NotFound: if the lot, the request, the farmer or the buyer is not of the day.
    :raises NotOfOneCrop, PinNeedsQuantity: as their names say.
    """
    day = _undecided(session, market_day_id)
    _check(session, day, crop_id, decision)
    row = PairOverride(
        cooperative_id=day.cooperative_id,
        market_day_id=day.id,
        crop_id=crop_id,
        kind=decision.kind,
        lot_id=decision.pair.lot_id,
        order_line_id=decision.pair.order_line_id,
        farmer_id=decision.pair.farmer_id,
        buyer_id=decision.pair.buyer_id,
        quantity_g=decision.quantity_g,
        reason=decision.reason,
        person_id=person_id,
        made_at=at,
    )
    session.add(row)
    session.flush()
    return row


def take_back(
    session: Session, *, market_day_id: int, override_id: int, person_id: int, at: datetime
) -> None:
    """End a decision; it stays in the list with who ended it. Twice changes nothing.

    :raises NotFound: if the day has no such decision.
    :raises WrongState: if the day is matched already, or is being matched.
    """
    row = session.get(PairOverride, override_id)
    if row is None or row.market_day_id != market_day_id:
        raise NotFound
    if row.removed_at is not None:
        return
    _undecided(session, market_day_id)
    row.removed_at = at
    row.removed_by_id = person_id
    session.flush()


def cost(session: Session, *, market_day_id: int, crop_id: int) -> Cost | None:
    """Return what a crop's decisions cost if the market were matched now, or None of none.

    :raises TooManyToPreview: if it could take longer than a page may wait.
    :raises PinImpossible: if a pinned pair cannot trade.
    """
    decisions = standing(session, market_day_id=market_day_id, crop_id=crop_id)
    if not decisions:
        return None
    bare = preview_problem(
        session, market_day_id=market_day_id, crop_id=crop_id, with_overrides=False
    )
    without = {
        one.id: _value_minor(overridden(bare, [kept for kept in decisions if kept is not one]))
        for one in decisions
    }
    return Cost(_value_minor(overridden(bare, decisions)), _value_minor(bare), without)


def _value_minor(problem: engine.Problem) -> int:
    return engine.clear(problem).verdict.value // 1000


def _undecided(session: Session, market_day_id: int) -> MarketDay:
    """Return the locked day, if nothing was matched on it yet.

    A matching that stopped at a refusal may be put right; one that runs may not be
    moved under its feet, so its jobs compare their input again before they apply.
    """
    day = steps.locked_day(session, market_day_id)
    if day.state not in _BEFORE_RESULT:
        raise WrongState
    return day


def _check(session: Session, day: MarketDay, crop_id: int, decision: Decision) -> None:
    pair = decision.pair
    if decision.kind is OverrideKind.PIN and not 0 < (decision.quantity_g or 0) <= MOST_G:
        raise PinNeedsQuantity(field="quantity")
    if pair.lot_id is not None:
        lot = session.get(Lot, pair.lot_id)
        if lot is None or lot.market_day_id != day.id:
            raise NotFound(field="lot")
        line = session.execute(
            select(OrderLine.crop_id)
            .join(Order, Order.id == OrderLine.order_id)
            .where(*_waiting(day), OrderLine.id == pair.order_line_id)
        ).one_or_none()
        if line is None:
            raise NotFound(field="order_line")
        if not lot.crop_id == line.crop_id == crop_id:
            raise NotOfOneCrop(field="order_line")
        return
    farms = select(Lot.id).where(
        Lot.market_day_id == day.id, Lot.crop_id == crop_id, Lot.farmer_id == pair.farmer_id
    )
    if session.scalar(farms.limit(1)) is None:
        raise NotFound(field="farmer")
    buys = (
        select(OrderLine.id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(*_waiting(day), OrderLine.crop_id == crop_id, Order.buyer_id == pair.buyer_id)
    )
    if session.scalar(buys.limit(1)) is None:
        raise NotFound(field="buyer")


def _waiting(day: MarketDay) -> tuple[ColumnElement[bool], ...]:
    return (
        Order.market_day_id == day.id,
        OrderLine.kind == LineKind.REQUEST,
        OrderLine.state == LineState.WAITING,
    )
