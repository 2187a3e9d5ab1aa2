"""Read runs with their stops, lots and weights: a fixed number of queries for any number."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.errors import NotFound
from app.models import (
    Crop,
    Hub,
    Lot,
    MarketDay,
    Person,
    Plan,
    Run,
    Stop,
    StopLot,
    Vehicle,
    Village,
    VillagePostponement,
    VillageRoute,
    WeighingPlace,
)
from logistics.services.batching import position_of
from logistics.services.readings import current
from logistics.services.views import LotView, RunView, StopView


def read_run(session: Session, *, run_id: int) -> RunView:
    """Return one run as its sheet shows it.

    :raises NotFound: if there is no such run.
    """
    runs = read_runs(session, run_ids=[run_id])
    if not runs:
        raise NotFound
    return runs[0]


def read_runs(session: Session, *, run_ids: Sequence[int]) -> list[RunView]:
    """Return runs with their stops and lots, by start time."""
    stops = read_stops(session, run_ids=run_ids)
    rows = session.execute(
        select(Run, Plan, MarketDay.on, Hub, Vehicle, Person, VillageRoute.name)
        .join(Plan, Plan.id == Run.plan_id)
        .join(MarketDay, MarketDay.id == Plan.market_day_id)
        .join(Hub, Hub.id == Plan.hub_id)
        .join(Vehicle, Vehicle.id == Run.vehicle_id)
        .outerjoin(Person, Person.id == Run.driver_id)
        .outerjoin(VillageRoute, VillageRoute.id == Run.village_route_id)
        .where(Run.id.in_(run_ids))
        .order_by(Run.starts_at, Run.id)
    )
    return [
        RunView(
            run_id=run.id,
            plan_id=plan.id,
            market_day_id=plan.market_day_id,
            on=on,
            hub=hub.called,
            hub_where=position_of(hub),
            vehicle_id=vehicle.id,
            vehicle=vehicle.name,
            plate=vehicle.plate,
            capacity_g=vehicle.capacity_g,
            driver_id=run.driver_id,
            driver=driver.name if driver else None,
            driver_phone=driver.phone if driver else None,
            village_route=route,
            starts_at=run.starts_at,
            ends_at=run.ends_at,
            distance_m=run.distance_m,
            duration_s=run.duration_s,
            load_g=run.load_g,
            cost_minor=run.cost_minor,
            started_at=run.started_at,
            finished_at=run.finished_at,
            broken_at=run.broken_at,
            driven_m=run.driven_m,
            stops=tuple(stop for stop in stops if stop.run_id == run.id),
        )
        for run, plan, on, hub, vehicle, driver, route in rows
    ]


def read_stop(session: Session, *, stop_id: int) -> StopView:
    """Return one stop with its lots.

    :raises NotFound: if there is no such stop.
    """
    run_id = session.scalar(select(Stop.run_id).where(Stop.id == stop_id))
    stops = [] if run_id is None else read_stops(session, run_ids=[run_id])
    for stop in stops:
        if stop.stop_id == stop_id:
            return stop
    raise NotFound


def read_stops(session: Session, *, run_ids: Sequence[int]) -> list[StopView]:
    """Return the village stops of runs with their lots, by run and position."""
    lots = _lots(session, run_ids)
    rows = session.execute(
        select(Stop, Village, VillagePostponement.id)
        .join(Village, Village.id == Stop.village_id)
        .join(Run, Run.id == Stop.run_id)
        .join(Plan, Plan.id == Run.plan_id)
        .outerjoin(
            VillagePostponement,
            (VillagePostponement.market_day_id == Plan.market_day_id)
            & (VillagePostponement.village_id == Village.id),
        )
        .where(Stop.run_id.in_(run_ids))
        .order_by(Stop.run_id, Stop.position)
    )
    return [
        StopView(
            stop_id=stop.id,
            run_id=stop.run_id,
            position=stop.position,
            village_id=village.id,
            village=village.called,
            local_name=village.local_name,
            gathering_point=village.gathering_point,
            where=position_of(village),
            arrives_at=stop.arrives_at,
            departs_at=stop.departs_at,
            load_g=stop.load_g,
            distance_m=stop.distance_m,
            done_at=stop.done_at,
            takes_over_run_id=stop.takes_over_run_id,
            is_postponed=postponement_id is not None,
            lots=tuple(lots.get(stop.id, ())),
        )
        for stop, village, postponement_id in rows
    ]


def stops_of_village(session: Session, *, village_id: int, market_day_id: int) -> list[StopView]:
    """Return a village's published stops of a market day, by arrival."""
    run_ids = session.scalars(
        select(Run.id)
        .join(Plan, Plan.id == Run.plan_id)
        .join(Stop, Stop.run_id == Run.id)
        .where(
            Stop.village_id == village_id,
            Plan.market_day_id == market_day_id,
            Plan.published_at.is_not(None),
            Plan.replaced_at.is_(None),
        )
    ).all()
    stops = [stop for stop in read_stops(session, run_ids=run_ids) if stop.village_id == village_id]
    return sorted(stops, key=lambda stop: (stop.arrives_at, stop.stop_id))


def _lots(session: Session, run_ids: Sequence[int]) -> dict[int, list[LotView]]:
    weighed = current(WeighingPlace.VILLAGE).subquery()
    again = select(Lot.surplus_of_id).where(Lot.key.startswith("surplus:")).subquery()
    rows = session.execute(
        select(StopLot, Lot, Person, Crop, weighed.c.net_g, weighed.c.outcome, weighed.c.reason)
        .add_columns(again.c.surplus_of_id)
        .join(Stop, Stop.id == StopLot.stop_id)
        .join(Lot, Lot.id == StopLot.lot_id)
        .join(Person, Person.id == Lot.farmer_id)
        .join(Crop, Crop.id == Lot.crop_id)
        .outerjoin(
            weighed, (weighed.c.stop_id == StopLot.stop_id) & (weighed.c.lot_id == StopLot.lot_id)
        )
        .outerjoin(again, again.c.surplus_of_id == Lot.id)
        .where(Stop.run_id.in_(run_ids))
        .order_by(StopLot.stop_id, Person.name, StopLot.lot_id)
    )
    found: dict[int, list[LotView]] = {}
    for loaded, lot, farmer, crop, net_g, outcome, reason, again in rows:
        view = LotView(
            lot_id=lot.id,
            farmer_id=farmer.id,
            farmer=farmer.name,
            phone=farmer.phone,
            crop_names=crop.names,
            emoji=crop.emoji,
            grade=lot.grade,
            unit_code=lot.unit_code,
            unit_grams=lot.unit_grams,
            quantity_g=loaded.quantity_g,
            offered_g=lot.quantity_g,
            is_offered_again=again is not None,
            weighed_g=net_g,
            outcome=outcome,
            reason=reason or "",
        )
        found.setdefault(loaded.stop_id, []).append(view)
    return found
