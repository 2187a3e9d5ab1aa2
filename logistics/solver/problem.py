"""The route problem: places, hubs, vehicles, stops and locks of one day.

Distances are metres, times are seconds after the day's midnight (they may pass
86,400), loads are grams and whole crates, money is minor units. All figures are
integers, so that the same problem gives the same plan on every machine.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from logistics.solver.matrix import Matrix
from logistics.solver.refusals import (
    BadProblem,
    LocksCollide,
    SameNameTwice,
    UnknownName,
    WindowEndsBeforeItBegins,
)

FOREVER_S = 10**8
"""A time that no day reaches; about three years in seconds."""


@dataclass(frozen=True)
class Place:
    """A point in WGS-84 degrees."""

    lat: float
    lon: float

    def __post_init__(self) -> None:
        # A NaN fails both comparisons, so it is refused here as well.
        if not (-90 <= self.lat <= 90 and -180 <= self.lon <= 180):
            raise BadProblem(field="place", name=f"{self.lat}, {self.lon}", what="not a position")


@dataclass(frozen=True)
class Hub:
    """Where trips end or begin with goods; ``turnaround_s`` is one reload there."""

    id: str
    place: int
    opens_s: int = 0
    closes_s: int = FOREVER_S
    turnaround_s: int = 0


@dataclass(frozen=True)
class Break:
    """A rest due to a driver who is still out at ``latest_s``.

    It begins between ``earliest_s`` and ``latest_s``; waiting there counts as rest.
    """

    duration_s: int
    earliest_s: int
    latest_s: int


@dataclass(frozen=True)
class Vehicle:
    """One truck with its driver's shift.

    It starts at ``start_place`` (a yard, or a hub for deliveries) and ends at
    ``end_hub``. Between trips it empties and reloads at ``end_hub``, at most
    ``max_reloads`` times. ``aboard_*`` is what it already carries when it starts.
    """

    id: str
    start_place: int
    end_hub: str
    capacity_g: int
    crates: int = 0
    cold_crates: int = 0
    cost_per_km_minor: int = 100
    cost_per_hour_minor: int = 0
    fixed_cost_minor: int = 0
    shift_start_s: int = 0
    shift_end_s: int = FOREVER_S
    max_duration_s: int = FOREVER_S
    max_distance_m: int = 10**12
    max_reloads: int = 0
    rest: Break | None = None
    aboard_g: int = 0
    aboard_crates: int = 0
    aboard_cold_crates: int = 0

    @property
    def capacities(self) -> tuple[int, int, int]:
        """Return grams, crates and cold crates that fit."""
        return (self.capacity_g, self.crates, self.cold_crates)

    @property
    def aboard(self) -> tuple[int, int, int]:
        """Return grams, crates and cold crates already loaded at the start."""
        return (self.aboard_g, self.aboard_crates, self.aboard_cold_crates)


class Kind(StrEnum):
    """Which way the goods of a stop go."""

    PICKUP = "pickup"
    DELIVERY = "delivery"


@dataclass(frozen=True)
class Window:
    """Service begins between ``opens_s`` and ``closes_s``, both included."""

    opens_s: int
    closes_s: int


@dataclass(frozen=True)
class Stop:
    """One visit to plan: all goods of one village, or of one pickup point.

    ``place`` is None where nobody pinned the place yet. No window means any time.
    ``value_minor`` is what serving the stop is worth; None means it must be served
    if at all possible. A pickup reaches the hub at most ``max_to_cold_s`` after the
    truck leaves the stop. Goods of a delivery are at the hub from ``release_s``.
    ``hub`` binds the goods to one hub. What no vehicle can carry whole is split,
    unless ``divisible`` is False.
    """

    id: str
    place: int | None
    load_g: int = 0
    crates: int = 0
    cold_crates: int = 0
    windows: tuple[Window, ...] = ()
    service_s: int = 0
    value_minor: int | None = None
    max_to_cold_s: int | None = None
    release_s: int = 0
    kind: Kind = Kind.PICKUP
    hub: str | None = None
    divisible: bool = True

    @property
    def loads(self) -> tuple[int, int, int]:
        """Return grams, crates and cold crates to carry."""
        return (self.load_g, self.crates, self.cold_crates)


class Scope(StrEnum):
    """What a lock holds fast."""

    VEHICLE = "vehicle"
    SEQUENCE = "sequence"
    START = "start"
    ROUTE = "route"


@dataclass(frozen=True)
class Lock:
    """Stops that stay with a vehicle.

    ``VEHICLE``: in any position. ``SEQUENCE``: one after the other in this order.
    ``START``: the route begins with them in this order, as when they are already
    done. ``ROUTE``: they are the whole route, in one trip.
    """

    vehicle_id: str
    stop_ids: tuple[str, ...]
    scope: Scope = Scope.VEHICLE


@dataclass(frozen=True)
class Problem:
    """Everything a plan is made from.

    ``matrix`` is over ``places``; without one, great circles are used and the plan
    is flagged as an estimate. :raises BadInput: when the figures contradict themselves.
    """

    places: tuple[Place, ...]
    hubs: tuple[Hub, ...]
    vehicles: tuple[Vehicle, ...]
    stops: tuple[Stop, ...]
    matrix: Matrix | None = None
    locks: tuple[Lock, ...] = ()

    def __post_init__(self) -> None:
        size = len(self.matrix.distance_m) if self.matrix is not None else len(self.places)
        if self.places and size != len(self.places):
            raise BadProblem(field="matrix", name=str(size), what="matrix and places differ")
        _refuse_doubles(hub.id for hub in self.hubs)
        _refuse_doubles(vehicle.id for vehicle in self.vehicles)
        _refuse_doubles(stop.id for stop in self.stops)
        for hub in self.hubs:
            _refuse_hub(hub, size)
        hubs = {hub.id for hub in self.hubs}
        for vehicle in self.vehicles:
            _refuse_vehicle(vehicle, hubs, size)
        for stop in self.stops:
            _refuse_stop(stop, hubs, size)
        _refuse_locks(self)


def _refuse_doubles(names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise SameNameTwice(name=name)
        seen.add(name)


def _refuse_hub(hub: Hub, size: int) -> None:
    _refuse_place(hub.id, hub.place, size)
    if hub.closes_s < hub.opens_s:
        raise WindowEndsBeforeItBegins(name=hub.id)
    _refuse_negative(hub.id, hub.opens_s, hub.turnaround_s)


def _refuse_vehicle(vehicle: Vehicle, hubs: set[str], size: int) -> None:
    name = vehicle.id
    _refuse_place(name, vehicle.start_place, size)
    if vehicle.end_hub not in hubs:
        raise UnknownName(name=vehicle.end_hub)
    if vehicle.shift_end_s < vehicle.shift_start_s:
        raise WindowEndsBeforeItBegins(name=name)
    _refuse_negative(name, *vehicle.capacities, *vehicle.aboard, vehicle.max_reloads)
    _refuse_negative(name, vehicle.cost_per_km_minor, vehicle.cost_per_hour_minor)
    _refuse_negative(name, vehicle.fixed_cost_minor, vehicle.max_duration_s)
    _refuse_negative(name, vehicle.shift_start_s, vehicle.max_distance_m)
    rest = vehicle.rest
    if rest is not None:
        _refuse_negative(name, rest.duration_s, rest.earliest_s)
        if rest.latest_s < rest.earliest_s:
            raise WindowEndsBeforeItBegins(name=name)


def _refuse_stop(stop: Stop, hubs: set[str], size: int) -> None:
    if stop.place is not None:
        _refuse_place(stop.id, stop.place, size)
    _refuse_negative(stop.id, *stop.loads, stop.service_s, stop.release_s)
    _refuse_negative(stop.id, stop.value_minor or 0, stop.max_to_cold_s or 0)
    for window in stop.windows:
        if window.closes_s < window.opens_s:
            raise WindowEndsBeforeItBegins(name=stop.id)
        _refuse_negative(stop.id, window.opens_s)
    if stop.hub is not None and stop.hub not in hubs:
        raise UnknownName(name=stop.hub)


def _refuse_place(name: str, place: int, size: int) -> None:
    if not 0 <= place < size:
        raise BadProblem(field="place", name=name, what="no such place")


def _refuse_negative(name: str, *figures: int) -> None:
    if any(figure < 0 for figure in figures):
        raise BadProblem(field="figures", name=name, what="a figure below zero")


def _refuse_locks(problem: Problem) -> None:
    vehicles = {vehicle.id for vehicle in problem.vehicles}
    stops = {stop.id for stop in problem.stops}
    locked: set[str] = set()
    whole: set[str] = set()
    for lock in problem.locks:
        if lock.vehicle_id not in vehicles:
            raise UnknownName(name=lock.vehicle_id)
        for stop_id in lock.stop_ids:
            if stop_id not in stops:
                raise UnknownName(name=stop_id)
            if stop_id in locked:
                raise LocksCollide(name=stop_id)
            locked.add(stop_id)
        if lock.scope in (Scope.ROUTE, Scope.START):
            if lock.vehicle_id in whole:
                raise LocksCollide(name=lock.vehicle_id)
            whole.add(lock.vehicle_id)
    for lock in problem.locks:
        others = [other for other in problem.locks if other.vehicle_id == lock.vehicle_id]
        if lock.scope is Scope.ROUTE and len(others) > 1:
            raise LocksCollide(name=lock.vehicle_id)
