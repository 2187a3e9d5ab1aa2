"""What the locks leave to plan: whole routes out, begun routes shortened, sequences as one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from logistics.solver.chain import Chain, chain_of
from logistics.solver.prepared import Prepared
from logistics.solver.problem import Scope
from logistics.solver.refusals import LockedRouteBroken
from logistics.solver.schedule import Trips, time_route
from logistics.solver.truck import Truck, truck_of

Sequences = Mapping[int, Trips]
"""Task indices per vehicle index and trip."""


@dataclass(frozen=True)
class Layout:
    """The day as the search may change it.

    ``whole`` are routes locked in full and ``begun`` the tasks a route begins with, by
    vehicle index; ``chains`` is the rest, ``chain_number`` its index by task.
    """

    whole: dict[int, tuple[int, ...]]
    begun: dict[int, tuple[int, ...]]
    chains: tuple[Chain, ...]
    chain_number: dict[int, int]
    trucks: dict[int, Truck]

    @property
    def free(self) -> tuple[int, ...]:
        """Return the vehicles that the search may use."""
        return tuple(self.trucks)

    def fixed(self) -> dict[int, int]:
        """Return how many first tasks of each vehicle stay where they are."""
        return {vehicle: len(tasks) for vehicle, tasks in self.begun.items()}

    def chained(self, sequences: Sequences) -> dict[int, list[list[int]]]:
        """Return chain numbers for task sequences, without what is locked outside them."""
        found: dict[int, list[list[int]]] = {}
        for vehicle, trips in sequences.items():
            if vehicle not in self.trucks:
                continue
            found[vehicle] = []
            for trip in trips:
                numbers = [self.chain_number[i] for i in trip if i in self.chain_number]
                found[vehicle].append(list(dict.fromkeys(numbers)))
        return found

    def tasks(self, chained: Sequences) -> dict[int, list[list[int]]]:
        """Return task sequences for chain numbers, with the locked beginnings in front."""
        found: dict[int, list[list[int]]] = {}
        for vehicle, trips in chained.items():
            tasks = [[i for number in trip for i in self.chains[number].tasks] for trip in trips]
            found[vehicle] = [trip for trip in tasks if trip]
        for vehicle, begun in self.begun.items():
            trips_after = found.get(vehicle) or [[]]
            found[vehicle] = [[*begun, *trips_after[0]], *trips_after[1:]]
        return found


def lay_out(day: Prepared) -> Layout:
    """Sort the tasks by what the locks say of them.

    :raises LockedRouteBroken: if a route that is locked whole, or the locked beginning
        of one, breaks a limit by itself.
    """
    whole: dict[int, tuple[int, ...]] = {}
    begun: dict[int, tuple[int, ...]] = {}
    chained: list[tuple[int, ...]] = []
    for lock in day.problem.locks:
        tasks = tuple(i for stop_id in lock.stop_ids for i in day.tasks_of.get(stop_id, ()))
        vehicle = day.vehicle_of[lock.vehicle_id]
        if lock.scope is Scope.ROUTE:
            whole[vehicle] = tasks
        elif lock.scope is Scope.START and tasks:
            begun[vehicle] = tasks
        elif lock.scope is Scope.SEQUENCE and tasks:
            chained.append(tasks)
    for vehicle, tasks in (*whole.items(), *begun.items()):
        _refuse_broken(day, vehicle, tasks)
    taken = {i for group in (*whole.values(), *begun.values(), *chained) for i in group}
    chained += [(task.index,) for task in day.tasks if task.index not in taken]
    chains = tuple(chain_of(day, tasks) for tasks in sorted(chained))
    return Layout(
        whole=whole,
        begun=begun,
        chains=chains,
        chain_number={i: number for number, chain in enumerate(chains) for i in chain.tasks},
        trucks={
            vehicle: truck_of(day, vehicle, begun.get(vehicle, ()))
            for vehicle in range(len(day.vehicles))
            if vehicle not in whole
        },
    )


def _refuse_broken(day: Prepared, vehicle: int, tasks: tuple[int, ...]) -> None:
    broken = time_route(day, vehicle, [tasks]).broken if tasks else {}
    if broken:
        raise LockedRouteBroken(name=day.vehicles[vehicle].id, what=", ".join(sorted(broken)))
