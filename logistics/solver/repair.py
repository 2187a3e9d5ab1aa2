"""Make routes keep what PyVRP does not know: rests, time to cold, exact waiting.

A stop that breaks a limit is taken out and put where it fits best; what fits nowhere
is left over.
"""

from __future__ import annotations

from collections.abc import Iterable

from logistics.solver.insertion import Place, Standing, best_places, placed
from logistics.solver.layout import Layout, Sequences
from logistics.solver.prepared import Prepared
from logistics.solver.schedule import Trips, time_route


def repair(
    day: Prepared, layout: Layout, sequences: Sequences, *, skip: frozenset[int] = frozenset()
) -> tuple[dict[int, list[list[int]]], dict[int, list[Place]]]:
    """Return routes that break no limit, and the chains left over with their best position.

    That position costs more than the chain is worth; mostly there is none.
    ``skip`` are chains known to fit no vehicle, which are not tried again.
    """
    kept: dict[int, list[list[int]]] = {v: [list(tasks)] for v, tasks in layout.whole.items()}
    for vehicle, trips in sorted(sequences.items()):
        kept[vehicle] = _mended(day, layout, vehicle, [list(trip) for trip in trips])
    served = {i for trips in kept.values() for trip in trips for i in trip}
    missing = [n for n, chain in enumerate(layout.chains) if chain.tasks[0] not in served]
    waiting = sorted(set(missing) - skip, key=lambda n: _urgency(layout, n))
    left: dict[int, list[Place]] = {number: [] for number in missing}
    while True:
        known: dict[int, Standing] = {}
        still = [n for n in waiting if not _insert(day, layout, kept, n, known, left)]
        for number in set(waiting) - set(still):
            del left[number]
        # What went in may have changed the positions that others were offered.
        if len(still) == len(waiting):
            return kept, dict(sorted(left.items()))
        waiting = still


def _urgency(layout: Layout, number: int) -> tuple[int, int, int]:
    """Sort stops that must be served first, then by value, then by load."""
    chain = layout.chains[number]
    must = chain.value_minor is None
    return (0 if must else 1, -(chain.value_minor or 0), -chain.loads[0])


def _insert(
    day: Prepared,
    layout: Layout,
    kept: dict[int, list[list[int]]],
    number: int,
    known: dict[int, Standing],
    left: dict[int, list[Place]],
) -> bool:
    """Put a chain where it fits best, if it is worth it; else note the best position."""
    chain = layout.chains[number]
    left[number] = places = best_places(
        day, kept, chain.tasks, count=1, fixed=layout.fixed(), vehicles=layout.free, known=known
    )
    worth = chain.value_minor
    if not places or (worth is not None and places[0].added_cost_minor > worth):
        return False
    vehicle = places[0].vehicle
    kept[vehicle] = placed(kept.get(vehicle, []), chain.tasks, places[0])
    known.pop(vehicle, None)
    return True


def _mended(day: Prepared, layout: Layout, vehicle: int, trips: list[list[int]]) -> list[list[int]]:
    """Return the trips without the fewest stops that break them."""
    trips = [trip for trip in trips if trip]
    best = _excess(day, vehicle, trips)
    if best == 0:
        return trips
    turned = [_turned(day, layout, vehicle, trip) for trip in trips]
    if _excess(day, vehicle, turned) < best:
        trips, best = turned, _excess(day, vehicle, turned)
    while best > 0:
        options = list(_removals(layout, trips))
        if not options:
            return trips
        trips = min(options, key=lambda option: _excess(day, vehicle, option))
        best = _excess(day, vehicle, trips)
    return trips


def _excess(day: Prepared, vehicle: int, trips: Trips) -> int:
    """Return by how much limits are broken; figures of all kinds count alike."""
    if not any(trips):
        return 0
    return sum(time_route(day, vehicle, trips).broken.values())


def _turned(day: Prepared, layout: Layout, vehicle: int, trip: list[int]) -> list[int]:
    """Return a trip driven backwards, as perishables then come last; locks stay in order."""
    begun = len(layout.begun.get(vehicle, ()))
    if begun or any(i in day.sequence_of for i in trip):
        return trip
    return trip[::-1]


def _removals(layout: Layout, trips: list[list[int]]) -> Iterable[list[list[int]]]:
    """Yield the trips with one chain less, for each chain that may be moved."""
    numbers = {layout.chain_number[i] for trip in trips for i in trip if i in layout.chain_number}
    for number in sorted(numbers):
        gone = set(layout.chains[number].tasks)
        yield [rest for trip in trips if (rest := [i for i in trip if i not in gone])]
