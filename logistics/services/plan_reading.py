"""Read a plan as its page shows it, and what the hub is to receive of it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Subquery, func, select
from sqlalchemy.orm import Session

from app.kernel.errors import NotFound
from app.models import (
    CargoTransfer,
    Cooperative,
    Crop,
    Hub,
    LineHaul,
    LineHaulTrip,
    Lot,
    MarketDay,
    Person,
    Plan,
    PlanKind,
    Run,
    Stop,
    StopLot,
    UnplannedStop,
    Vehicle,
    Village,
    Weighing,
    WeighingPlace,
)
from logistics.services.batching import batches, position_of
from logistics.services.hub_weighing import is_beyond
from logistics.services.readings import current, total_g
from logistics.services.run_reading import read_runs
from logistics.services.views import HubLot, OverView, PlanView, TripView, UnplannedView


def newest_plans(session: Session, *, market_day_id: int) -> Sequence[Plan]:
    """Return each hub's newest collection plan that holds, by hub.

    A plan that waits to be published comes before the published one it would replace.
    """
    plans = session.scalars(
        select(Plan)
        .where(
            Plan.market_day_id == market_day_id,
            Plan.kind == PlanKind.COLLECTION,
            Plan.replaced_at.is_(None),
        )
        .order_by(Plan.hub_id, Plan.id)
    )
    newest = {plan.hub_id: plan for plan in plans}
    return list(newest.values())


def read_plan(session: Session, *, plan_id: int) -> PlanView:
    """Return a plan with its runs, what it leaves out, and its line haul.

    :raises NotFound: if there is no such plan.
    """
    plan = session.get(Plan, plan_id)
    if plan is None:
        raise NotFound
    day = session.get_one(MarketDay, plan.market_day_id)
    hub = session.get_one(Hub, plan.hub_id)
    run_ids = session.scalars(select(Run.id).where(Run.plan_id == plan_id)).all()
    runs = tuple(read_runs(session, run_ids=run_ids))
    return PlanView(
        plan_id=plan.id,
        market_day_id=day.id,
        on=day.on,
        hub_id=hub.id,
        hub=hub.called,
        hub_where=position_of(hub),
        planned_at=plan.planned_at,
        published_at=plan.published_at,
        replaced_at=plan.replaced_at,
        is_estimate=plan.is_estimate,
        source=str(plan.figures.get("source", "")),
        is_stale=_is_stale(session, plan),
        is_driven=any(run.started_at is not None for run in runs),
        runs=runs,
        unplanned=read_left_out(session, plan_id=plan.id),
        trips=_trips(session, plan, day),
        over=_over(session, plan),
    )


def read_left_out(session: Session, *, plan_id: int) -> tuple[UnplannedView, ...]:
    """Return the villages that no run of a plan visits, the largest load first."""
    rows = session.execute(
        select(UnplannedStop, Village)
        .join(Village, Village.id == UnplannedStop.village_id)
        .where(UnplannedStop.plan_id == plan_id)
        .order_by(UnplannedStop.quantity_g.desc(), UnplannedStop.id)
    )
    return tuple(
        UnplannedView(
            village_id=village.id,
            village=village.called,
            local_name=village.local_name,
            where=position_of(village),
            quantity_g=stop.quantity_g,
            code=stop.code,
            figures=stop.figures,
        )
        for stop, village in rows
    )


def receiving_list(session: Session, *, market_day_id: int, hub_id: int) -> list[HubLot]:
    """Return the lots that published runs bring to a hub, truck by truck."""
    day = session.get_one(MarketDay, market_day_id)
    cooperative = session.get_one(Cooperative, day.cooperative_id)
    planned = _planned(market_day_id, hub_id)
    at_village = _weighed(market_day_id, WeighingPlace.VILLAGE)
    at_hub = _weighed(market_day_id, WeighingPlace.HUB)
    taken_over = _taken_over(session, market_day_id, hub_id)
    rows = session.execute(
        select(Lot, Person.name, Village.called, Vehicle.name, Crop.names, planned.c.quantity_g)
        .add_columns(at_village.c.net_g, at_hub.c.net_g, at_hub.c.reason)
        .join(planned, planned.c.lot_id == Lot.id)
        .join(Run, Run.id == planned.c.run_id)
        .join(Vehicle, Vehicle.id == Run.vehicle_id)
        .join(Person, Person.id == Lot.farmer_id)
        .join(Village, Village.id == Lot.village_id)
        .join(Crop, Crop.id == Lot.crop_id)
        .outerjoin(at_village, at_village.c.lot_id == Lot.id)
        .outerjoin(at_hub, at_hub.c.lot_id == Lot.id)
        .order_by(Run.ends_at, Run.id, Village.name, Lot.id)
    )
    return [
        HubLot(
            lot_id=lot.id,
            farmer=farmer,
            village=village,
            vehicle=taken_over.get(lot.id, vehicle),
            crop_names=names,
            grade=lot.grade,
            planned_g=planned_g,
            village_g=village_g,
            hub_g=hub_g,
            reason=reason or "",
            is_beyond=hub_g is not None
            and is_beyond(
                hub_g, planned_g if village_g is None else village_g, cooperative.shrinkage_bp
            ),
        )
        for lot, farmer, village, vehicle, names, planned_g, village_g, hub_g, reason in rows
    ]


def _taken_over(session: Session, market_day_id: int, hub_id: int) -> dict[int, str]:
    """Return which truck brings a lot that changed over from a broken one."""
    rows = session.execute(
        select(CargoTransfer.lot_id, Vehicle.name)
        .join(Run, Run.id == CargoTransfer.to_run_id)
        .join(Vehicle, Vehicle.id == Run.vehicle_id)
        .join(Plan, Plan.id == Run.plan_id)
        .where(Plan.market_day_id == market_day_id, Plan.hub_id == hub_id)
        .order_by(CargoTransfer.id)
    )
    return dict(rows.all())


def _planned(market_day_id: int, hub_id: int) -> Subquery:
    """Select each lot that comes to a hub: its grams and the first run that brings it."""
    return (
        select(
            StopLot.lot_id,
            total_g(StopLot.quantity_g).label("quantity_g"),
            func.min(Stop.run_id).label("run_id"),
        )
        .join(Stop, Stop.id == StopLot.stop_id)
        .join(Run, Run.id == Stop.run_id)
        .join(Plan, Plan.id == Run.plan_id)
        .where(
            Plan.market_day_id == market_day_id,
            Plan.hub_id == hub_id,
            Plan.published_at.is_not(None),
            Plan.replaced_at.is_(None),
        )
        .group_by(StopLot.lot_id)
        .subquery()
    )


def _weighed(market_day_id: int, place: WeighingPlace) -> Subquery:
    return (
        current(place)
        .with_only_columns(
            Weighing.lot_id,
            total_g(Weighing.net_g).label("net_g"),
            func.max(Weighing.reason).label("reason"),
        )
        .where(Weighing.market_day_id == market_day_id)
        .group_by(Weighing.lot_id)
        .subquery()
    )


def _is_stale(session: Session, plan: Plan) -> bool:
    """Return whether the grams per village differ from those the plan was made of."""
    found = batches(session, market_day_id=plan.market_day_id, hub_id=plan.hub_id)
    wanted = {batch.village_id: batch.quantity_g for batch in found}
    planned = (
        select(Stop.village_id, Stop.load_g)
        .join(Run, Run.id == Stop.run_id)
        .where(Run.plan_id == plan.id)
    )
    left_out = select(UnplannedStop.village_id, UnplannedStop.quantity_g).where(
        UnplannedStop.plan_id == plan.id
    )
    known: dict[int, int] = {}
    for village_id, quantity_g in [*session.execute(planned), *session.execute(left_out)]:
        known[village_id] = known.get(village_id, 0) + quantity_g
    return known != wanted


def _trips(session: Session, plan: Plan, day: MarketDay) -> tuple[TripView, ...]:
    rows = session.execute(
        select(LineHaulTrip, LineHaul, Hub.called)
        .join(LineHaul, LineHaul.id == LineHaulTrip.line_haul_id)
        .join(Hub, Hub.id == LineHaul.to_hub_id)
        .where(LineHaulTrip.market_day_id == day.id, LineHaul.from_hub_id == plan.hub_id)
        .order_by(LineHaulTrip.departs_at, LineHaulTrip.id)
    )
    return tuple(
        TripView(
            carrier=line.carrier,
            hub=hub,
            departs_at=trip.departs_at,
            arrives_at=trip.arrives_at,
            load_g=trip.load_g,
            capacity_g=line.capacity_g,
            cost_minor=trip.cost_minor,
            is_late=trip.arrives_at > day.pickup_at,
        )
        for trip, line, hub in rows
    )


def _over(session: Session, plan: Plan) -> tuple[OverView, ...]:
    waiting = plan.figures.get("line_haul_over", [])
    hubs = select(Hub.id, Hub.called).where(Hub.id.in_([over["hub_id"] for over in waiting]))
    names = dict(session.execute(hubs).all())
    return tuple(OverView(names[o["hub_id"]], o["quantity_g"], o["code"]) for o in waiting)
