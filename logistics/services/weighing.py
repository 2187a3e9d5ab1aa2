"""Weigh a lot in at its village: what the scale shows, and what of it is accepted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel.errors import N_, BadInput, NotFound, Refusal
from app.ledger.settlement import settle_day
from app.models import (
    MarketDay,
    MarketDayState,
    Plan,
    Run,
    Stop,
    StopLot,
    VillagePostponement,
    Weighing,
    WeighingOutcome,
    WeighingPlace,
)
from logistics.services.accepting import accept
from logistics.services.readings import current

# A scale that shows ten times the expected weight was misread: a dot was missed.
_MISREAD = 10
_NOTHING_LOADED = (WeighingOutcome.ABSENT, WeighingOutcome.REFUSED)


class WeightMissing(BadInput):
    """Something was loaded and no weight is given."""

    code = "village_weight_missing"
    message = N_("Write the weight. If nothing was loaded, choose absent or refused.")


class TareTooHeavy(BadInput):
    """The crates weigh more than all together."""

    code = "tare_too_heavy"
    message = N_("The crates cannot weigh more than crates and goods together.")


class WeightMisread(BadInput):
    """The weight is far from what was to be loaded."""

    code = "weight_misread"
    message = N_("This is more than ten times what was expected. Look at the unit and the dot.")


class ReasonNeeded(BadInput):
    """What was refused, or lost on the way, needs a word why."""

    code = "reason_needed"
    message = N_("Write the reason.")


class StopNotDriven(Refusal):
    """The stop belongs to a plan that is not published, or not any more."""

    code = "stop_not_driven"
    message = N_("This stop is not part of the published routes any more. Open your runs again.")


class StopDropped(Refusal):
    """The truck does not come to a village that was postponed."""

    code = "stop_dropped"
    message = N_("This village is postponed. Load nothing here; its lots wait for another day.")


class DayClosed(Refusal):
    """The market day takes no weights any more."""

    code = "day_closed"
    message = N_("This market day is cancelled, so weights cannot change any more.")


class WeighingKeyReused(Refusal):
    """A key came again with another weight."""

    code = "weighing_key_reused"
    message = N_("This weight was already sent with another figure. Open the stop again.")


@dataclass(frozen=True)
class Scale:
    """What a scale showed: gross with crates, tare of the crates, in grams.

    :raises TareTooHeavy: if the tare exceeds the gross weight.
    """

    gross_g: int
    tare_g: int = 0

    def __post_init__(self) -> None:
        if self.gross_g < 0 or self.tare_g < 0:
            raise BadInput(field="weight")
        if self.tare_g > self.gross_g:
            raise TareTooHeavy(field="tare")

    @property
    def net_g(self) -> int:
        """Return the grams of goods alone."""
        return self.gross_g - self.tare_g


def weigh_in(
    session: Session,
    *,
    stop_id: int,
    lot_id: int,
    outcome: WeighingOutcome,
    gross_g: int,
    tare_g: int = 0,
    reason: str = "",
    person_id: int,
    key: str,
    at: datetime,
) -> Weighing:
    """Record what a stop's scale showed for a lot; accept up to what was allocated.

    The same key is one reading for ever. Another key for the same lot and stop is a
    correction: a row of its own that counters the earlier one. What is loaded below
    the planned quantity is short, whatever the driver called it. Once all stops of a
    lot are weighed, the accepted weight is shared over its buyers.

    :param outcome: loaded, short, absent or refused; the last two weigh nothing.
    :raises NotFound: if the stop is not there, or does not load this lot.
    :raises StopNotDriven: if the stop's plan is not published, or was replaced.
    :raises StopDropped: if the village was postponed.
    :raises DayClosed: if the market day is cancelled.
    :raises BadInput: a subclass names the field that cannot be used.
    """
    scale = Scale(0) if outcome in _NOTHING_LOADED else Scale(gross_g, tare_g)
    loaded = _stop_lot(session, stop_id, lot_id)
    stop, plan = _stop_and_plan(session, stop_id)
    day = lock_day(session, plan.market_day_id)
    known = session.scalar(select(Weighing).where(Weighing.key == key))
    if known is not None:
        if (known.stop_id, known.lot_id, known.net_g) != (stop_id, lot_id, scale.net_g):
            raise WeighingKeyReused
        return known
    _refuse_not_driven(session, stop, plan, day)
    _check_reading(outcome, scale, loaded.quantity_g, reason)
    reading = Weighing(
        cooperative_id=day.cooperative_id,
        market_day_id=day.id,
        lot_id=lot_id,
        stop_id=stop_id,
        place=WeighingPlace.VILLAGE,
        outcome=_outcome(outcome, scale.net_g, loaded.quantity_g),
        gross_g=scale.gross_g,
        tare_g=scale.tare_g,
        net_g=scale.net_g,
        reason=reason,
        counters_id=_last_id(session, stop_id, lot_id),
        person_id=person_id,
        key=key,
        at=at,
    )
    session.add(reading)
    session.flush()
    _mark_done(session, stop, at)
    _accept(session, day, lot_id, at)
    return reading


def _accept(session: Session, day: MarketDay, lot_id: int, at: datetime) -> None:
    is_over = day.state not in (MarketDayState.CLEARED, MarketDayState.PLANNED)
    accept(session, market_day_id=day.id, lot_id=lot_id, at=at, is_over=is_over)
    if day.state is MarketDayState.SETTLED:
        # A late weighing becomes a counter-entry and a new one.
        settle_day(session, cooperative_id=day.cooperative_id, market_day_id=day.id, at=at)


def _stop_lot(session: Session, stop_id: int, lot_id: int) -> StopLot:
    loaded = session.get(StopLot, (stop_id, lot_id))
    if loaded is None:
        raise NotFound
    return loaded


def _stop_and_plan(session: Session, stop_id: int) -> tuple[Stop, Plan]:
    return session.execute(
        select(Stop, Plan)
        .join(Run, Run.id == Stop.run_id)
        .join(Plan, Plan.id == Run.plan_id)
        .where(Stop.id == stop_id)
    ).one()


def lock_day(session: Session, market_day_id: int) -> MarketDay:
    """Return a market day, locked: readings of one day come one after the other.

    Without it two sendings of one key would both find no row, and two readings of one
    lot would both counter the same earlier one.
    """
    return session.get_one(MarketDay, market_day_id, with_for_update=True, populate_existing=True)


def refuse_closed(day: MarketDay) -> None:
    """Refuse weights for a day that is cancelled.

    :raises DayClosed: if so.
    """
    if day.state is MarketDayState.CANCELLED:
        raise DayClosed


def _refuse_not_driven(session: Session, stop: Stop, plan: Plan, day: MarketDay) -> None:
    refuse_closed(day)
    if plan.published_at is None or plan.replaced_at is not None:
        raise StopNotDriven
    postponed = select(VillagePostponement.id).where(
        VillagePostponement.market_day_id == day.id,
        VillagePostponement.village_id == stop.village_id,
    )
    if session.scalar(postponed) is not None:
        raise StopDropped


def _check_reading(outcome: WeighingOutcome, scale: Scale, planned_g: int, reason: str) -> None:
    if outcome is WeighingOutcome.RECEIVED:
        raise BadInput(field="outcome")
    if outcome is WeighingOutcome.REFUSED and not reason.strip():
        raise ReasonNeeded(field="reason")
    if outcome not in _NOTHING_LOADED and scale.net_g == 0:
        raise WeightMissing(field="weight")
    if scale.net_g > _MISREAD * planned_g:
        raise WeightMisread(field="weight")


def _outcome(said: WeighingOutcome, net_g: int, planned_g: int) -> WeighingOutcome:
    if said in _NOTHING_LOADED:
        return said
    return WeighingOutcome.SHORT if net_g < planned_g else WeighingOutcome.LOADED


def _last_id(session: Session, stop_id: int, lot_id: int) -> int | None:
    return session.scalar(
        current(WeighingPlace.VILLAGE)
        .with_only_columns(Weighing.id)
        .where(Weighing.stop_id == stop_id, Weighing.lot_id == lot_id)
    )


def _mark_done(session: Session, stop: Stop, at: datetime) -> None:
    """Note when the last lot of a stop was weighed, and that its run is under way."""
    run = session.get_one(Run, stop.run_id)
    run.started_at = run.started_at or at
    weighed = current(WeighingPlace.VILLAGE).with_only_columns(Weighing.lot_id)
    waiting = session.scalar(
        select(func.count())
        .select_from(StopLot)
        .where(
            StopLot.stop_id == stop.id,
            StopLot.lot_id.not_in(weighed.where(Weighing.stop_id == stop.id)),
        )
    )
    if not waiting:
        stop.done_at = stop.done_at or at
    session.flush()
