"""What the board of a plan works on: the problem behind it, its stops and its trucks.

Before the trucks leave, stops are villages. Once one has left, the desk is about the
rest of the day: what is done is out of it, and each truck starts where it is now.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace

from app.kernel.geo import Position
from app.models.names import PlaceName
from logistics.services.board_state import BoardState, Routes
from logistics.services.planning import DayProblem
from logistics.solver.changes import apply_mend
from logistics.solver.plan import Route
from logistics.solver.prepared import Prepared, prepare
from logistics.solver.problem import Problem, Stop

_KEPT_PREPARED = 8


@dataclass(frozen=True)
class DeskStop:
    """A stop by its solver's name: which village, what it loads, which row if it has one."""

    stop_id: str
    village_id: int
    village: PlaceName
    where: Position | None
    load_g: int
    row_id: int | None = None
    takes_over_run_id: int | None = None


@dataclass(frozen=True)
class Truck:
    """A truck of the board, also one whose part of the day is over."""

    vehicle_id: str
    name: str
    plate: str | None
    run_id: int | None = None
    done: int = 0
    cargo_g: int = 0


@dataclass(frozen=True, eq=False)
class Desk:
    """One plan ready to be changed; ``start`` is the board before any change.

    ``cargo`` is the stop at which a truck's load would be taken over, by truck.
    """

    plan_id: int
    day: DayProblem
    problem: Problem
    stops: Mapping[str, DeskStop]
    trucks: Mapping[str, Truck]
    start: BoardState
    is_live: bool
    hub: PlaceName
    hub_where: Position | None
    cargo: Mapping[str, Stop] = field(default_factory=dict)
    _prepared: OrderedDict[Hashable, tuple[Prepared, dict[Hashable, Route]]] = field(
        default_factory=OrderedDict, repr=False
    )
    _guard: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def ready(self, board: BoardState) -> tuple[Prepared, dict[Hashable, Route]]:
        """Return the problem under a board's locks and mends, and the routes known of it."""
        problem = self.problem_of(board)
        key = (problem.locks, problem.vehicles, problem.stops)
        with self._guard:
            found = self._prepared.get(key)
            if found is None:
                found = self._prepared[key] = (prepare(problem), {})
                if len(self._prepared) > _KEPT_PREPARED:
                    self._prepared.popitem(last=False)
            self._prepared.move_to_end(key)
        return found

    def problem_of(self, board: BoardState) -> Problem:
        """Return the problem with a board's mends made and its locks set."""
        problem = self.problem
        if board.broken:
            vehicles = tuple(v for v in problem.vehicles if v.id not in board.broken)
            left = tuple(self.cargo[v] for v in sorted(board.broken) if v in self.cargo)
            problem = replace(problem, vehicles=vehicles, stops=(*problem.stops, *left))
        known = {stop.id for stop in problem.stops}
        for applied in board.mends:
            if applied.stop_id in known:
                problem = apply_mend(problem, applied.stop_id, applied.mend)
        return replace(problem, locks=board.locks())

    def fitted(self, board: BoardState) -> BoardState:
        """Return a kept board without the stops that are done or sold no more."""
        known = {stop.id for stop in self.problem.stops}
        known |= {self.cargo[v].id for v in board.broken if v in self.cargo}
        gone = set(board.placed()) - known
        fixed = dict(board.fixed)
        routes: Routes = {}
        for vehicle in self.trucks:
            if vehicle in board.broken:
                continue
            trips = board.routes.get(vehicle, [[]])
            first = trips[0][: fixed.get(vehicle, 0)] if trips else []
            if vehicle in fixed:
                fixed[vehicle] -= sum(stop in gone for stop in first)
            kept = [[stop for stop in trip if stop in known] for trip in trips]
            routes[vehicle] = [trip for trip in kept if trip] or [[]]
        return replace(
            board,
            routes=routes,
            kept=board.kept & known,
            fixed={v: n for v, n in fixed.items() if n > 0 and v in routes},
            whole=board.whole & routes.keys(),
        )
