"""The plan: routes with times and figures, and the stops left out with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True)
class Visit:
    """One stop, or one part of a split stop, on a route.

    The truck arrives, begins service at ``start_s`` (waiting before) and leaves.
    ``load_g`` and the crates are aboard when it leaves; ``takes_*`` is what this
    visit loads or unloads. ``leg_m`` and ``leg_s`` is the way there.
    """

    stop_id: str
    arrive_s: int
    start_s: int
    depart_s: int
    load_g: int
    crates: int
    cold_crates: int
    takes_g: int
    takes_crates: int
    takes_cold_crates: int
    leg_m: int
    leg_s: int
    trip: int = 0
    part: int = 0
    parts: int = 1


@dataclass(frozen=True)
class Reload:
    """The truck empties and loads at its hub, before the visit with this index."""

    before: int
    arrive_s: int
    depart_s: int


@dataclass(frozen=True)
class Rest:
    """The driver's break, taken before the visit with this index (or before the end).

    Where a reload comes before that visit too, ``after_reload`` tells the order.
    """

    before: int
    start_s: int
    end_s: int
    after_reload: bool = False


@dataclass(frozen=True)
class Route:
    """One vehicle's day: start, visits in order, end at the hub."""

    vehicle_id: str
    visits: tuple[Visit, ...]
    start_s: int
    end_s: int
    distance_m: int
    cost_minor: int
    reloads: tuple[Reload, ...] = ()
    rest: Rest | None = None

    @property
    def duration_s(self) -> int:
        """Return the seconds from leaving the start to reaching the end."""
        return self.end_s - self.start_s


class Reason(StrEnum):
    """Why a stop is not on a route."""

    PLACE_UNKNOWN = "place_unknown"
    NO_VEHICLE = "no_vehicle"
    NO_FITTING_VEHICLE = "no_fitting_vehicle"
    TOO_HEAVY = "too_heavy"
    UNREACHABLE = "unreachable"
    WINDOW_UNREACHABLE = "window_unreachable"
    SHIFT_TOO_SHORT = "shift_too_short"
    TOO_LONG_TO_COLD = "too_long_to_cold"
    NO_CAPACITY_LEFT = "no_capacity_left"
    NO_TIME_LEFT = "no_time_left"
    NOT_WORTH_ITS_COST = "not_worth_its_cost"
    SET_ASIDE = "set_aside"


class MendKind(StrEnum):
    """What can be changed so that a stop finds its place."""

    PIN_PLACE = "pin_place"
    SECOND_TRIP = "second_trip"
    LONGER_SHIFT = "longer_shift"
    LATER_WINDOW = "later_window"
    EXTRA_VEHICLE = "extra_vehicle"
    MORE_CAPACITY = "more_capacity"
    MORE_VALUE = "more_value"
    MORE_TIME_TO_COLD = "more_time_to_cold"


@dataclass(frozen=True)
class Mend:
    """The cheapest change that gets a stop onto a route.

    ``amount`` is in the unit of the kind: reloads, seconds of shift, the second the
    window must stay open to, grams, minor units, seconds to cold. ``added_*`` is
    what serving the stop then adds to the plan.
    """

    kind: MendKind
    vehicle_id: str | None = None
    amount: int = 0
    added_cost_minor: int = 0
    added_s: int = 0


@dataclass(frozen=True)
class Unplanned:
    """A stop, or a part of it, that no route serves, and the true reason.

    ``figures`` are named whole numbers that the reason's sentence needs.
    """

    stop_id: str
    reason: Reason
    load_g: int
    crates: int
    cold_crates: int
    part: int = 0
    parts: int = 1
    figures: tuple[tuple[str, int], ...] = ()
    mend: Mend | None = None


@dataclass(frozen=True)
class Plan:
    """Routes and what is left out. ``estimated``: made without looking at roads."""

    routes: tuple[Route, ...]
    unplanned: tuple[Unplanned, ...]
    cost_minor: int
    distance_m: int
    duration_s: int
    estimated: bool = False
    source: str = ""
    seed: int = 0
    iterations: int = 0

    def sequences(self) -> dict[str, list[list[str]]]:
        """Return the stop ids per vehicle and trip, to start another plan from."""
        found: dict[str, list[list[str]]] = {}
        for route in self.routes:
            trips: list[list[str]] = [[] for _ in range(len(route.reloads) + 1)]
            for visit in route.visits:
                trips[visit.trip].append(visit.stop_id)
            found[route.vehicle_id] = trips
        return found
