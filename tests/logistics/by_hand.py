"""What the tests of the board do to a plan with their hands."""

from __future__ import annotations

from datetime import datetime

from app.models import (
    RoleKind,
)
from logistics.services import (
    board_changes,
    draft_saving,
    drafts,
)
from logistics.services.board_changes import OpenBoard, Seen, open_board
from logistics.services.board_state import BoardState, Spot
from tests.logistics.valley import AT, PLACES, Valley


def two_trucks(valley: Valley) -> int:
    """Offer something in every village and plan it for two trucks."""
    valley.vehicle("Truck 2", driver_id=valley.person("Liu Wei", RoleKind.DRIVER).id)
    for name in PLACES:
        valley.offer(f"Farmer of {name}", name, 300_000, 250_000)
    return valley.plan(publish=False)


def seen(valley: Valley, plan_id: int, at: datetime = AT) -> Seen:
    version = drafts.read_draft(valley.session, plan_id=plan_id).version
    return Seen(plan_id, version, valley.manager.id, at)


def opened(valley: Valley, plan_id: int) -> OpenBoard:
    return open_board(valley.session, plan_id=plan_id, at=AT)


def first_stop(board: BoardState) -> tuple[str, Spot]:
    """Return the first stop of the first route that has two."""
    for vehicle, trips in sorted(board.routes.items()):
        if len(trips[0]) > 1:
            return trips[0][0], Spot(vehicle, 0, 0)
    raise AssertionError("no route has two stops")


def another_truck(board: BoardState, vehicle: str) -> str:
    return next(name for name in sorted(board.routes) if name != vehicle)


def move_away(valley: Valley, plan_id: int) -> tuple[str, Spot, Spot]:
    board = opened(valley, plan_id).board
    stop, origin = first_stop(board)
    target = Spot(another_truck(board, origin.vehicle), 0, 0)
    board_changes.move(
        valley.session, seen(valley, plan_id), stop_id=stop, origin=origin, target=target
    )
    return stop, origin, target


def keep(valley: Valley, plan_id: int, *, accepts_broken: bool = False, at: datetime = AT) -> int:
    return draft_saving.keep_draft(
        valley.session,
        plan_id=plan_id,
        seen=drafts.read_draft(valley.session, plan_id=plan_id).version,
        accepts_broken=accepts_broken,
        at=at,
    )
