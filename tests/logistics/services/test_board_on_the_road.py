"""The board once trucks are on the road: a broken truck, its load, and who is told."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from app.kernel.database import Database
from app.models import (
    CargoTransfer,
    Message,
    Run,
    Stop,
    StopLot,
    Vehicle,
    WeighingOutcome,
)
from logistics.services import (
    board_changes,
    cargo,
    driving,
    plan_reading,
    publishing,
)
from logistics.services.board_changes import open_board
from logistics.services.board_state import Spot
from logistics.services.board_view import see_board
from logistics.services.rest_of_day import cargo_of_runs
from logistics.services.weighing import weigh_in
from tests.logistics.by_hand import (
    first_stop,
    keep,
    opened,
    seen,
    two_trucks,
)
from tests.logistics.valley import AT, Valley, build


def test_a_run_that_has_started_keeps_what_is_done_and_its_next_stop(database: Database) -> None:
    with database.transaction() as session:
        valley = build(session)
        plan_id = two_trucks(valley)
        publishing.publish(session, plan_id=plan_id, at=AT)
        _, origin = first_stop(opened(valley, plan_id).board)
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
    board = opened(valley, plan_id).board
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
        plan_id = two_trucks(valley)
        publishing.publish(session, plan_id=plan_id, at=AT)
        broken, stops = _drive_first_stop(valley, plan_id)
        at = stops[0].departs_at
        told = set(session.scalars(select(Message.id)))
        vehicle = str(broken.vehicle_id)
        board_changes.break_down(session, seen(valley, plan_id, at), vehicle=vehicle)
        now = open_board(session, plan_id=plan_id, at=at)
        waiting = {stop.stop_id for stop in see_board(now.desk, now.board).waiting}
        assert waiting == {f"c{broken.id}", *(f"s{stop.id}" for stop in stops[1:])}
        while waiting:
            now = open_board(session, plan_id=plan_id, at=at)
            stop_id = waiting.pop()
            best = board_changes.insertions(now, stop_id=stop_id)[0]
            board_changes.move(
                session,
                seen(valley, plan_id, at),
                stop_id=stop_id,
                origin=None,
                target=Spot(best.vehicle_id, best.trip, best.position),
            )
        assert keep(valley, plan_id, at=at) == plan_id
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
        plan_id = two_trucks(valley)
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
        plan_id = two_trucks(valley)
        publishing.publish(session, plan_id=plan_id, at=AT)
        _, stops = _drive_first_stop(valley, plan_id)
        # Two hours stuck in the mud.
        at = stops[0].departs_at + timedelta(hours=5)
        now = open_board(session, plan_id=plan_id, at=at)
        vehicle, trips = next((v, t) for v, t in now.board.routes.items() if len(t[0]) > 2)
        board_changes.move(
            session,
            seen(valley, plan_id, at),
            stop_id=trips[0][-1],
            origin=Spot(vehicle, 0, len(trips[0]) - 1),
            target=Spot(vehicle, 0, 1),
        )
        keep(valley, plan_id, accepts_broken=True, at=at)
        told = session.scalars(select(Message).where(Message.kind == "order_later")).all()
        assert {one.person_id for one in told} == {valley.buyer.id}
