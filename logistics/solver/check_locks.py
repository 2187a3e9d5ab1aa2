"""Prove that a plan keeps what the manager locked."""

from __future__ import annotations

from logistics.solver.plan import Plan
from logistics.solver.problem import Lock, Problem, Scope
from logistics.solver.violation import Violation


def check_locks(problem: Problem, plan: Plan) -> list[Violation]:
    """Return the locks that a plan breaks.

    A locked stop that could not be planned at all is no broken lock: it stands among
    the unplanned with its reason.
    """
    found: list[Violation] = []
    order: dict[str, list[str]] = {}
    trips: dict[str, int] = {}
    vehicle_of: dict[str, str] = {}
    for route in plan.routes:
        order[route.vehicle_id] = [visit.stop_id for visit in route.visits]
        trips[route.vehicle_id] = len(route.reloads) + 1
        for visit in route.visits:
            vehicle_of[visit.stop_id] = route.vehicle_id
    left_out = {unplanned.stop_id for unplanned in plan.unplanned}
    for lock in problem.locks:
        for stop_id in lock.stop_ids:
            if vehicle_of.get(stop_id, lock.vehicle_id) != lock.vehicle_id:
                found.append(Violation("lock", lock.vehicle_id, stop_id))
        kept = [stop_id for stop_id in lock.stop_ids if stop_id not in left_out]
        served = order.get(lock.vehicle_id, [])
        if not _order_kept(lock, kept, served, trips.get(lock.vehicle_id, 1)):
            found.append(Violation("lock", lock.vehicle_id, kept[0] if kept else ""))
    return found


def _order_kept(lock: Lock, kept: list[str], served: list[str], trips: int) -> bool:
    if lock.scope is Scope.VEHICLE:
        return True
    if lock.scope is Scope.ROUTE:
        return served == kept and trips == 1
    if lock.scope is Scope.START:
        return served[: len(kept)] == kept
    width = len(kept)
    starts = range(len(served) - width + 1)
    return width == 0 or any(served[at : at + width] == kept for at in starts)
