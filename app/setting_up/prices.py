"""Fees and freight prices: published from a day on, never changed for the past."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import freight
from app.kernel.clock import instant, local
from app.kernel.errors import N_, BadInput
from app.models import Cooperative, Fee, FreightTariff, PickupPoint, Village
from app.setting_up import own

BY_HAND = "manager"


class InThePast(BadInput):
    """A price for days that are over."""

    code = "setup_in_the_past"
    message = N_("Choose today or a later day: what is over keeps its prices.")


class EndsBeforeStart(BadInput):
    """A fee that ends before it begins."""

    code = "setup_ends_before_start"
    message = N_("The last day must not be before the first.")


@dataclass(frozen=True)
class TariffRow:
    """The price of a village to one pickup point, with where it came from."""

    village: Village
    price_minor: int | None
    source: str
    valid_from_at: datetime | None
    next_price_minor: int | None
    next_from_at: datetime | None


def fees(session: Session, *, cooperative_id: int) -> list[Fee]:
    """Return all fees, the latest start first."""
    return list(
        session.scalars(
            select(Fee)
            .where(Fee.cooperative_id == cooperative_id)
            .order_by(Fee.starts_on.desc(), Fee.id.desc())
        )
    )


def add_fee(
    session: Session,
    *,
    cooperative_id: int,
    name: str,
    price_minor: int,
    starts_on: date,
    ends_on: date | None,
    at: datetime,
) -> Fee:
    """Publish a fee per kg from a day on.

    :raises InThePast: if it would start before today.
    :raises EndsBeforeStart: if it would end before it starts.
    """
    if starts_on < _today(session, cooperative_id, at):
        raise InThePast(field="starts_on")
    if ends_on is not None and ends_on < starts_on:
        raise EndsBeforeStart(field="ends_on")
    fee = Fee(
        cooperative_id=cooperative_id,
        name=name,
        price_minor=price_minor,
        starts_on=starts_on,
        ends_on=ends_on,
    )
    session.add(fee)
    session.flush()
    return fee


def end_fee(
    session: Session, *, fee_id: int, cooperative_id: int, ends_on: date, at: datetime
) -> None:
    """Give a fee its last day.

    :raises NotFound: if the cooperative has no such fee.
    :raises InThePast: if the day is over.
    :raises EndsBeforeStart: if the fee starts later than that.
    """
    fee = own.row(session, Fee, fee_id, cooperative_id=cooperative_id)
    if ends_on < _today(session, cooperative_id, at):
        raise InThePast(field="ends_on")
    if ends_on < fee.starts_on:
        raise EndsBeforeStart(field="ends_on")
    fee.ends_on = ends_on
    session.flush()


def tariff_rows(
    session: Session, *, cooperative_id: int, pickup_point_id: int, at: datetime
) -> list[TariffRow]:
    """Return what each village in use pays per kg to a pickup point, by village name.

    :raises NotFound: if the cooperative has no such point.
    """
    own.row(session, PickupPoint, pickup_point_id, cooperative_id=cooperative_id)
    villages = session.scalars(
        select(Village)
        .where(Village.cooperative_id == cooperative_id, Village.retired_at.is_(None))
        .order_by(Village.name, Village.id)
    ).all()
    now: dict[int, FreightTariff] = {}
    later: dict[int, FreightTariff] = {}
    for tariff in session.scalars(
        select(FreightTariff)
        .where(FreightTariff.pickup_point_id == pickup_point_id)
        .order_by(FreightTariff.valid_from_at, FreightTariff.id)
    ):
        if tariff.valid_from_at <= at:
            now[tariff.village_id] = tariff
        else:
            later.setdefault(tariff.village_id, tariff)
    return [_row(village, now.get(village.id), later.get(village.id)) for village in villages]


def set_tariff(
    session: Session,
    *,
    cooperative_id: int,
    village_id: int,
    pickup_point_id: int,
    price_minor: int,
    from_on: date,
    at: datetime,
) -> None:
    """Publish one freight price by hand from a day on; a price not yet in force is replaced.

    :raises NotFound: if the village or point is not of this cooperative.
    :raises InThePast: if the day is over.
    """
    own.row(session, Village, village_id, cooperative_id=cooperative_id)
    own.row(session, PickupPoint, pickup_point_id, cooperative_id=cooperative_id)
    today = _today(session, cooperative_id, at)
    if from_on < today:
        raise InThePast(field="from_on")
    zone = session.get_one(Cooperative, cooperative_id).time_zone
    valid_from_at = at if from_on == today else instant(from_on, time.min, zone)
    coming = session.scalar(
        select(FreightTariff).where(
            FreightTariff.village_id == village_id,
            FreightTariff.pickup_point_id == pickup_point_id,
            FreightTariff.valid_from_at == valid_from_at,
        )
    )
    if coming is not None:
        coming.price_minor, coming.source = price_minor, BY_HAND
        session.flush()
        return
    freight.set_tariff(
        session,
        cooperative_id=cooperative_id,
        village_id=village_id,
        pickup_point_id=pickup_point_id,
        price_minor=price_minor,
        source=BY_HAND,
        at=valid_from_at,
    )


def missing_tariffs(session: Session, *, cooperative_id: int, at: datetime) -> int:
    """Return how many pairs of a village and a pickup point have no price yet."""
    known = freight.tariffs(session, cooperative_id=cooperative_id, at=at)
    villages = session.scalars(
        select(Village.id).where(
            Village.cooperative_id == cooperative_id, Village.retired_at.is_(None)
        )
    ).all()
    points = session.scalars(
        select(PickupPoint.id).where(
            PickupPoint.cooperative_id == cooperative_id, PickupPoint.retired_at.is_(None)
        )
    ).all()
    return sum((village, point) not in known for village in villages for point in points)


def _row(village: Village, now: FreightTariff | None, later: FreightTariff | None) -> TariffRow:
    return TariffRow(
        village=village,
        price_minor=None if now is None else now.price_minor,
        source="" if now is None else now.source,
        valid_from_at=None if now is None else now.valid_from_at,
        next_price_minor=None if later is None else later.price_minor,
        next_from_at=None if later is None else later.valid_from_at,
    )


def _today(session: Session, cooperative_id: int, at: datetime) -> date:
    return local(at, session.get_one(Cooperative, cooperative_id).time_zone).date()
