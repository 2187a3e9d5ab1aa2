"""Promise a standing supply, pause it, take it up again, withdraw it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.clock import local
from app.kernel.errors import N_, BadInput, NotFound, Refusal
from app.models import CalendarRule, Cooperative, Crop, Grade, SupplyPromise
from farmers.services import changing_promises, promised_days
from farmers.services.assisting import own_farm
from farmers.services.harvests import MOST_PER_LOT_G
from farmers.services.refusals import CropNotTraded, QuantityOutOfRange

LONGEST_SEASON = timedelta(days=366)


class NoWeekday(BadInput):
    """A promise for no market day at all."""

    code = "promise_without_weekday"
    message = N_("Choose at least one market day of the week.")


class SeasonUpsideDown(BadInput):
    """It would end before it begins."""

    code = "season_upside_down"
    message = N_("The last day must not be before the first.")


class SeasonOver(BadInput):
    """The last day has passed already."""

    code = "season_over"
    message = N_("The last day is over. Choose a later one.")


class SeasonTooLong(BadInput):
    """Nobody knows a harvest further ahead than a year."""

    code = "season_too_long"
    message = N_("Promise for one year at most.")


class PromiseKeyReused(Refusal):
    """A key that stands for one promise came with another."""

    code = "promise_key_reused"
    message = N_("This form was already sent with other figures. Start a new promise.")


@dataclass(frozen=True)
class Promised:
    """What a farmer promises; quantities in grams, the ask in minor units per kg, net."""

    crop_id: int
    grade: Grade
    weekly_g: int
    unit_code: str
    unit_grams: int
    ask_minor: int
    weekdays: tuple[int, ...]
    keeps_days: int
    starts_on: date
    ends_on: date


def market_weekdays(session: Session, *, cooperative_id: int) -> list[int]:
    """Return the weekdays on which the cooperative holds its market, 0 for Monday."""
    return list(
        session.scalars(
            select(CalendarRule.weekday)
            .where(CalendarRule.cooperative_id == cooperative_id)
            .order_by(CalendarRule.weekday)
        )
    )


def promise(
    session: Session,
    *,
    cooperative_id: int,
    farmer_id: int,
    promised: Promised,
    key: str,
    at: datetime,
) -> SupplyPromise:
    """Keep a promise and list what it means for the coming days; once per farmer and key.

    :raises PromiseKeyReused: if the key stands for another promise.
    :raises BadInput: a subclass names the field that cannot be used.
    :raises NoVillage: if the person does not farm in the cooperative.
    """
    known = session.scalar(
        select(SupplyPromise).where(SupplyPromise.farmer_id == farmer_id, SupplyPromise.key == key)
    )
    if known is not None:
        if _as_promised(known) != promised:
            raise PromiseKeyReused
        return known
    _check(session, cooperative_id, promised, at)
    farm = own_farm(session, person_id=farmer_id, cooperative_id=cooperative_id)
    made = SupplyPromise(
        cooperative_id=cooperative_id,
        farmer_id=farmer_id,
        village_id=farm.village_id,
        crop_id=promised.crop_id,
        grade=promised.grade,
        weekly_g=promised.weekly_g,
        unit_code=promised.unit_code,
        unit_grams=promised.unit_grams,
        ask_minor=promised.ask_minor,
        weekdays=list(promised.weekdays),
        keeps_days=promised.keeps_days,
        starts_on=promised.starts_on,
        ends_on=promised.ends_on,
        key=key,
        promised_at=at,
    )
    session.add(made)
    session.flush()
    promised_days.make_lots(session, cooperative_id=cooperative_id, at=at, only_id=made.id)
    return made


def pause(session: Session, *, promise_id: int, farmer_id: int, at: datetime) -> int:
    """Rest a promise and take back its unsold lots; return how many are sold and stay."""
    found = promised_days.locked(session, promise_id=promise_id, farmer_id=farmer_id)
    found.paused_at = found.paused_at or at
    return changing_promises.take_back(session, promise=found, at=at)


def resume(session: Session, *, promise_id: int, farmer_id: int, at: datetime) -> None:
    """Take a promise up again; the coming days are listed at once.

    :raises NotFound: if it was withdrawn for good.
    """
    found = promised_days.locked(session, promise_id=promise_id, farmer_id=farmer_id)
    if found.withdrawn_at is not None:
        raise NotFound
    found.paused_at = None
    session.flush()
    promised_days.make_lots(session, cooperative_id=found.cooperative_id, at=at, only_id=found.id)


def withdraw(session: Session, *, promise_id: int, farmer_id: int, at: datetime) -> int:
    """End a promise and take back its unsold lots; return how many are sold and stay."""
    found = promised_days.locked(session, promise_id=promise_id, farmer_id=farmer_id)
    found.withdrawn_at = found.withdrawn_at or at
    return changing_promises.take_back(session, promise=found, at=at)


def _check(session: Session, cooperative_id: int, promised: Promised, at: datetime) -> None:
    cooperative = session.get_one(Cooperative, cooperative_id)
    today = local(at, cooperative.time_zone).date()
    crop = session.get(Crop, promised.crop_id)
    known = set(market_weekdays(session, cooperative_id=cooperative_id))
    faults: tuple[tuple[bool, Callable[[], BadInput]], ...] = (
        (
            not 0 < promised.weekly_g <= MOST_PER_LOT_G,
            lambda: QuantityOutOfRange(field="quantity"),
        ),
        (
            crop is None or crop.cooperative_id != cooperative_id or not crop.is_traded,
            lambda: CropNotTraded(field="crop"),
        ),
        (
            not promised.weekdays or not set(promised.weekdays) <= known,
            lambda: NoWeekday(field="weekdays"),
        ),
        (
            promised.ends_on < promised.starts_on,
            lambda: SeasonUpsideDown(field="ready_until"),
        ),
        (promised.ends_on < today, lambda: SeasonOver(field="ready_until")),
        (
            promised.ends_on - promised.starts_on > LONGEST_SEASON,
            lambda: SeasonTooLong(field="ready_until"),
        ),
    )
    for is_wrong, refusal in faults:
        if is_wrong:
            raise refusal()


def _as_promised(row: SupplyPromise) -> Promised:
    return Promised(
        crop_id=row.crop_id,
        grade=row.grade,
        weekly_g=row.weekly_g,
        unit_code=row.unit_code,
        unit_grams=row.unit_grams,
        ask_minor=row.ask_minor,
        weekdays=tuple(row.weekdays),
        keeps_days=row.keeps_days,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
    )
