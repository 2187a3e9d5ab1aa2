"""Find routes for the chains of a day with PyVRP."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pyvrp import Solution

from logistics.solver.chain import Chain
from logistics.solver.engine import search
from logistics.solver.layout import Layout, Sequences
from logistics.solver.limit import Limit
from logistics.solver.prepared import Prepared
from logistics.solver.translate import translate
from logistics.solver.translation import Translation
from logistics.solver.truck import Truck

Report = Callable[[int, int], None]
"""Told the cost in minor units and the number of chains served of each new best."""

_TRY_SHARE = 0.15
"""How much of the limit goes into serving every stop before some may be left out."""
_TRY_LEAST = 100
_NO_COST = 2**62


def find_routes(
    day: Prepared,
    layout: Layout,
    *,
    skip: frozenset[int],
    seed: int,
    limit: Limit,
    start: Sequences,
    report: Report,
    processes: int = 1,
) -> dict[int, list[list[int]]]:
    """Return chain numbers per vehicle and trip."""
    kept = [number for number in range(len(layout.chains)) if number not in skip]
    if not kept or not layout.trucks:
        return {}
    number_of = {number: at for at, number in enumerate(kept)}
    chains = [layout.chains[number] for number in kept]
    wanted = {
        vehicle: [[number_of[n] for n in trip if n in number_of] for trip in trips]
        for vehicle, trips in start.items()
    }
    found = _planned(day, layout.trucks, chains, wanted, seed=seed, limit=limit, report=report)
    return {
        vehicle: [[kept[at] for at in trip] for trip in trips] for vehicle, trips in found.items()
    }


def _planned(
    day: Prepared,
    trucks: Mapping[int, Truck],
    chains: list[Chain],
    wanted: Sequences,
    *,
    seed: int,
    limit: Limit,
    report: Report,
) -> dict[int, list[list[int]]]:
    begin = wanted
    if _all_may_fit(trucks, chains):
        # With every stop required PyVRP searches twice as fast; if it finds no way to
        # serve all of them soon, stops become optional at a high prize.
        words = translate(day, trucks, chains, required=True)
        best = _search_all(words, seed=seed, limit=limit, wanted=wanted, report=report)
        if best.is_feasible():
            return words.sequences(best, wanted)
        begin = _feasible_part(words, best, wanted)
    words = translate(day, trucks, chains, required=False)
    best = search(
        words.data,
        seed=seed,
        limit=limit,
        # PyVRP's own start has every optional stop in; the empty plan is far better.
        start=words.solution(begin),
        on_best=_reporter(words, report),
    )
    if not best.is_feasible():
        return _feasible_part(words, best, wanted)
    return words.sequences(best, wanted)


def _all_may_fit(trucks: Mapping[int, Truck], chains: list[Chain]) -> bool:
    """Return whether every stop must be served and the fleet could carry all of it."""
    optional = sum(chain.value_minor is not None for chain in chains)
    if optional * 5 > len(chains):
        return False
    for dimension in range(3):
        need = sum(chain.loads[dimension] for chain in chains)
        room = sum(t.capacities[dimension] * (1 + t.max_reloads) for t in trucks.values())
        if need > room:
            return False
    return True


def _search_all(
    words: Translation, *, seed: int, limit: Limit, wanted: Sequences, report: Report
) -> Solution:
    """Search with every stop required; give up where none is feasible after a while."""
    used, seconds = limit.used, limit.seconds_left()
    tries = _TRY_LEAST
    if limit.iterations is not None:
        tries = max(tries, int(_TRY_SHARE * (limit.iterations - used)))

    def hopeless(best_cost: float) -> bool:
        if best_cost < _NO_COST or limit.used < used + tries:
            return False
        return limit.iterations is not None or limit.seconds_left() < seconds * (1 - _TRY_SHARE)

    return search(
        words.data,
        seed=seed,
        limit=limit,
        start=words.solution(wanted) if any(any(t) for t in wanted.values()) else None,
        on_best=_reporter(words, report),
        enough=hopeless,
    )


def _feasible_part(
    words: Translation, solution: Solution, wanted: Sequences
) -> dict[int, list[list[int]]]:
    """Return the routes of a solution that break no limit."""
    routes = [route for route in solution.routes() if route.is_feasible()]
    return words.sequences(Solution(words.data, routes), wanted)


def _reporter(words: Translation, report: Report) -> Callable[[Solution], None]:
    def tell(best: Solution) -> None:
        parts = best.distance_cost() + best.duration_cost() + best.fixed_vehicle_cost()
        report(parts * words.scale // 18_000, best.num_clients())

    return tell
