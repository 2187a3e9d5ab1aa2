"""The board as a value: routes, locks and mends, and what a hand can do to them.

Every move returns another board; whether it breaks a limit is for the checker to say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from app.kernel.errors import N_, BadInput, Refusal
from logistics.solver.plan import Mend, MendKind
from logistics.solver.problem import Lock, Scope

Routes = dict[str, list[list[str]]]


class NotOnBoard(BadInput):
    """A form names a stop or a place that the board does not have."""

    code = "not_on_board"
    message = N_("This stop or truck is not on the board any more. Look at the board again.")


class SplitStopLocked(Refusal):
    """What is locked stays in one piece; this load is carried in several."""

    code = "split_stop_locked"
    message = N_("This village is served in several parts, so it cannot be locked to one truck.")


@dataclass(frozen=True)
class Spot:
    """A place on the board: before this position of a truck's trip."""

    vehicle: str
    trip: int
    position: int


@dataclass(frozen=True)
class Applied:
    """A mend that was made for a stop; it holds for this plan alone."""

    stop_id: str
    mend: Mend


@dataclass(frozen=True)
class BoardState:
    """Stop ids per vehicle and trip, and what is locked.

    ``kept`` are stops that stay with their truck, ``fixed`` how many first stops of a
    truck stay where they are, ``whole`` the trucks whose route stays as it is, and
    ``broken`` the trucks that drive no further today.
    """

    routes: Routes
    kept: frozenset[str] = frozenset()
    fixed: Mapping[str, int] = field(default_factory=dict)
    whole: frozenset[str] = frozenset()
    mends: tuple[Applied, ...] = ()
    broken: frozenset[str] = frozenset()

    def stop_at(self, spot: Spot) -> str:
        """Return the stop at a place of the board.

        :raises NotOnBoard: if there is none.
        """
        trips = self.routes.get(spot.vehicle, [])
        if not (0 <= spot.trip < len(trips) and 0 <= spot.position < len(trips[spot.trip])):
            raise NotOnBoard
        return trips[spot.trip][spot.position]

    def placed(self) -> list[str]:
        """Return the stops on all routes, once per visit."""
        return [stop for trips in self.routes.values() for trip in trips for stop in trip]

    def locks(self) -> tuple[Lock, ...]:
        """Return the locks as the solver and the checker take them."""
        found: list[Lock] = []
        for vehicle, trips in sorted(self.routes.items()):
            on_route = [stop for trip in trips for stop in trip]
            first = tuple(trips[0][: self.fixed.get(vehicle, 0)]) if trips else ()
            if vehicle in self.whole and len(trips) <= 1:
                found.append(Lock(vehicle, tuple(on_route), Scope.ROUTE))
                continue
            if first:
                found.append(Lock(vehicle, first, Scope.START))
            kept = [
                stop
                for stop in on_route
                if stop not in first and (stop in self.kept or vehicle in self.whole)
            ]
            if kept:
                found.append(Lock(vehicle, tuple(kept)))
        return tuple(found)

    def move(self, stop_id: str, origin: Spot | None, target: Spot | None) -> BoardState:
        """Return the board with a stop moved; no origin or no target is the pool beside it.

        :raises NotOnBoard: if the stop is not where it is said to be.
        """
        routes = {vehicle: [list(t) for t in trips] for vehicle, trips in self.routes.items()}
        fixed = dict(self.fixed)
        if origin is not None:
            if self.stop_at(origin) != stop_id:
                raise NotOnBoard
            routes[origin.vehicle][origin.trip].pop(origin.position)
            if origin.trip == 0 and origin.position < fixed.get(origin.vehicle, 0):
                fixed[origin.vehicle] -= 1
        if target is not None:
            trips = routes.setdefault(target.vehicle, [[]])
            while len(trips) <= target.trip <= len(trips):
                trips.append([])
            if not 0 <= target.trip < len(trips):
                raise NotOnBoard
            trip = trips[target.trip]
            position = min(max(target.position, 0), len(trip))
            trip.insert(position, stop_id)
            if target.trip == 0 and position < fixed.get(target.vehicle, 0):
                fixed[target.vehicle] += 1
        routes = {v: [t for t in trips if t] or [[]] for v, trips in routes.items()}
        kept = self.kept if target is not None else self.kept - {stop_id}
        return replace(self, routes=routes, fixed=_counted(fixed), kept=kept)

    def lock_stop(self, stop_id: str) -> BoardState:
        """Return the board with a stop locked to its truck.

        :raises SplitStopLocked: if it is served in several parts.
        :raises NotOnBoard: if it is on no route.
        """
        self._refuse_split([stop_id])
        return replace(self, kept=self.kept | {stop_id})

    def unlock_stop(self, stop_id: str) -> BoardState:
        """Return the board with a stop free again."""
        return replace(self, kept=self.kept - {stop_id})

    def fix(self, vehicle: str, count: int) -> BoardState:
        """Return the board with a truck's first stops locked in place; none frees them.

        :raises NotOnBoard: if its first trip has fewer stops.
        :raises SplitStopLocked: if one of them is served in several parts.
        """
        trips = self.routes.get(vehicle) or [[]]
        if not 0 <= count <= len(trips[0]):
            raise NotOnBoard
        self._refuse_split(trips[0][:count])
        return replace(self, fixed=_counted({**self.fixed, vehicle: count}))

    def lock_route(self, vehicle: str) -> BoardState:
        """Return the board with a truck's route locked whole.

        :raises NotOnBoard: if there is no such truck.
        :raises SplitStopLocked: if one of its stops is served in several parts.
        """
        if vehicle not in self.routes:
            raise NotOnBoard
        self._refuse_split([stop for trip in self.routes[vehicle] for stop in trip])
        return replace(self, whole=self.whole | {vehicle})

    def unlock_route(self, vehicle: str) -> BoardState:
        """Return the board with a truck's route free again."""
        return replace(self, whole=self.whole - {vehicle})

    def mended(self, stop_id: str, mend: Mend) -> BoardState:
        """Return the board with a mend made for a stop."""
        return replace(self, mends=(*self.mends, Applied(stop_id, mend)))

    def break_down(self, vehicle: str) -> BoardState:
        """Return the board without a truck: its stops wait for another one.

        :raises NotOnBoard: if there is no such truck.
        """
        if vehicle not in self.routes:
            raise NotOnBoard
        waiting = {stop for trip in self.routes[vehicle] for stop in trip}
        return replace(
            self,
            routes={name: trips for name, trips in self.routes.items() if name != vehicle},
            kept=self.kept - waiting,
            fixed={name: count for name, count in self.fixed.items() if name != vehicle},
            whole=self.whole - {vehicle},
            broken=self.broken | {vehicle},
        )

    def _refuse_split(self, stop_ids: Sequence[str]) -> None:
        on_board = self.placed()
        for stop_id in stop_ids:
            times = on_board.count(stop_id)
            if not times:
                raise NotOnBoard
            if times > 1:
                raise SplitStopLocked


def to_json(board: BoardState) -> dict[str, Any]:
    """Return a board as plain values for a row."""
    return {
        "routes": board.routes,
        "kept": sorted(board.kept),
        "fixed": dict(board.fixed),
        "whole": sorted(board.whole),
        "mends": [
            {
                "stop_id": applied.stop_id,
                "kind": applied.mend.kind.value,
                "vehicle_id": applied.mend.vehicle_id,
                "amount": applied.mend.amount,
            }
            for applied in board.mends
        ],
        "broken": sorted(board.broken),
    }


def from_json(row: Mapping[str, Any]) -> BoardState:
    """Return the board of a row; what an older row does not name is empty."""
    return BoardState(
        routes={v: [list(trip) for trip in trips] for v, trips in row.get("routes", {}).items()},
        kept=frozenset(row.get("kept", ())),
        fixed=dict(row.get("fixed", {})),
        whole=frozenset(row.get("whole", ())),
        mends=tuple(
            Applied(m["stop_id"], Mend(MendKind(m["kind"]), m["vehicle_id"], m["amount"]))
            for m in row.get("mends", ())
        ),
        broken=frozenset(row.get("broken", ())),
    )


def _counted(fixed: Mapping[str, int]) -> dict[str, int]:
    return {vehicle: count for vehicle, count in fixed.items() if count > 0}
