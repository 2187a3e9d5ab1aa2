"""Save a checked plan with its runs, stops, line haul and what it leaves out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.kernel.errors import N_, Refusal
from app.models import Plan, PlanKind, Run, Stop, StopLot, UnplannedStop, Vehicle
from logistics.services.batching import BatchLot, batches
from logistics.services.line_haul import send_on
from logistics.services.planning import DayProblem
from logistics.solver import plan as solver
from logistics.solver.checker import check

ROAD_CLOSED = "road_closed"


class AllocationsChanged(Refusal):
    """What is to be collected changed while the plan was being made."""

    code = "allocations_changed"
    message = N_("Orders changed while the routes were planned. Plan again.")


class PlanBroken(Refusal):
    """A plan breaks a limit, so it is not kept."""

    code = "plan_broken"
    message = N_("This plan breaks a limit (%(limit)s) and was not saved. Plan again.")


def save_plan(
    session: Session,
    *,
    day: DayProblem,
    plan: solver.Plan,
    at: datetime,
    accepted: frozenset[str] = frozenset(),
) -> Plan:
    """Keep a plan as the day's newest, in place of an earlier one that was not published.

    :param accepted: limits that the manager breaks on purpose.
    :raises AllocationsChanged: if the day's batches are not those it was made from.
    :raises PlanBroken: if the checker, run once more, finds a broken limit.
    """
    found = [broken for broken in check(day.problem, plan) if broken.limit not in accepted]
    if found:
        raise PlanBroken(limit=found[0].limit)
    now = tuple(batches(session, market_day_id=day.market_day_id, hub_id=day.hub_id))
    if now != day.batches:
        raise AllocationsChanged
    _replace_unpublished(session, day, at)
    row = Plan(
        cooperative_id=day.cooperative_id,
        market_day_id=day.market_day_id,
        hub_id=day.hub_id,
        kind=PlanKind.COLLECTION,
        seed=plan.seed,
        is_estimate=plan.estimated,
        figures=_figures(plan),
        planned_at=at,
    )
    session.add(row)
    session.flush()
    drivers = _drivers(session, plan)
    left = {str(batch.village_id): _Lots(batch.lots) for batch in day.batches}
    ends = [_save_route(session, day, row, route, drivers, left) for route in plan.routes]
    session.add_all(_unplanned(row.id, stop, day.closed) for stop in plan.unplanned)
    session.flush()
    _send_on(session, day, row, ends)
    return row


class _Lots:
    """The lots of a village, handed out to one visit after the other."""

    def __init__(self, lots: Iterable[BatchLot]) -> None:
        self._left = [(lot.lot_id, lot.quantity_g) for lot in lots]

    def take(self, quantity_g: int) -> list[tuple[int, int]]:
        """Return lots and grams that make up a quantity, and count them as given."""
        taken = []
        while quantity_g and self._left:
            lot_id, there_g = self._left.pop(0)
            part_g = min(there_g, quantity_g)
            taken.append((lot_id, part_g))
            quantity_g -= part_g
            if part_g < there_g:
                self._left.insert(0, (lot_id, there_g - part_g))
        return taken


def _save_route(
    session: Session,
    day: DayProblem,
    row: Plan,
    route: solver.Route,
    drivers: dict[int, int | None],
    left: dict[str, _Lots],
) -> datetime:
    """Write one route down and return when it reaches the hub."""
    vehicle_id = int(route.vehicle_id)
    run = Run(
        plan_id=row.id,
        vehicle_id=vehicle_id,
        driver_id=drivers[vehicle_id],
        village_route_id=_standing_route(day, route),
        starts_at=day.times.at_second(route.start_s),
        ends_at=day.times.at_second(route.end_s),
        distance_m=route.distance_m,
        duration_s=route.duration_s,
        load_g=sum(visit.takes_g for visit in route.visits),
        cost_minor=route.cost_minor,
    )
    session.add(run)
    session.flush()
    for position, visit in enumerate(route.visits, start=1):
        stop = Stop(
            run_id=run.id,
            position=position,
            trip=visit.trip,
            village_id=int(visit.stop_id),
            arrives_at=day.times.at_second(visit.arrive_s),
            departs_at=day.times.at_second(visit.depart_s),
            load_g=visit.takes_g,
            distance_m=visit.leg_m,
        )
        session.add(stop)
        session.flush()
        session.add_all(
            StopLot(stop_id=stop.id, lot_id=lot_id, quantity_g=quantity_g)
            for lot_id, quantity_g in left[visit.stop_id].take(visit.takes_g)
        )
    return run.ends_at


def _standing_route(day: DayProblem, route: solver.Route) -> int | None:
    """Return the standing route a run still is: at least half of its villages are on it."""
    standing = {stop for trip in day.standing.get(route.vehicle_id, []) for stop in trip}
    shared = standing & {visit.stop_id for visit in route.visits}
    if not standing or 2 * len(shared) < len(standing):
        return None
    return day.standing_routes[route.vehicle_id]


def _unplanned(plan_id: int, stop: solver.Unplanned, closed: frozenset[int]) -> UnplannedStop:
    figures: dict[str, object] = dict(stop.figures)
    if stop.mend is not None:
        figures["mend"] = {
            "kind": stop.mend.kind.value,
            "vehicle_id": int(stop.mend.vehicle_id) if stop.mend.vehicle_id else None,
            "amount": stop.mend.amount,
            "added_cost_minor": stop.mend.added_cost_minor,
            "added_s": stop.mend.added_s,
        }
    return UnplannedStop(
        plan_id=plan_id,
        village_id=int(stop.stop_id),
        quantity_g=stop.load_g,
        # The solver only sees that there is no way; the manager knows who closed it.
        code=ROAD_CLOSED if int(stop.stop_id) in closed else stop.reason.value,
        figures=figures,
    )


def _replace_unpublished(session: Session, day: DayProblem, at: datetime) -> None:
    session.execute(
        update(Plan)
        .where(
            Plan.market_day_id == day.market_day_id,
            Plan.hub_id == day.hub_id,
            Plan.kind == PlanKind.COLLECTION,
            Plan.published_at.is_(None),
            Plan.replaced_at.is_(None),
        )
        .values(replaced_at=at)
    )


def _drivers(session: Session, plan: solver.Plan) -> dict[int, int | None]:
    ids = [int(route.vehicle_id) for route in plan.routes]
    rows = session.execute(select(Vehicle.id, Vehicle.driver_id).where(Vehicle.id.in_(ids)))
    return dict(rows.all())


def _figures(plan: solver.Plan) -> dict[str, object]:
    return {
        "cost_minor": plan.cost_minor,
        "distance_m": plan.distance_m,
        "duration_s": plan.duration_s,
        "planned_g": sum(visit.takes_g for route in plan.routes for visit in route.visits),
        "unplanned_g": sum(stop.load_g for stop in plan.unplanned),
        "iterations": plan.iterations,
        "source": plan.source,
    }


def _send_on(session: Session, day: DayProblem, row: Plan, ends: list[datetime]) -> None:
    collected_at = max(ends, default=day.times.base_at)
    over = send_on(session, plan_id=row.id, collected_at=collected_at)
    row.figures = {**row.figures, "line_haul_over": [waiting.figures() for waiting in over]}
    session.flush()
