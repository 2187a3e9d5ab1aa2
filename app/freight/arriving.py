"""When a truck that is under way is expected, from what its driver has marked so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.models import Run, Stop


@dataclass(frozen=True)
class Estimate:
    """When the truck is expected at a stop that is not done yet."""

    stop_id: int
    planned_at: datetime
    expected_at: datetime


def estimates(run: Run, stops: Sequence[Stop], *, at: datetime) -> list[Estimate]:
    """Return expected arrivals at the stops left: the plan, moved by how late the last thing was.

    A run that is early is not expected early: villages gather by the planned time.
    """
    late = timedelta(0)
    if run.started_at is not None:
        late = run.started_at - run.starts_at
    left = []
    for stop in stops:
        if stop.done_at is not None:
            late = stop.done_at - stop.departs_at
        else:
            left.append(stop)
    late = max(late, timedelta(0))
    if left and run.started_at is not None:
        # Nobody arrives in the past: what is overdue now moves everything after it.
        late = max(late, at - left[0].arrives_at)
    return [Estimate(stop.id, stop.arrives_at, stop.arrives_at + late) for stop in left]
