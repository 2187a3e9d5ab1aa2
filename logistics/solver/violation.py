"""One thing that is wrong with a plan."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Violation:
    """A broken limit, at a vehicle and where it shows at a stop.

    ``limit`` is a stable code: load_g, crates, cold_crates, window, shift_start, shift_end,
    duration, distance, reloads, release, rest, to_cold, unreachable, hub_hours,
    wrong_hub, lock, and for plans that contradict themselves time_runs_backwards,
    figures_wrong, stop_served_twice, stop_forgotten, stop_unknown, load_not_whole,
    place_unknown, vehicle_unknown_or_used_twice. ``excess`` is in the limit's unit.
    """

    limit: str
    vehicle_id: str = ""
    stop_id: str = ""
    excess: int = 0
