"""What the runs of late would make of the freight prices: proposed, never set by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app import freight
from app.freight.services import rural_hub
from app.kernel.errors import N_, Refusal
from app.kernel.geo import distance_m
from app.models import (
    Cooperative,
    Hub,
    LineHaul,
    PickupPoint,
    Plan,
    PlanKind,
    Run,
    Vehicle,
    Village,
)
from logistics.services.batching import position_of
from logistics.services.run_reading import read_runs
from logistics.services.views import RunView

Row = TypeVar("Row", Hub, LineHaul, PickupPoint, Vehicle, Village)

LEAST_RUNS = 3
_LATEST_RUNS = 60
_LEAST_CHANGE_PERCENT = 5
_NEAR_M = 1_000
_METRES_PER_100KM = 100_000


class ProposalChanged(Refusal):
    """Another run came in between seeing a proposal and accepting it."""

    code = "tariff_proposal_changed"
    message = N_("The proposal has changed meanwhile. Look at the new figures.")


@dataclass(frozen=True)
class Proposal:
    """A freight price as it is and as the runs would have it, in minor units per kg."""

    village_id: int
    village: str
    pickup_point_id: int
    point: str
    now_minor: int
    proposed_minor: int
    runs: int


def actual_cost_minor(run: RunView, vehicle: Vehicle) -> int:
    """Return what a run cost by its odometer and clock, or as planned where these are missing."""
    metres = run.driven_m or run.distance_m
    seconds = run.duration_s
    if run.started_at is not None and run.finished_at is not None:
        seconds = int((run.finished_at - run.started_at).total_seconds())
    cost = 18 * vehicle.cost_per_km_minor * metres + 5 * vehicle.cost_per_hour_minor * seconds
    return (cost + 9_000) // 18_000


def proposals(session: Session, *, cooperative_id: int, at: datetime) -> list[Proposal]:
    """Return the prices that differ from what collecting took, village by village.

    The way from the villages is the median of at least three runs, shared by kilograms
    and distance; line haul and the city's way are as the published prices count them.
    """
    cooperative = session.get_one(Cooperative, cooperative_id)
    prices = freight.tariffs(session, cooperative_id=cooperative_id, at=at)
    first_mile = _first_mile(session, cooperative_id)
    hubs = {hub.id: hub for hub in session.scalars(_of(Hub, cooperative_id))}
    points = session.scalars(_of(PickupPoint, cooperative_id)).all()
    hauls = {
        (haul.from_hub_id, haul.to_hub_id): haul.price_minor
        for haul in session.scalars(_of(LineHaul, cooperative_id))
        if haul.retired_at is None
    }
    found: list[Proposal] = []
    for village in session.scalars(_of(Village, cooperative_id)):
        costs = first_mile.get(village.id, [])
        hub = rural_hub(hubs, village)
        if len(costs) < LEAST_RUNS or hub is None:
            continue
        for point in points:
            now_minor = prices.get((village.id, point.id))
            beyond = _beyond(cooperative, hubs, hauls, hub, point)
            if now_minor is None or beyond is None or point.retired_at is not None:
                continue
            proposed = round(median(costs)) + beyond
            if abs(proposed - now_minor) * 100 >= _LEAST_CHANGE_PERCENT * max(1, now_minor):
                found.append(
                    Proposal(
                        village.id,
                        village.called,
                        point.id,
                        point.called,
                        now_minor,
                        proposed,
                        len(costs),
                    )
                )
    return found


def accept(
    session: Session,
    *,
    cooperative_id: int,
    wanted: Mapping[tuple[int, int], int],
    at: datetime,
) -> int:
    """Publish proposed prices as they were seen, and return how many.

    :param wanted: the seen price by village and pickup point.
    :raises ProposalChanged: if one of them is proposed no more, or at another price.
    """
    now = {
        (p.village_id, p.pickup_point_id): p.proposed_minor
        for p in proposals(session, cooperative_id=cooperative_id, at=at)
    }
    if any(now.get(pair) != price for pair, price in wanted.items()):
        raise ProposalChanged
    for (village_id, point_id), price in sorted(wanted.items()):
        freight.set_tariff(
            session,
            cooperative_id=cooperative_id,
            village_id=village_id,
            pickup_point_id=point_id,
            price_minor=price,
            source="runs",
            at=at,
        )
    return len(wanted)


def latest_runs(session: Session, *, cooperative_id: int, count: int) -> list[RunView]:
    """Return the runs that ended last, the latest first."""
    run_ids = session.scalars(
        select(Run.id)
        .join(Plan, Plan.id == Run.plan_id)
        .where(
            Plan.cooperative_id == cooperative_id,
            Plan.kind == PlanKind.COLLECTION,
            Run.finished_at.is_not(None),
        )
        .order_by(Run.finished_at.desc(), Run.id.desc())
        .limit(count)
    ).all()
    order = {run_id: at for at, run_id in enumerate(run_ids)}
    return sorted(read_runs(session, run_ids=run_ids), key=lambda run: order[run.run_id])


def _first_mile(session: Session, cooperative_id: int) -> dict[int, list[float]]:
    """Return per village what a kilogram cost on each of the latest runs."""
    runs = latest_runs(session, cooperative_id=cooperative_id, count=_LATEST_RUNS)
    vehicles = {v.id: v for v in session.scalars(_of(Vehicle, cooperative_id))}
    found: dict[int, list[float]] = {}
    for run in runs:
        far_g = [
            (stop.village_id, _far_m(run, at), stop.weighed_g) for at, stop in enumerate(run.stops)
        ]
        total = sum(far * grams for _, far, grams in far_g)
        if not total:
            continue
        cost = actual_cost_minor(run, vehicles[run.vehicle_id])
        for village_id, far, grams in far_g:
            if grams:
                found.setdefault(village_id, []).append(1_000 * cost * far / total)
    return found


def _far_m(run: RunView, at: int) -> int:
    """Return how far a stop lies from the hub; even the nearest is a way."""
    where = run.stops[at].where
    if where is None or run.hub_where is None:
        return _NEAR_M
    return max(_NEAR_M, distance_m(where, run.hub_where))


def _beyond(
    cooperative: Cooperative,
    hubs: Mapping[int, Hub],
    hauls: Mapping[tuple[int, int], int],
    hub: Hub,
    point: PickupPoint,
) -> int | None:
    """Return what the way from the rural hub to a pickup point adds, per kg."""
    city = hubs[point.hub_id]
    haul_minor = 0
    if city.id != hub.id:
        if (hub.id, city.id) not in hauls:
            return None
        haul_minor = hauls[hub.id, city.id]
    start, end = position_of(city), position_of(point)
    metres = distance_m(start, end) if start and end else 0
    road_m = metres * cooperative.road_factor_percent // 100
    by_distance = (2 * road_m * cooperative.freight_per_100km_minor + _METRES_PER_100KM) // (
        2 * _METRES_PER_100KM
    )
    return cooperative.freight_base_minor + haul_minor + by_distance


def _of(table: type[Row], cooperative_id: int) -> Select[Row]:
    return select(table).where(table.cooperative_id == cooperative_id).order_by(table.id)
