"""The rest of a day on the road: what is done is frozen, each truck starts where it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import (
    CargoTransfer,
    Hub,
    Plan,
    Run,
    Stop,
    Vehicle,
    Village,
    Weighing,
    WeighingPlace,
)
from logistics.services.batching import position_of
from logistics.services.board_state import BoardState, Routes
from logistics.services.desk import Desk, DeskStop, Truck
from logistics.services.planning import DayProblem
from logistics.services.readings import current, total_g
from logistics.solver import problem as solver

# Crates are carried from one truck to the other by hand, each read by its label.
_TAKE_OVER_S, _TAKE_OVER_S_PER_100_KG = 900, 120


def rest_of_day(session: Session, *, plan: Plan, day: DayProblem, at: datetime) -> Desk:
    """Return the desk of a published plan whose trucks are on the road.

    Stops are the rows that are not done; the next stop of a truck that has left is
    fixed, as its driver is on the way there. A broken truck drives no further, and what
    it carries is one more stop where it stands.
    """
    hub = session.get_one(Hub, plan.hub_id)
    now_s = max(0, int((at - day.times.base_at).total_seconds()))
    rest = _Rest(session, plan, day, now_s)
    rest.read()
    problem = replace(
        day.problem,
        vehicles=tuple(rest.vehicles),
        stops=tuple(rest.problem_stops),
        locks=(),
    )
    board = BoardState(routes=rest.routes, fixed=rest.fixed)
    desk = Desk(
        plan_id=plan.id,
        day=day,
        problem=problem,
        stops=rest.stops,
        trucks=rest.trucks,
        start=board,
        is_live=True,
        hub=hub.called,
        hub_where=position_of(hub),
        cargo=rest.cargo,
    )
    return replace(desk, start=desk.fitted(board))


class _Rest:
    """What is read of the runs, one after the other."""

    def __init__(self, session: Session, plan: Plan, day: DayProblem, now_s: int) -> None:
        self._session = session
        self._plan = plan
        self._day = day
        self._now_s = now_s
        self._place_of = {stop.id: stop.place for stop in day.problem.stops}
        self._model_of = {vehicle.id: vehicle for vehicle in day.problem.vehicles}
        self.vehicles: list[solver.Vehicle] = []
        self.problem_stops: list[solver.Stop] = []
        self.stops: dict[str, DeskStop] = {}
        self.trucks: dict[str, Truck] = {}
        self.routes: Routes = {}
        self.fixed: dict[str, int] = {}
        self.cargo: dict[str, solver.Stop] = {}

    def read(self) -> None:
        """Read every truck of the hub with what is left of its run."""
        trucks = trucks_of(self._session, self._plan, set(self._model_of))
        runs = {
            run.id: run
            for run in self._session.scalars(
                select(Run).where(Run.plan_id == self._plan.id).order_by(Run.id)
            )
        }
        stops: dict[int, list[Stop]] = {}
        for stop in self._session.scalars(
            select(Stop).where(Stop.run_id.in_(runs)).order_by(Stop.run_id, Stop.position)
        ):
            stops.setdefault(stop.run_id, []).append(stop)
        self._cargo = cargo_of_runs(self._session, list(runs))
        self._villages = villages_of(
            self._session,
            sorted({s.village_id for on in stops.values() for s in on if s.village_id}),
        )
        for name, truck in trucks.items():
            run = None if truck.run_id is None else runs[truck.run_id]
            self._truck(name, truck, run, stops.get(truck.run_id or 0, []))

    def _truck(self, name: str, truck: Truck, run: Run | None, stops: list[Stop]) -> None:
        model = self._model_of[name]
        done = [stop for stop in stops if stop.done_at is not None]
        left = [stop for stop in stops if stop.done_at is None]
        cargo_g = 0 if run is None else self._cargo.get(run.id, 0)
        if run is not None and run.finished_at is not None:
            return
        if run is not None and run.broken_at is not None:
            return
        starts_s = max(self._now_s, model.shift_start_s)
        place = model.start_place
        if done:
            last = done[-1]
            place = self._place(last, otherwise=place)
            gone = int(
                ((last.done_at or last.departs_at) - self._day.times.base_at).total_seconds()
            )
            starts_s = max(self._now_s, gone)
        self.vehicles.append(
            replace(
                model,
                start_place=place,
                aboard_g=cargo_g,
                shift_start_s=starts_s,
                shift_end_s=max(model.shift_end_s, starts_s),
            )
        )
        self.trucks[name] = replace(truck, done=len(done), cargo_g=cargo_g)
        if run is not None and done and cargo_g:
            self._add_cargo(name, run, done[-1], place, cargo_g)
        known = [stop for stop in left if self._add(stop)]
        self.routes[name] = _trips(known)
        if known and run is not None and run.started_at is not None:
            self.fixed[name] = 1

    def _add(self, stop: Stop) -> bool:
        """Note a stop that is still to be driven to, unless nothing is sold there any more."""
        village = self._villages.get(stop.village_id or 0)
        if village is None or str(village.id) not in self._place_of:
            return False
        model = next(s for s in self._day.problem.stops if s.id == str(village.id))
        name = f"s{stop.id}"
        is_cargo = stop.takes_over_run_id is not None
        self.problem_stops.append(
            replace(
                model,
                id=name,
                load_g=stop.load_g,
                windows=() if is_cargo else model.windows,
                service_s=take_over_s(stop.load_g) if is_cargo else _share_s(model, stop.load_g),
                divisible=False,
            )
        )
        self.stops[name] = DeskStop(
            stop_id=name,
            village_id=village.id,
            village=village.called,
            where=position_of(village),
            load_g=stop.load_g,
            row_id=stop.id,
            takes_over_run_id=stop.takes_over_run_id,
        )
        return True

    def _add_cargo(self, name: str, run: Run, last: Stop, place: int, cargo_g: int) -> None:
        """Note where a truck's load would be taken over, if it broke down now."""
        village = self._villages[last.village_id or 0]
        stop_id = f"c{run.id}"
        self.cargo[name] = solver.Stop(
            id=stop_id,
            place=place,
            load_g=cargo_g,
            service_s=take_over_s(cargo_g),
            hub=str(self._plan.hub_id),
            divisible=False,
        )
        self.stops[stop_id] = DeskStop(
            stop_id=stop_id,
            village_id=village.id,
            village=village.called,
            where=position_of(village),
            load_g=cargo_g,
            takes_over_run_id=run.id,
        )

    def _place(self, stop: Stop, *, otherwise: int) -> int:
        place = self._place_of.get(str(stop.village_id))
        return otherwise if place is None else place


def _share_s(model: solver.Stop, load_g: int) -> int:
    """Return the service time of a part of a village's load."""
    return -(-model.service_s * load_g // max(1, model.load_g))


def take_over_s(load_g: int) -> int:
    """Return how long carrying a load from one truck to another takes."""
    return _TAKE_OVER_S + _TAKE_OVER_S_PER_100_KG * load_g // 100_000


def cargo_of_runs(session: Session, run_ids: list[int]) -> dict[int, int]:
    """Return the grams on each run's truck: weighed in, taken over, and not handed on."""
    rows = session.execute(
        current(WeighingPlace.VILLAGE)
        .with_only_columns(Stop.run_id, total_g(Weighing.net_g))
        .join(Stop, Stop.id == Weighing.stop_id)
        .where(Stop.run_id.in_(run_ids))
        .group_by(Stop.run_id)
    )
    cargo = dict(rows.all())
    for end, sign in ((CargoTransfer.to_run_id, 1), (CargoTransfer.from_run_id, -1)):
        moved = session.execute(
            select(end, total_g(CargoTransfer.quantity_g)).where(end.in_(run_ids)).group_by(end)
        )
        for run_id, quantity_g in moved:
            cargo[run_id] = cargo.get(run_id, 0) + sign * quantity_g
    return cargo


def _trips(stops: list[Stop]) -> list[list[str]]:
    trips: list[list[str]] = []
    last: int | None = None
    for stop in stops:
        if stop.trip != last:
            trips.append([])
            last = stop.trip
        trips[-1].append(f"s{stop.id}")
    return trips or [[]]


def villages_of(session: Session, village_ids: list[int]) -> dict[int, Village]:
    """Return villages by id."""
    rows = session.scalars(select(Village).where(Village.id.in_(village_ids)).order_by(Village.id))
    return {village.id: village for village in rows}


def trucks_of(session: Session, plan: Plan, in_use: set[str]) -> dict[str, Truck]:
    """Return the trucks of a plan's hub that can drive, by the name the solver has."""
    rows = session.execute(
        select(Vehicle, Run.id)
        .outerjoin(Run, (Run.vehicle_id == Vehicle.id) & (Run.plan_id == plan.id))
        .where(Vehicle.hub_id == plan.hub_id)
        .order_by(Vehicle.id, Run.id)
    )
    return {
        str(vehicle.id): Truck(str(vehicle.id), vehicle.name, vehicle.plate, run_id)
        for vehicle, run_id in rows
        if str(vehicle.id) in in_use
    }
