"""The manager's board: changes by hand are kept, checked, undone, and made the plan."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from app.jobs import services as jobs
from app.jobs.registry import Registry
from app.jobs.running import Workshop, run
from app.kernel.clock import FixedClock
from app.kernel.database import Database
from app.models import (
    CargoTransfer,
    EditKind,
    Message,
    Plan,
    PlanEdit,
    RoleKind,
    Run,
    Stop,
    StopLot,
    UnplannedStop,
    Vehicle,
    WeighingOutcome,
)
from app.models.jobs import JobState
from logistics.services import (
    board_changes,
    cargo,
    draft_saving,
    drafts,
    driving,
    improving,
    plan_reading,
    publishing,
)
from logistics.services.board_changes import OpenBoard, Seen, open_board
from logistics.services.board_state import BoardState, NotOnBoard, SplitStopLocked, Spot
from logistics.services.board_view import see_board
from logistics.services.draft_saving import LimitsBroken
from logistics.services.drafts import BoardChanged, NothingToRedo, NothingToUndo
from logistics.services.publishing import PlanReplaced
from logistics.services.rest_of_day import cargo_of_runs
from logistics.services.weighing import weigh_in
from tests.logistics.valley import AT, PLACES, Valley, build


def _two_trucks(valley: Valley) -> int:
    """Offer something in every village and plan it for two trucks."""
    valley.vehicle("Truck 2", driver_id=valley.person("Liu Wei", RoleKind.DRIVER).id)
    for name in PLACES:
        valley.offer(f"Farmer of {name}", name, 300_000, 250_000)
    return valley.plan(publish=False)


def _seen(valley: Valley, plan_id: int, at: datetime = AT) -> Seen:
    version = drafts.read_draft(valley.session, plan_id=plan_id).version
    return Seen(plan_id, version, valley.manager.id, at)


def _open(valley: Valley, plan_id: int) -> OpenBoard:
    return open_board(valley.session, plan_id=plan_id, at=AT)


def _first(board: BoardState) -> tuple[str, Spot]:
    """Return the first stop of the first route that has two."""
    for vehicle, trips in sorted(board.routes.items()):
        if len(trips[0]) > 1:
            return trips[0][0], Spot(vehicle, 0, 0)
    raise AssertionError("no route has two stops")


def _other(board: BoardState, vehicle: str) -> str:
    return next(name for name in sorted(board.routes) if name != vehicle)


def _move_away(valley: Valley, plan_id: int) -> tuple[str, Spot, Spot]:
    board = _open(valley, plan_id).board
    stop, origin = _first(board)
    target = Spot(_other(board, origin.vehicle), 0, 0)
    board_changes.move(
        valley.session, _seen(valley, plan_id), stop_id=stop, origin=origin, target=target
    )
    return stop, origin, target


def test_a_moved_stop_is_kept_undone_and_done_again(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        plan_id = _two_trucks(valley)
        before = _open(valley, plan_id).board
        stop, _, target = _move_away(valley, plan_id)
    with database.transaction() as session:
        valley.session = session
        moved = _open(valley, plan_id).board
        assert moved.stop_at(target) == stop
        draft = drafts.undo(session, plan_id=plan_id, seen=1, at=AT)
        assert (draft.version, draft.can_undo, draft.can_redo) == (2, False, True)
        assert _open(valley, plan_id).board == before
        drafts.redo(session, plan_id=plan_id, seen=2, at=AT)
        assert _open(valley, plan_id).board == moved
        change = drafts.history(session, plan_id=plan_id)[0]
        assert (change.kind, change.person, change.is_undone) == (EditKind.MOVE, "Chen Li", False)


def test_a_change_after_an_undo_takes_the_place_of_what_was_undone(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        plan_id = _two_trucks(valley)
        with pytest.raises(NothingToUndo):
            drafts.undo(session, plan_id=plan_id, seen=0, at=AT)
        _move_away(valley, plan_id)
        drafts.undo(session, plan_id=plan_id, seen=1, at=AT)
        stop, _ = _first(_open(valley, plan_id).board)
        board_changes.lock_stop(session, _seen(valley, plan_id), stop_id=stop, is_locked=True)
        with pytest.raises(NothingToRedo):
            drafts.redo(session, plan_id=plan_id, seen=3, at=AT)
        kept = session.scalars(select(PlanEdit.kind).where(PlanEdit.dropped_at.is_(None))).all()
        assert kept == [EditKind.LOCK]


def test_the_later_of_two_managers_is_told_and_nothing_is_lost(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        plan_id = _two_trucks(valley)
        early = _seen(valley, plan_id)
        _move_away(valley, plan_id)
        board = _open(valley, plan_id).board
    with pytest.raises(BoardChanged) as refused, database.transaction() as session:
        stop, origin = _first(board)
        board_changes.move(session, early, stop_id=stop, origin=origin, target=None)
    assert refused.value.figures == {"name": "Chen Li"}
    with database.transaction() as session:
        valley.session = session
        assert _open(valley, plan_id).board == board


def test_a_broken_limit_is_shown_where_it_breaks_and_published_only_on_purpose(
    database: Database,
) -> None:
    with database.transaction() as session:
        valley = build(session)
        plan_id = _two_trucks(valley)
        while len({v for v, t in _open(valley, plan_id).board.routes.items() if t[0]}) > 1:
            board = _open(valley, plan_id).board
            full = max(board.routes, key=lambda name: len(board.routes[name][0]))
            other = _other(board, full)
            board_changes.move(
                session,
                _seen(valley, plan_id),
                stop_id=board.routes[other][0][0],
                origin=Spot(other, 0, 0),
                target=Spot(full, 0, 0),
            )
        now = _open(valley, plan_id)
        view = see_board(now.desk, now.board)
        heavy = [found for found in view.violations if found.limit == "load_g"]
        assert heavy
        assert any(route.is_broken for route in view.routes)
        with pytest.raises(LimitsBroken):
            _keep(valley, plan_id)
        kept = _keep(valley, plan_id, accepts_broken=True)
        plan = session.get_one(Plan, kept)
        assert plan.figures["broken"]["load_g"] == len(heavy)
        assert session.get_one(Plan, plan_id).replaced_at is not None
        with pytest.raises(PlanReplaced):
            _move_away(valley, plan_id)
        # The new plan opens as it was kept, with the same limits broken.
        again = _open(valley, kept)
        assert see_board(again.desk, again.board).violations == view.violations


def _keep(valley: Valley, plan_id: int, *, accepts_broken: bool = False, at: datetime = AT) -> int:
    return draft_saving.keep_draft(
        valley.session,
        plan_id=plan_id,
        seen=drafts.read_draft(valley.session, plan_id=plan_id).version,
        accepts_broken=accepts_broken,
        at=at,
    )


def test_what_is_locked_stays_while_the_rest_is_improved(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        plan_id = _two_trucks(valley)
        stop, _, target = _move_away(valley, plan_id)
        board_changes.lock_stop(session, _seen(valley, plan_id), stop_id=stop, is_locked=True)
        worse = _open(valley, plan_id)
        job = improving.request_improvement(
            session,
            plan_id=plan_id,
            seen=worse.draft.version,
            person_id=valley.manager.id,
            at=AT,
        )
        jobs.call_enough(session, key=job.key)
        job_id = job.id
    registry = Registry()
    registry.add(improving.KIND, improving.handle_improvement)
    run(Workshop(database, FixedClock(AT), registry, "worker"), job_id=job_id)
    with database.transaction() as session:
        valley.session = session
        now = _open(valley, plan_id)
        assert now.draft.version == worse.draft.version + 1
        assert [s for trip in now.board.routes[target.vehicle] for s in trip].count(stop) == 1
        better = see_board(now.desk, now.board)
        assert better.cost_minor <= see_board(worse.desk, worse.board).cost_minor
        assert better.violations == ()


def test_an_improvement_gives_way_to_a_hand_that_was_faster(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        plan_id = _two_trucks(valley)
        job = improving.request_improvement(
            session, plan_id=plan_id, seen=0, person_id=valley.manager.id, at=AT
        )
        job_id, key = job.id, job.key
        _move_away(valley, plan_id)
        board = _open(valley, plan_id).board
    registry = Registry()
    registry.add(improving.KIND, improving.handle_improvement)
    run(Workshop(database, FixedClock(AT), registry, "worker"), job_id=job_id)
    with database.transaction() as session:
        valley.session = session
        job = jobs.find(session, key=key)
        assert job.state is JobState.FAILED
        assert (job.error or {})["code"] == "board_changed"
        assert _open(valley, plan_id).board == board


def test_the_best_insertions_put_a_stop_back_at_the_cost_they_name(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        plan_id = _two_trucks(valley)
        stop, origin = _first(_open(valley, plan_id).board)
        board_changes.move(
            session, _seen(valley, plan_id), stop_id=stop, origin=origin, target=None
        )
        without = _open(valley, plan_id)
        cost = see_board(without.desk, without.board).cost_minor
        offers = board_changes.insertions(without, stop_id=stop)
        assert 1 <= len(offers) <= 3
        best = offers[0]
        board_changes.move(
            session,
            _seen(valley, plan_id),
            stop_id=stop,
            origin=None,
            target=Spot(best.vehicle_id, best.trip, best.position),
        )
        again = _open(valley, plan_id)
        view = see_board(again.desk, again.board)
        assert view.cost_minor == cost + best.added_cost_minor
        assert view.violations == ()


def test_a_mend_makes_room_for_a_village_and_holds_after_saving(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        for name in PLACES:
            valley.offer(f"Farmer of {name}", name, 300_000, 250_000)
        plan_id = valley.plan(publish=False)
        left = session.scalars(select(UnplannedStop).order_by(UnplannedStop.id)).all()
        offered = board_changes.offered_mends(session, plan_id=plan_id)
        assert left
        assert offered
        stop_id = next(iter(offered))
        board_changes.apply(session, _seen(valley, plan_id), stop_id=stop_id)
        now = _open(valley, plan_id)
        assert stop_id in now.board.placed()
        assert see_board(now.desk, now.board).violations == ()
        kept = _keep(valley, plan_id)
        again = _open(valley, kept)
        assert again.board.mends == now.board.mends
        assert again.board.routes == now.board.routes
        assert see_board(again.desk, again.board).violations == ()


def test_a_place_that_is_not_there_is_refused_and_nothing_changes(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        plan_id = _two_trucks(valley)
        stop, origin = _first(_open(valley, plan_id).board)
        seen = _seen(valley, plan_id)
        for odd_stop, odd_origin, odd_target in (
            ("999", origin, None),
            (stop, Spot(origin.vehicle, 0, 99), None),
            (stop, origin, Spot("999", 0, 0)),
            (stop, None, Spot(origin.vehicle, 0, 0)),
        ):
            with pytest.raises(NotOnBoard):
                board_changes.move(
                    session, seen, stop_id=odd_stop, origin=odd_origin, target=odd_target
                )
        assert drafts.read_draft(session, plan_id=plan_id).version == 0


def test_a_village_served_in_parts_is_not_locked_to_one_truck() -> None:
    board = BoardState({"1": [["7", "8"]], "2": [["7"]]})
    with pytest.raises(SplitStopLocked):
        board.lock_stop("7")
    assert board.lock_stop("8").kept == {"8"}


def test_locked_first_stops_stay_locked_around_what_moves() -> None:
    board = BoardState({"1": [["a", "b", "c"]], "2": [["d"]]}).fix("1", 2)
    assert board.move("d", Spot("2", 0, 0), Spot("1", 0, 1)).fixed == {"1": 3}
    assert board.move("a", Spot("1", 0, 0), Spot("2", 0, 0)).fixed == {"1": 1}
    assert board.move("c", Spot("1", 0, 2), None).fixed == {"1": 2}


def test_publishing_a_changed_plan_tells_only_those_concerned(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        plan_id = _two_trucks(valley)
        publishing.publish(session, plan_id=plan_id, at=AT)
        told = set(session.scalars(select(Message.id)))
        before = {stop.village_id: stop.arrives_at for stop in session.scalars(select(Stop))}
        stop, origin = _first(_open(valley, plan_id).board)
        board_changes.move(
            session, _seen(valley, plan_id), stop_id=stop, origin=origin, target=None
        )
        kept = _keep(valley, plan_id)
        publishing.publish(session, plan_id=kept, at=AT + timedelta(minutes=5))
        new = session.scalars(select(Message).where(Message.id.not_in(told))).all()
        off = [one for one in new if one.kind == "truck_called_off"]
        assert len(off) == 1
        runs = {run.id: run for run in session.scalars(select(Run).where(Run.plan_id == kept))}
        untouched = [r for r in runs.values() if str(r.vehicle_id) != origin.vehicle]
        assert untouched
        drivers = {one.person_id for one in new if one.kind == "run_assigned"}
        assert drivers.isdisjoint({run.driver_id for run in untouched})
        windows = [one for one in new if one.kind == "truck_window"]
        assert len(windows) < len(before)


def test_a_run_that_has_started_keeps_what_is_done_and_its_next_stop(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        plan_id = _two_trucks(valley)
        publishing.publish(session, plan_id=plan_id, at=AT)
        _, origin = _first(_open(valley, plan_id).board)
        run_row = session.scalars(select(Run).where(Run.vehicle_id == int(origin.vehicle))).one()
        driving.start(session, run_id=run_row.id, at=run_row.starts_at)
        stops = session.scalars(
            select(Stop).where(Stop.run_id == run_row.id).order_by(Stop.position)
        ).all()
        stops[0].done_at = stops[0].departs_at
        session.flush()
        at = stops[0].departs_at
        now = open_board(session, plan_id=plan_id, at=at)
        assert now.desk.is_live
        assert now.board.routes[origin.vehicle] == [[f"s{left.id}" for left in stops[1:]]]
        assert now.board.fixed == {origin.vehicle: 1}
        view = see_board(now.desk, now.board)
        assert view.violations == ()
        first = view.route(origin.vehicle)
        assert first is not None
        assert first.visits[0].arrives_at > at


def _drive_first_stop(valley: Valley, plan_id: int) -> tuple[Run, list[Stop]]:
    """Load the first stop of the truck with most stops, and return its run and stops."""
    session = valley.session
    board = _open(valley, plan_id).board
    vehicle = max(board.routes, key=lambda name: len(board.routes[name][0]))
    run_row = session.scalars(
        select(Run).where(Run.vehicle_id == int(vehicle), Run.plan_id == plan_id)
    ).one()
    driving.start(session, run_id=run_row.id, at=run_row.starts_at)
    stops = list(
        session.scalars(select(Stop).where(Stop.run_id == run_row.id).order_by(Stop.position))
    )
    for load in session.scalars(select(StopLot).where(StopLot.stop_id == stops[0].id)):
        weigh_in(
            session,
            stop_id=stops[0].id,
            lot_id=load.lot_id,
            outcome=WeighingOutcome.LOADED,
            gross_g=load.quantity_g,
            person_id=valley.driver.id,
            key=f"load-{load.lot_id}",
            at=stops[0].departs_at,
        )
    return run_row, stops


def test_a_broken_trucks_stops_and_cargo_go_to_another_truck(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        valley.vehicle("Truck 3", capacity_g=2_000_000)
        valley.line_haul("Village coach", 1200)
        plan_id = _two_trucks(valley)
        publishing.publish(session, plan_id=plan_id, at=AT)
        broken, stops = _drive_first_stop(valley, plan_id)
        at = stops[0].departs_at
        told = set(session.scalars(select(Message.id)))
        vehicle = str(broken.vehicle_id)
        board_changes.break_down(session, _seen(valley, plan_id, at), vehicle=vehicle)
        now = open_board(session, plan_id=plan_id, at=at)
        waiting = {stop.stop_id for stop in see_board(now.desk, now.board).waiting}
        assert waiting == {f"c{broken.id}", *(f"s{stop.id}" for stop in stops[1:])}
        while waiting:
            now = open_board(session, plan_id=plan_id, at=at)
            stop_id = waiting.pop()
            best = board_changes.insertions(now, stop_id=stop_id)[0]
            board_changes.move(
                session,
                _seen(valley, plan_id, at),
                stop_id=stop_id,
                origin=None,
                target=Spot(best.vehicle_id, best.trip, best.position),
            )
        assert _keep(valley, plan_id, at=at) == plan_id
        session.expire_all()
        moved = session.scalars(
            select(Stop).where(Stop.id.in_([stop.id for stop in stops[1:]]))
        ).all()
        assert all(stop.run_id != broken.id for stop in moved)
        assert session.get_one(Stop, stops[0].id).run_id == broken.id
        cargo_stop = session.scalars(select(Stop).where(Stop.takes_over_run_id == broken.id)).one()
        assert cargo_stop.load_g == stops[0].load_g
        assert session.get_one(Run, broken.id).broken_at == at
        new = session.scalars(select(Message).where(Message.id.not_in(told))).all()
        changed = {one.person_id for one in new if one.kind == "run_changed"}
        takers = {session.get_one(Run, stop.run_id).driver_id for stop in moved}
        assert takers - {None} <= changed
        again = open_board(session, plan_id=plan_id, at=at)
        view = see_board(again.desk, again.board)
        assert view.violations == ()
        assert view.waiting == ()
        _read_labels(valley, broken, cargo_stop, at)


def _read_labels(valley: Valley, broken: Run, cargo_stop: Stop, at: datetime) -> None:
    """Move the broken truck's load, and look where it is."""
    session = valley.session
    load = cargo.read_cargo(session, run_id=broken.id)
    assert load.to_run_id == cargo_stop.run_id
    with pytest.raises(cargo.NotAboard):
        cargo.take_over(session, run_id=broken.id, code="99999", person_id=1, at=at)
    for lot in load.lots:
        for code in (f"https://market.example/lots/{lot.lot_id}", str(lot.lot_id)):
            cargo.take_over(session, run_id=broken.id, code=code, person_id=valley.driver.id, at=at)
    rows = session.scalars(select(CargoTransfer)).all()
    assert sum(row.quantity_g for row in rows) == cargo_stop.load_g
    session.refresh(cargo_stop)
    assert cargo_stop.done_at == at
    aboard = cargo_of_runs(session, [broken.id, cargo_stop.run_id])
    assert (aboard[broken.id], aboard[cargo_stop.run_id]) == (0, cargo_stop.load_g)
    taker = session.get_one(Run, cargo_stop.run_id)
    truck = session.get_one(Vehicle, taker.vehicle_id).name
    received = plan_reading.receiving_list(
        session, market_day_id=valley.day.id, hub_id=valley.hub.id
    )
    names = {lot.lot_id: lot.vehicle for lot in received}
    assert {names[row.lot_id] for row in rows} == {truck}


def test_a_load_without_a_truck_sent_for_it_stays_where_it_is(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        plan_id = _two_trucks(valley)
        publishing.publish(session, plan_id=plan_id, at=AT)
        broken, stops = _drive_first_stop(valley, plan_id)
        lot_id = cargo.read_cargo(session, run_id=broken.id).lots[0].lot_id
        with pytest.raises(cargo.NoCargoStop):
            cargo.take_over(
                session,
                run_id=broken.id,
                code=str(lot_id),
                person_id=valley.driver.id,
                at=stops[0].departs_at,
            )
        assert session.scalars(select(CargoTransfer)).all() == []


def test_buyers_hear_of_goods_that_miss_their_coach(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        valley.line_haul("Early coach", 840)
        plan_id = _two_trucks(valley)
        publishing.publish(session, plan_id=plan_id, at=AT)
        _, stops = _drive_first_stop(valley, plan_id)
        # Two hours stuck in the mud.
        at = stops[0].departs_at + timedelta(hours=5)
        now = open_board(session, plan_id=plan_id, at=at)
        vehicle, trips = next((v, t) for v, t in now.board.routes.items() if len(t[0]) > 2)
        board_changes.move(
            session,
            _seen(valley, plan_id, at),
            stop_id=trips[0][-1],
            origin=Spot(vehicle, 0, len(trips[0]) - 1),
            target=Spot(vehicle, 0, 1),
        )
        _keep(valley, plan_id, accepts_broken=True, at=at)
        told = session.scalars(select(Message).where(Message.kind == "order_later")).all()
        assert {one.person_id for one in told} == {valley.buyer.id}
