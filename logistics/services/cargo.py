"""Move the load of a broken truck to another one, lot by lot as its label is read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.errors import N_, BadInput, NotFound, Refusal
from app.models import CargoTransfer, Crop, Lot, Person, Plan, Run, Stop, Vehicle, Weighing
from app.models import WeighingPlace as Place
from logistics.services.readings import current, total_g

# A label carries the lot's number, alone, after letters, or at the end of an address.
_NUMBER = re.compile(r"(\d{1,18})/?$")


class NoCargoStop(Refusal):
    """No other truck was sent for the load."""

    code = "no_cargo_stop"
    message = N_("No truck has been sent for this load yet. Plan it on the board and publish.")


class NotAboard(BadInput):
    """A label of a lot that is not on the broken truck."""

    code = "not_aboard"
    message = N_("No lot of this number is on the truck. Read the label again.")


@dataclass(frozen=True)
class CargoLot:
    """One lot on the broken truck, and whether it has changed over."""

    lot_id: int
    farmer: str
    crop_names: Mapping[str, str]
    quantity_g: int
    moved_at: datetime | None


@dataclass(frozen=True)
class Cargo:
    """The load of a broken truck and the truck that takes it."""

    run_id: int
    plan_id: int
    vehicle: str
    to_run_id: int | None
    to_vehicle: str | None
    to_driver_id: int | None
    lots: Sequence[CargoLot]

    @property
    def left(self) -> int:
        """Return how many lots are still to change over."""
        return sum(lot.moved_at is None for lot in self.lots)


def read_cargo(session: Session, *, run_id: int) -> Cargo:
    """Return what is on a truck, and what of it has changed to another one.

    :raises NotFound: if there is no such run.
    """
    run = session.get(Run, run_id)
    if run is None:
        raise NotFound
    taker = _taker(session, run_id)
    vehicle = session.get_one(Vehicle, run.vehicle_id)
    moved = dict(
        session.execute(
            select(CargoTransfer.lot_id, CargoTransfer.at).where(
                CargoTransfer.from_run_id == run_id
            )
        ).all()
    )
    return Cargo(
        run_id=run.id,
        plan_id=run.plan_id,
        vehicle=vehicle.name,
        to_run_id=None if taker is None else taker.id,
        to_vehicle=None if taker is None else session.get_one(Vehicle, taker.vehicle_id).name,
        to_driver_id=None if taker is None else taker.driver_id,
        lots=[
            CargoLot(lot_id, farmer, names, quantity_g, moved.get(lot_id))
            for lot_id, farmer, names, quantity_g in _aboard(session, run_id)
        ],
    )


def take_over(
    session: Session, *, run_id: int, code: str, person_id: int, at: datetime
) -> CargoTransfer:
    """Note that a lot went from a broken truck to the one sent for it; once per lot.

    With the last lot the stop at the broken truck is done.

    :param code: what the label says: the lot's number, or an address that ends in it.
    :raises NotAboard: if no lot of this number is on the truck.
    :raises NoCargoStop: if no truck was sent for the load.
    :raises NotFound: if there is no such run.
    """
    run = session.get(Run, run_id, with_for_update=True, populate_existing=True)
    if run is None:
        raise NotFound
    taker = _taker(session, run_id)
    if taker is None:
        raise NoCargoStop
    number = _NUMBER.search(code.strip())
    aboard = {lot_id: quantity_g for lot_id, _, _, quantity_g in _aboard(session, run_id)}
    lot_id = 0 if number is None else int(number[1])
    if lot_id not in aboard:
        raise NotAboard(field="code")
    found = session.scalar(
        select(CargoTransfer).where(
            CargoTransfer.from_run_id == run_id, CargoTransfer.lot_id == lot_id
        )
    )
    if found is None:
        plan = session.get_one(Plan, run.plan_id)
        found = CargoTransfer(
            cooperative_id=plan.cooperative_id,
            from_run_id=run_id,
            to_run_id=taker.id,
            lot_id=lot_id,
            quantity_g=aboard[lot_id],
            code=code.strip()[:80],
            person_id=person_id,
            at=at,
        )
        session.add(found)
        session.flush()
    if not read_cargo(session, run_id=run_id).left:
        _finish(session, run, at)
    return found


def _finish(session: Session, run: Run, at: datetime) -> None:
    """Mark the stop at the broken truck done, and the broken truck's run as over."""
    stops = session.scalars(
        select(Stop).where(Stop.takes_over_run_id == run.id, Stop.done_at.is_(None))
    )
    for stop in stops:
        stop.done_at = at
    run.finished_at = run.finished_at or at
    session.flush()


def _taker(session: Session, run_id: int) -> Run | None:
    """Return the run that a stop at the broken truck is on."""
    return session.scalars(
        select(Run)
        .join(Stop, Stop.run_id == Run.id)
        .where(Stop.takes_over_run_id == run_id)
        .order_by(Stop.id.desc())
        .limit(1)
    ).first()


def _aboard(session: Session, run_id: int) -> list[tuple[int, str, Mapping[str, str], int]]:
    """Return the lots that were loaded on a run and what each weighed, by farmer."""
    weighed = (
        current(Place.VILLAGE)
        .with_only_columns(Weighing.lot_id, total_g(Weighing.net_g).label("net_g"))
        .join(Stop, Stop.id == Weighing.stop_id)
        .where(Stop.run_id == run_id)
        .group_by(Weighing.lot_id)
        .subquery()
    )
    rows = session.execute(
        select(Lot.id, Person.name, Crop.names, weighed.c.net_g)
        .join(weighed, weighed.c.lot_id == Lot.id)
        .join(Person, Person.id == Lot.farmer_id)
        .join(Crop, Crop.id == Lot.crop_id)
        .where(weighed.c.net_g > 0)
        .order_by(Person.name, Lot.id)
    )
    return [(lot_id, farmer, names, net_g) for lot_id, farmer, names, net_g in rows]
