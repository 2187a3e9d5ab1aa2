"""A vehicle as the search sees it: rest taken off, locked beginning already driven."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from logistics.solver.prepared import Prepared
from logistics.solver.schedule import time_route


@dataclass(frozen=True)
class Truck:
    """What tells one vehicle from another; equal ones become one PyVRP vehicle type."""

    start_place: int
    end_place: int
    hub_opens_s: int
    hub_closes_s: int
    turnaround_s: int
    capacities: tuple[int, int, int]
    aboard: tuple[int, int, int]
    cost_per_km_minor: int
    cost_per_hour_minor: int
    fixed_cost_minor: int
    shift_start_s: int
    shift_end_s: int
    max_duration_s: int
    max_distance_m: int
    max_reloads: int

    @property
    def usable(self) -> bool:
        """Return whether the shift and the hub's hours meet; PyVRP takes no other truck."""
        opens_s = max(self.shift_start_s, self.hub_opens_s)
        return opens_s <= min(self.shift_end_s, self.hub_closes_s)


def truck_of(day: Prepared, vehicle: int, done: Sequence[int]) -> Truck:
    """Return a vehicle after the tasks it is locked to begin with.

    PyVRP knows no rest, so the shift is shortened by it; where the rest is taken is
    decided when the route is timed.
    """
    given = day.vehicles[vehicle]
    hub = day.hubs[given.end_hub]
    rest_s = 0
    if given.rest is not None and given.rest.latest_s < given.shift_end_s:
        rest_s = given.rest.duration_s
    start_place, start_s, aboard = given.start_place, given.shift_start_s, given.aboard
    spent_s, spent_m, fixed_minor = 0, 0, given.fixed_cost_minor
    if done:
        timing = time_route(day, vehicle, [done])
        start_place, start_s = timing.events[-2].place, timing.depart_s[-2]
        spent_s = start_s - timing.start_s
        spent_m = timing.distance_m - day.leg_m(start_place, hub.place)
        loads = [day.tasks[i].loads for i in done if not day.tasks[i].is_delivery]
        sums = [aboard[d] + sum(load[d] for load in loads) for d in range(3)]
        aboard, fixed_minor = (sums[0], sums[1], sums[2]), 0
    return Truck(
        start_place=start_place,
        end_place=hub.place,
        hub_opens_s=hub.opens_s,
        hub_closes_s=hub.closes_s,
        turnaround_s=hub.turnaround_s,
        capacities=given.capacities,
        aboard=aboard,
        cost_per_km_minor=given.cost_per_km_minor,
        cost_per_hour_minor=given.cost_per_hour_minor,
        fixed_cost_minor=fixed_minor,
        shift_start_s=start_s,
        shift_end_s=max(start_s, given.shift_end_s - rest_s),
        max_duration_s=max(0, given.max_duration_s - rest_s - spent_s),
        max_distance_m=max(0, given.max_distance_m - spent_m),
        max_reloads=given.max_reloads,
    )
