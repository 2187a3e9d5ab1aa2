"""The manager's board: changes by hand are kept, checked, undone, and made the plan."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.jobs import services as jobs
from app.jobs.registry import Registry
from app.jobs.running import Workshop, run
from app.kernel.clock import FixedClock
from app.kernel.database import Database
from app.models import (
    EditKind,
    MarketDay,
    Message,
    Person,
    Plan,
    PlanEdit,
    RoadClosure,
    Run,
    Stop,
    UnplannedStop,
    Village,
)
from app.models.jobs import JobState
from logistics.services import (
    board_changes,
    drafts,
    improving,
    publishing,
)
from logistics.services.board_state import BoardState, NotOnBoard, SplitStopLocked, Spot
from logistics.services.board_view import see_board
from logistics.services.desks import open_desk
from logistics.services.draft_saving import LimitsBroken
from logistics.services.drafts import BoardChanged, NothingToRedo, NothingToUndo
from logistics.services.publishing import PlanReplaced
from tests.logistics.by_hand import (
    another_truck,
    first_stop,
    keep,
    move_away,
    opened,
    seen,
    two_trucks,
)
from tests.logistics.valley import AT, PLACES, build


def test_a_moved_stop_is_kept_undone_and_done_again(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        plan_id = two_trucks(valley)
        before = opened(valley, plan_id).board
        stop, _, target = move_away(valley, plan_id)
    with database.transaction() as session:
        valley.session = session
        moved = opened(valley, plan_id).board
        assert moved.stop_at(target) == stop
        draft = drafts.undo(session, plan_id=plan_id, seen=1, at=AT)
        assert (draft.version, draft.can_undo, draft.can_redo) == (2, False, True)
        assert opened(valley, plan_id).board == before
        drafts.redo(session, plan_id=plan_id, seen=2, at=AT)
        assert opened(valley, plan_id).board == moved
        change = drafts.history(session, plan_id=plan_id)[0]
        assert (change.kind, change.person, change.is_undone) == (EditKind.MOVE, "Chen Li", False)


def test_a_change_after_an_undo_takes_the_place_of_what_was_undone(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        plan_id = two_trucks(valley)
        with pytest.raises(NothingToUndo):
            drafts.undo(session, plan_id=plan_id, seen=0, at=AT)
        move_away(valley, plan_id)
        drafts.undo(session, plan_id=plan_id, seen=1, at=AT)
        stop, _ = first_stop(opened(valley, plan_id).board)
        board_changes.lock_stop(session, seen(valley, plan_id), stop_id=stop, is_locked=True)
        with pytest.raises(NothingToRedo):
            drafts.redo(session, plan_id=plan_id, seen=3, at=AT)
        kept = session.scalars(select(PlanEdit.kind).where(PlanEdit.dropped_at.is_(None))).all()
        assert kept == [EditKind.LOCK]


def test_the_later_of_two_managers_is_told_and_nothing_is_lost(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        plan_id = two_trucks(valley)
        early = seen(valley, plan_id)
        move_away(valley, plan_id)
        board = opened(valley, plan_id).board
    with pytest.raises(BoardChanged) as refused, database.transaction() as session:
        stop, origin = first_stop(board)
        board_changes.move(session, early, stop_id=stop, origin=origin, target=None)
    assert refused.value.figures == {"name": "Chen Li"}
    with database.transaction() as session:
        valley.session = session
        assert opened(valley, plan_id).board == board


def test_a_broken_limit_is_shown_where_it_breaks_and_published_only_on_purpose(
    database: Database,
) -> None:
    with database.transaction() as session:
        valley = build(session)
        plan_id = two_trucks(valley)
        while len({v for v, t in opened(valley, plan_id).board.routes.items() if t[0]}) > 1:
            board = opened(valley, plan_id).board
            full = max(board.routes, key=lambda name: len(board.routes[name][0]))
            other = another_truck(board, full)
            board_changes.move(
                session,
                seen(valley, plan_id),
                stop_id=board.routes[other][0][0],
                origin=Spot(other, 0, 0),
                target=Spot(full, 0, 0),
            )
        now = opened(valley, plan_id)
        view = see_board(now.desk, now.board)
        heavy = [found for found in view.violations if found.limit == "load_g"]
        assert heavy
        assert any(route.is_broken for route in view.routes)
        with pytest.raises(LimitsBroken):
            keep(valley, plan_id)
        kept = keep(valley, plan_id, accepts_broken=True)
        plan = session.get_one(Plan, kept)
        assert plan.figures["broken"]["load_g"] == len(heavy)
        assert session.get_one(Plan, plan_id).replaced_at is not None
        with pytest.raises(PlanReplaced):
            move_away(valley, plan_id)
        # The new plan opens as it was kept, with the same limits broken.
        again = opened(valley, kept)
        assert see_board(again.desk, again.board).violations == view.violations


def test_what_is_locked_stays_while_the_rest_is_improved(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        plan_id = two_trucks(valley)
        stop, _, target = move_away(valley, plan_id)
        board_changes.lock_stop(session, seen(valley, plan_id), stop_id=stop, is_locked=True)
        worse = opened(valley, plan_id)
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
        now = opened(valley, plan_id)
        assert now.draft.version == worse.draft.version + 1
        assert [s for trip in now.board.routes[target.vehicle] for s in trip].count(stop) == 1
        better = see_board(now.desk, now.board)
        assert better.cost_minor <= see_board(worse.desk, worse.board).cost_minor
        assert better.violations == ()


def test_an_improvement_gives_way_to_a_hand_that_was_faster(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        plan_id = two_trucks(valley)
        job = improving.request_improvement(
            session, plan_id=plan_id, seen=0, person_id=valley.manager.id, at=AT
        )
        job_id, key = job.id, job.key
        move_away(valley, plan_id)
        board = opened(valley, plan_id).board
    registry = Registry()
    registry.add(improving.KIND, improving.handle_improvement)
    run(Workshop(database, FixedClock(AT), registry, "worker"), job_id=job_id)
    with database.transaction() as session:
        valley.session = session
        job = jobs.find(session, key=key)
        assert job.state is JobState.FAILED
        assert (job.error or {})["code"] == "board_changed"
        assert opened(valley, plan_id).board == board


def test_the_best_insertions_put_a_stop_back_at_the_cost_they_name(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        plan_id = two_trucks(valley)
        stop, origin = first_stop(opened(valley, plan_id).board)
        board_changes.move(session, seen(valley, plan_id), stop_id=stop, origin=origin, target=None)
        without = opened(valley, plan_id)
        cost = see_board(without.desk, without.board).cost_minor
        offers = board_changes.insertions(without, stop_id=stop)
        assert 1 <= len(offers) <= 3
        best = offers[0]
        board_changes.move(
            session,
            seen(valley, plan_id),
            stop_id=stop,
            origin=None,
            target=Spot(best.vehicle_id, best.trip, best.position),
        )
        again = opened(valley, plan_id)
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
        board_changes.apply(session, seen(valley, plan_id), stop_id=stop_id)
        now = opened(valley, plan_id)
        assert stop_id in now.board.placed()
        assert see_board(now.desk, now.board).violations == ()
        kept = keep(valley, plan_id)
        again = opened(valley, kept)
        assert again.board.mends == now.board.mends
        assert again.board.routes == now.board.routes
        assert see_board(again.desk, again.board).violations == ()


def test_a_place_that_is_not_there_is_refused_and_nothing_changes(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        plan_id = two_trucks(valley)
        stop, origin = first_stop(opened(valley, plan_id).board)
        looked_at = seen(valley, plan_id)
        for odd_stop, odd_origin, odd_target in (
            ("999", origin, None),
            (stop, Spot(origin.vehicle, 0, 99), None),
            (stop, origin, Spot("999", 0, 0)),
            (stop, None, Spot(origin.vehicle, 0, 0)),
        ):
            with pytest.raises(NotOnBoard):
                board_changes.move(
                    session, looked_at, stop_id=odd_stop, origin=odd_origin, target=odd_target
                )
        assert drafts.read_draft(session, plan_id=plan_id).version == 0


def test_a_board_that_stands_open_follows_its_villages_and_roads(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        plan_id = two_trucks(valley)
        before = open_desk(session, plan_id=plan_id, at=AT)
        assert open_desk(session, plan_id=plan_id, at=AT) is before
        stop = next(iter(before.stops.values()))
        session.get_one(Village, stop.village_id).name = "Renamed"
        renamed = open_desk(session, plan_id=plan_id, at=AT)
        assert renamed.stops[stop.stop_id].village != stop.village
        plan = session.get_one(Plan, plan_id)
        session.add(
            RoadClosure(
                cooperative_id=plan.cooperative_id,
                on=session.get_one(MarketDay, plan.market_day_id).on,
                village_id=stop.village_id,
                key="closed-after-opening",
                closed_by_id=session.scalars(select(Person.id).limit(1)).one(),
                closed_at=AT,
            )
        )
        session.flush()
        assert open_desk(session, plan_id=plan_id, at=AT) is not renamed


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
        plan_id = two_trucks(valley)
        publishing.publish(session, plan_id=plan_id, at=AT)
        told = set(session.scalars(select(Message.id)))
        before = {stop.village_id: stop.arrives_at for stop in session.scalars(select(Stop))}
        stop, origin = first_stop(opened(valley, plan_id).board)
        board_changes.move(session, seen(valley, plan_id), stop_id=stop, origin=origin, target=None)
        kept = keep(valley, plan_id)
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
