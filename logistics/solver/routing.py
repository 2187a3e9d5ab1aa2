"""Find routes for the chains of a day with PyVRP."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pyvrp import Solution

from logistics.solver.chain import Chain
from logistics.solver.decompose import GROUP_SIZE, improve_by_groups
from logistics.solver.engine import search
from logistics.solver.first_plan import first_by_groups
from logistics.solver.layout import Layout, Sequences
from logistics.solver.limit import Limit
from logistics.solver.portfolio import side_by_side
from logistics.solver.prepared import Prepared
from logistics.solver.translate import Keep, translate
from logistics.solver.translation import Translation
from logistics.solver.truck import Truck
from logistics.solver.workers import Workers, workers

Report = Callable[[int, int], None]
"""Told the cost in minor units and the number of chains served of each new best."""

DECOMPOSE_FROM = 1_500
"""From so many stops on, groups of routes are solved instead of the whole."""

_SIDE_FROM = 50
_SIDE_S = 3.0
_TRY_SHARE = 0.15
"""How much of the limit goes into serving every stop before some may be left out."""
_TRY_LEAST = 100
_NO_COST = 2**62


@dataclass(frozen=True)
class Search:
    """How to search: seed, limit, who is told, and the children to share work with."""

    seed: int
    limit: Limit
    report: Report
    pool: Workers
    processes: int
    keep_m: int = 0
    """The metres that a stop's new predecessor must save, where a plan is kept."""


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
    keep_m: int = 0,
) -> dict[int, list[list[int]]]:
    """Return chain numbers per vehicle and trip."""
    kept = [number for number in range(len(layout.chains)) if number not in skip]
    trucks = {vehicle: truck for vehicle, truck in layout.trucks.items() if truck.usable}
    if not kept or not trucks:
        return {}
    number_of = {number: at for at, number in enumerate(kept)}
    chains = [layout.chains[number] for number in kept]
    wanted = {
        vehicle: [[number_of[n] for n in trip if n in number_of] for trip in trips]
        for vehicle, trips in start.items()
    }
    with workers(_children(len(chains), processes, limit)) as pool:
        how = Search(seed, limit, report, pool, processes, keep_m)
        found = _planned(day, trucks, chains, wanted, how)
    return {
        vehicle: [[kept[at] for at in trip] for trip in trips] for vehicle, trips in found.items()
    }


def _children(stops: int, processes: int, limit: Limit) -> int:
    """Return how many children share the work; small or short searches need none."""
    if processes < 2:
        return 0
    if stops >= DECOMPOSE_FROM:
        return processes
    # This process searches too, and its children from other seeds.
    return processes - 1 if stops >= _SIDE_FROM and limit.seconds_left() > _SIDE_S else 0


def _planned(
    day: Prepared,
    trucks: Mapping[int, Truck],
    chains: list[Chain],
    wanted: Sequences,
    how: Search,
) -> dict[int, list[list[int]]]:
    begin = wanted
    keep = Keep(wanted, how.keep_m) if how.keep_m and wanted else None
    if _all_may_fit(trucks, chains):
        # With every stop required PyVRP searches twice as fast; if it finds no way to
        # serve all of them soon, stops become optional at a high prize.
        words = translate(day, trucks, chains, required=True, keep=keep)
        start = words.solution(wanted) if any(any(t) for t in wanted.values()) else None
        best = _improved(words, start, how, give_up=_hopeless(how.limit))
        if best.is_feasible():
            return words.sequences(best, wanted)
        begin = _feasible_part(words, best, wanted)
        # Two translations of a large day would not fit side by side.
        del words, best
    words = translate(day, trucks, chains, required=False, keep=keep)
    # PyVRP's own start has every optional stop in; the empty plan is far better.
    best = _improved(words, words.solution(begin), how)
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


def _hopeless(limit: Limit) -> Callable[[float], bool]:
    """Return a test that gives up where no feasible plan was found after a while."""
    used, seconds = limit.used, limit.seconds_left()
    tries = _TRY_LEAST
    if limit.iterations is not None:
        tries = max(tries, int(_TRY_SHARE * (limit.iterations - used)))

    def hopeless(best_cost: float) -> bool:
        if best_cost < _NO_COST or limit.used < used + tries:
            return False
        return limit.iterations is not None or limit.seconds_left() < seconds * (1 - _TRY_SHARE)

    return hopeless


def _improved(
    words: Translation,
    start: Solution | None,
    how: Search,
    give_up: Callable[[float], bool] | None = None,
) -> Solution:
    """Search the whole problem, and a large one by groups from its first good plan."""
    large = len(words.chains) >= DECOMPOSE_FROM
    first_s = how.limit.seconds_left()

    def enough(best_cost: float) -> bool:
        if give_up is not None and give_up(best_cost):
            return True
        if not large or best_cost >= _NO_COST:
            return False
        # An empty start is feasible at once; it wants some routes before it is cut.
        short = how.limit.seconds_left() < first_s * (1 - _TRY_SHARE)
        return start is None or short or how.limit.deadline is None

    def whole() -> Solution:
        return search(
            words.data,
            seed=how.seed,
            limit=how.limit,
            start=start,
            on_best=_reporter(words, how.report),
            enough=enough,
        )

    if not large:
        aside = side_by_side(words.data, start, seed=how.seed, limit=how.limit, pool=how.pool)
        with aside as others:
            best = whole()
            if not best.is_feasible():
                others.given_up.set()
        return others.better_than(best)
    best = _first(words, start, how) or whole()
    if not best.is_feasible():
        return best
    return improve_by_groups(
        words.data,
        best,
        seed=how.seed,
        limit=how.limit,
        pool=how.pool,
        processes=how.processes,
        on_round=_reporter(words, how.report),
    )


def _first(words: Translation, start: Solution | None, how: Search) -> Solution | None:
    """Return a first plan of a large problem from groups, where nothing is to be kept."""
    if start is not None:
        return None
    found = first_by_groups(
        words.data,
        seed=how.seed,
        limit=how.limit,
        pool=how.pool,
        processes=how.processes,
        size=GROUP_SIZE,
    )
    if found is not None:
        _reporter(words, how.report)(found)
    return found


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
