"""A problem made ready to plan: big stops split, each part knowing who may serve it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from logistics.solver.matrix import UNREACHABLE, GreatCircle, Matrix
from logistics.solver.memory import refuse_too_large
from logistics.solver.problem import FOREVER_S, Hub, Kind, Problem, Scope, Stop, Vehicle, Window

ALWAYS = (Window(0, FOREVER_S),)


@dataclass(frozen=True)
class Task:
    """One visit to plan: a stop, or one part of a stop too big for a truck."""

    index: int
    stop: Stop
    place: int
    loads: tuple[int, int, int]
    service_s: int
    windows: tuple[Window, ...]
    release_s: int
    part: int = 0
    parts: int = 1
    never: bool = False
    """All windows close before the goods are there."""

    @property
    def is_delivery(self) -> bool:
        """Return whether the goods go from the hub to the stop."""
        return self.stop.kind is Kind.DELIVERY


@dataclass(frozen=True, eq=False)
class Prepared:
    """The problem with its matrix, its tasks and who may serve which."""

    problem: Problem
    matrix: Matrix
    tasks: tuple[Task, ...]
    lost: tuple[Stop, ...]
    """Stops without a place; no route can reach them."""
    hubs: dict[str, Hub] = field(repr=False)
    tasks_of: dict[str, tuple[int, ...]] = field(repr=False)
    vehicle_of: dict[str, int] = field(repr=False)
    locked_to: dict[str, int] = field(repr=False)
    sequence_of: dict[int, int] = field(repr=False)
    """The number of the locked sequence that a task belongs to."""
    hub_places: frozenset[int] = frozenset()
    allowed_of: dict[tuple[tuple[str, str | None, int | None], ...], frozenset[int]] = field(
        default_factory=dict, repr=False
    )
    """Which vehicles may serve which sort of stops, filled as it is asked for."""

    @property
    def vehicles(self) -> tuple[Vehicle, ...]:
        """Return the problem's vehicles; tasks and routes name them by index."""
        return self.problem.vehicles

    @cached_property
    def model_of(self) -> tuple[int, ...]:
        """Return per vehicle the first one of its kind; what fails for it fails for both."""
        first: dict[Vehicle, int] = {}
        return tuple(
            first.setdefault(replace(vehicle, id=""), index)
            for index, vehicle in enumerate(self.vehicles)
        )

    @cached_property
    def models(self) -> tuple[int, ...]:
        """Return the first vehicle of each kind."""
        return tuple(sorted(set(self.model_of)))

    def candidates(self, task: Task) -> tuple[int, ...]:
        """Return the vehicles to look at when an empty one is sought for a task."""
        locked = self.locked_to.get(task.stop.id)
        return self.models if locked is None else (locked,)

    def end_place(self, vehicle: int) -> int:
        """Return where a vehicle's trips end."""
        return self.hubs[self.vehicles[vehicle].end_hub].place

    def leg_m(self, origin: int, target: int) -> int:
        """Return the metres between two places."""
        return int(self.matrix.distance_m.item(origin, target))

    def leg_s(self, origin: int, target: int) -> int:
        """Return the driving seconds between two places."""
        return int(self.matrix.duration_s.item(origin, target))

    def reachable(self, origin: int, target: int) -> bool:
        """Return whether there is any way between two places."""
        return self.leg_m(origin, target) < UNREACHABLE and self.leg_s(origin, target) < UNREACHABLE

    def may_serve(self, vehicle: int, task: Task) -> bool:
        """Return whether goods, hub and locks let this vehicle serve the task at all."""
        return self.goods_fit(vehicle, task) and (
            self.locked_to.get(task.stop.id, vehicle) == vehicle
        )

    def goods_fit(self, vehicle: int, task: Task) -> bool:
        """Return whether the vehicle runs to or from the hub of these goods."""
        truck = self.vehicles[vehicle]
        if not task.is_delivery:
            return task.stop.hub in (None, truck.end_hub)
        if task.stop.hub is None:
            return truck.start_place in self.hub_places
        # A delivery is loaded where the truck starts and where it reloads.
        at_hub = truck.start_place == self.hubs[task.stop.hub].place
        return at_hub and (truck.max_reloads == 0 or truck.end_hub == task.stop.hub)


def prepare(problem: Problem) -> Prepared:
    """Split big stops and look up what planning needs, once per problem.

    :raises TooLarge: if the machine's free memory cannot hold the matrices.
    """
    refuse_too_large(len(problem.stops), max(len(problem.places), len(problem.stops)))
    matrix = problem.matrix
    if matrix is None:
        matrix = GreatCircle().matrix(problem.places)
    hubs = {hub.id: hub for hub in problem.hubs}
    vehicle_of = {vehicle.id: index for index, vehicle in enumerate(problem.vehicles)}
    whole = {stop_id for lock in problem.locks for stop_id in lock.stop_ids}
    tasks: list[Task] = []
    tasks_of: dict[str, tuple[int, ...]] = {}
    for stop in problem.stops:
        if stop.place is None:
            continue
        # What the manager locked to one truck stays in one piece on it.
        parts = 1 if stop.id in whole else _parts(stop, problem.vehicles)
        made = list(_split(stop, stop.place, parts, first=len(tasks)))
        tasks_of[stop.id] = tuple(task.index for task in made)
        tasks.extend(made)
    return Prepared(
        problem=problem,
        matrix=matrix,
        tasks=tuple(tasks),
        lost=tuple(stop for stop in problem.stops if stop.place is None),
        hubs=hubs,
        tasks_of=tasks_of,
        vehicle_of=vehicle_of,
        locked_to={
            stop_id: vehicle_of[lock.vehicle_id]
            for lock in problem.locks
            for stop_id in lock.stop_ids
        },
        sequence_of={
            index: number
            for number, lock in enumerate(problem.locks)
            if lock.scope is Scope.SEQUENCE
            for stop_id in lock.stop_ids
            for index in tasks_of.get(stop_id, ())
        },
        hub_places=frozenset(hub.place for hub in problem.hubs),
    )


def open_windows(stop: Stop) -> tuple[Window, ...]:
    """Return the windows in order that are still open when the goods are there.

    A pickup's goods are ready at the village, so their release is a later opening;
    those of a delivery are at the hub, and it is the truck's leaving that waits.
    """
    still = (w for w in stop.windows or ALWAYS if w.closes_s >= stop.release_s)
    if stop.kind is Kind.PICKUP:
        still = (Window(max(w.opens_s, stop.release_s), w.closes_s) for w in still)
    return tuple(sorted(still, key=lambda window: (window.opens_s, window.closes_s)))


def _parts(stop: Stop, vehicles: tuple[Vehicle, ...]) -> int:
    """Return in how many parts the fleet can carry a stop; 1 where splitting is no help."""
    if not stop.divisible or not vehicles:
        return 1
    if any(_fits(stop.loads, vehicle.capacities) for vehicle in vehicles):
        return 1
    # Largest trucks first: take as few parts as the trips of those trucks allow.
    sizes = sorted({vehicle.capacities for vehicle in vehicles}, reverse=True)
    fewest = 0
    for size in sizes:
        if any(need and not room for need, room in zip(stop.loads, size, strict=True)):
            continue
        parts = max(-(-need // room) for need, room in zip(stop.loads, size, strict=True) if room)
        fewest = fewest or parts
        trips = sum(1 + v.max_reloads for v in vehicles if _fits(size, v.capacities))
        if parts <= trips:
            return parts
    return max(1, fewest)


def _fits(loads: tuple[int, int, int], room: tuple[int, int, int]) -> bool:
    return all(need <= space for need, space in zip(loads, room, strict=True))


def _split(stop: Stop, place: int, parts: int, *, first: int) -> Iterator[Task]:
    """Yield equal parts whose loads sum to the stop's, to the gram and the crate."""
    windows = open_windows(stop)
    for part in range(parts):
        share = [(part + 1) * load // parts - part * load // parts for load in stop.loads]
        yield Task(
            index=first + part,
            stop=stop,
            place=place,
            loads=(share[0], share[1], share[2]),
            service_s=-(-stop.service_s // parts),
            windows=windows or ALWAYS,
            release_s=stop.release_s if stop.kind is Kind.DELIVERY else 0,
            part=part,
            parts=parts,
            never=not windows,
        )
