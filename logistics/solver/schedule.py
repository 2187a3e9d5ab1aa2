"""Put times on the stops of one vehicle: earliest end, then the latest start for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from logistics.solver.prepared import ALWAYS, Prepared, Task
from logistics.solver.problem import Window

Trips = Sequence[Sequence[int]]
"""Task indices per trip, in order of visit."""


@dataclass(frozen=True)
class Event:
    """A point of the route: the start, a task, a reload or the end."""

    place: int
    task: Task | None = None
    windows: tuple[Window, ...] = ALWAYS
    service_s: int = 0
    ready_s: int = 0
    """The truck may not leave before; goods of a delivery are released then."""


@dataclass
class Timing:
    """When each event happens, and by how much limits are broken.

    ``broken`` maps the name of a limit to the sum of its excess in its own unit.
    """

    events: list[Event]
    arrive_s: list[int]
    begin_s: list[int]
    depart_s: list[int]
    distance_m: int
    broken: dict[str, int]
    rest_before: int | None = None
    rest_from_s: int = 0
    rest_until_s: int = 0

    @property
    def start_s(self) -> int:
        """Return when the truck leaves its start."""
        return self.depart_s[0]

    @property
    def end_s(self) -> int:
        """Return when the truck is back."""
        return self.begin_s[-1]

    @property
    def duration_s(self) -> int:
        """Return the seconds between leaving and being back."""
        return self.end_s - self.start_s


def time_route(day: Prepared, vehicle: int, trips: Trips) -> Timing:
    """Time one vehicle's trips: done as early as possible, then started as late as possible.

    The rest is put where the end comes first. Broken limits are summed, not forbidden.
    """
    events = _events(day, vehicle, trips)
    truck = day.vehicles[vehicle]
    timing = _timed(day, vehicle, events, rest_before=None)
    rest = truck.rest
    if rest is not None and timing.end_s > rest.latest_s and timing.start_s < rest.latest_s:
        tried = [_timed(day, vehicle, events, rest_before=at) for at in range(1, len(events))]
        timing = min(tried, key=lambda t: (sum(t.broken.values()), t.end_s))
    _add_loads(day, vehicle, trips, timing)
    return timing


def bounds(day: Prepared, vehicle: int, trips: Trips) -> list[tuple[int, int, int]]:
    """Return place, earliest departure and latest begin of each event of a kept route.

    Rests and time to cold are left out, so a stop that does not fit between these
    bounds fits under no circumstances; one that does must still be timed.
    """
    truck = day.vehicles[vehicle]
    events = _events(day, vehicle, trips)
    timing = _forward(day, vehicle, events, events[0].ready_s, None)
    latest = truck.shift_end_s
    found: list[tuple[int, int, int]] = []
    for at in range(len(events) - 1, -1, -1):
        event = events[at]
        latest = min(latest, event.windows[-1].closes_s)
        found.append((event.place, timing.depart_s[at], latest))
        if at:
            before = events[at - 1]
            latest -= day.leg_s(before.place, event.place) + before.service_s
    return found[::-1]


def route_cost_minor(day: Prepared, vehicle: int, distance_m: int, duration_s: int) -> int:
    """Return what a driven route costs in minor units, rounded half up once."""
    truck = day.vehicles[vehicle]
    # 18,000 is the common denominator of metres per km and seconds per hour.
    parts = truck.cost_per_km_minor * distance_m * 18 + truck.cost_per_hour_minor * duration_s * 5
    return truck.fixed_cost_minor + (parts + 9_000) // 18_000


def _events(day: Prepared, vehicle: int, trips: Trips) -> list[Event]:
    truck = day.vehicles[vehicle]
    hub = day.hubs[truck.end_hub]
    open_hub = (Window(hub.opens_s, hub.closes_s),)
    events: list[Event] = []
    for number, trip in enumerate(trips):
        ready_s = max((day.tasks[index].release_s for index in trip), default=0)
        if number == 0:
            events.append(Event(truck.start_place, ready_s=max(ready_s, truck.shift_start_s)))
        else:
            events.append(Event(hub.place, None, open_hub, hub.turnaround_s, ready_s))
        for index in trip:
            task = day.tasks[index]
            events.append(Event(task.place, task, task.windows, task.service_s))
    events.append(Event(hub.place, None, open_hub))
    return events


def _timed(day: Prepared, vehicle: int, events: list[Event], rest_before: int | None) -> Timing:
    earliest = _forward(day, vehicle, events, events[0].ready_s, rest_before)
    if any(earliest.broken.get(name) for name in ("window", "rest", "unreachable")):
        return earliest
    start_s = _latest_start(day, vehicle, earliest)
    return _forward(day, vehicle, events, max(start_s, events[0].ready_s), rest_before)


def _forward(
    day: Prepared, vehicle: int, events: list[Event], start_s: int, rest_before: int | None
) -> Timing:
    truck = day.vehicles[vehicle]
    timing = Timing(events, [start_s], [start_s], [start_s], 0, {}, rest_before)
    now, place, late = start_s, events[0].place, 0
    for at, event in enumerate(events[1:], start=1):
        if at == rest_before and truck.rest is not None:
            timing.rest_from_s = max(now, truck.rest.earliest_s)
            now = timing.rest_until_s = timing.rest_from_s + truck.rest.duration_s
            _add(timing, "rest", timing.rest_from_s - truck.rest.latest_s)
        if not day.reachable(place, event.place):
            _add(timing, "unreachable", 1)
        now += day.leg_s(place, event.place)
        timing.distance_m += day.leg_m(place, event.place)
        place = event.place
        timing.arrive_s.append(now)
        window = next((w for w in event.windows if now <= w.closes_s), event.windows[-1])
        late += max(0, now - window.closes_s) + (event.task is not None and event.task.never)
        now = max(now, window.opens_s)
        timing.begin_s.append(now)
        now = max(now + event.service_s, event.ready_s)
        timing.depart_s.append(now)
    _add(timing, "window", late)
    _add(timing, "shift", timing.end_s - truck.shift_end_s)
    _add(timing, "duration", timing.duration_s - truck.max_duration_s)
    _add(timing, "distance", timing.distance_m - truck.max_distance_m)
    for index, warm_s in to_cold_s(timing):
        _add(timing, "cold", warm_s - (day.tasks[index].stop.max_to_cold_s or 0))
    return timing


def _add(timing: Timing, name: str, excess: int) -> None:
    if excess > 0:
        timing.broken[name] = timing.broken.get(name, 0) + excess


def to_cold_s(timing: Timing) -> Iterator[tuple[int, int]]:
    """Yield each perishable pickup's task index, and seconds from leaving it to the hub."""
    cold_at = timing.end_s
    for at in range(len(timing.events) - 2, -1, -1):
        task = timing.events[at].task
        if task is None:
            cold_at = timing.arrive_s[at]
        elif task.stop.max_to_cold_s is not None and not task.is_delivery:
            yield task.index, cold_at - timing.depart_s[at]


def _latest_start(day: Prepared, vehicle: int, timing: Timing) -> int:
    """Return how late the truck may leave and still end then, walking back from the end."""
    rest = day.vehicles[vehicle].rest
    latest = timing.begin_s[-1]
    for at in range(len(timing.events) - 1, 0, -1):
        event = timing.events[at]
        latest_begin = min(latest, _closes_s(event, timing.begin_s[at]))
        # Leaving may wait for the next leg, so the latest departure is what counts back.
        latest = latest_begin - day.leg_s(timing.events[at - 1].place, event.place)
        if at == timing.rest_before and rest is not None:
            latest = min(latest - rest.duration_s, rest.latest_s)
        if at > 1:
            latest -= timing.events[at - 1].service_s
    return latest


def _closes_s(event: Event, begin_s: int) -> int:
    """Return when the window that the visit begins in closes."""
    return next(w.closes_s for w in event.windows if begin_s <= w.closes_s)


def _add_loads(day: Prepared, vehicle: int, trips: Trips, timing: Timing) -> None:
    truck = day.vehicles[vehicle]
    for name, room, start in zip(
        ("load_g", "crates", "cold_crates"), truck.capacities, truck.aboard, strict=True
    ):
        dimension = ("load_g", "crates", "cold_crates").index(name)
        carried = start
        for trip in trips:
            tasks = [day.tasks[index] for index in trip]
            carried += sum(t.loads[dimension] for t in tasks if t.is_delivery)
            most = carried
            for task in tasks:
                carried += task.loads[dimension] * (-1 if task.is_delivery else 1)
                most = max(most, carried)
            _add(timing, name, most - room)
            carried = 0
    if any(not day.may_serve(vehicle, day.tasks[i]) for trip in trips for i in trip):
        _add(timing, "vehicle", 1)
