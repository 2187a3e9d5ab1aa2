"""What a manager does to a plan's board, each kept as one change of its draft."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.errors import N_, Refusal
from app.models import EditKind, UnplannedStop
from logistics.services import drafts
from logistics.services.board_state import BoardState, NotOnBoard, Spot
from logistics.services.desk import Desk
from logistics.services.desks import open_desk
from logistics.services.drafts import Draft
from logistics.solver.plan import Mend, MendKind
from logistics.solver.recost import Insertion, best_insertions

# These need a person elsewhere: a pin on the map, a truck in the fleet, another price.
_BY_FIGURE = frozenset(
    {
        MendKind.SECOND_TRIP,
        MendKind.LONGER_SHIFT,
        MendKind.LATER_WINDOW,
        MendKind.MORE_CAPACITY,
        MendKind.MORE_TIME_TO_COLD,
    }
)


class PlaceUnknown(Refusal):
    """A truck cannot be sent to a village that nobody pinned."""

    code = "village_place_unknown"
    message = N_("The place of %(village)s is not known. Set its pin on the map first.")


class NoRoomFound(Refusal):
    """A mend was made and the stop still finds no place."""

    code = "no_room_found"
    message = N_("The board has changed, and this no longer makes room for %(village)s.")


@dataclass(frozen=True)
class OpenBoard:
    """A plan's desk, how far its draft is, and the board as it stands."""

    desk: Desk
    draft: Draft
    board: BoardState


@dataclass(frozen=True)
class Seen:
    """Which board a person looked at, who it is, and when the change comes."""

    plan_id: int
    version: int
    person_id: int
    at: datetime


def open_board(session: Session, *, plan_id: int, at: datetime) -> OpenBoard:
    """Return the board of a plan as it stands.

    :raises NotFound: if there is no such plan.
    :raises DayNotToPlan: if the day's routes can change no more.
    """
    desk = open_desk(session, plan_id=plan_id, at=at)
    draft = drafts.read_draft(session, plan_id=plan_id)
    board = desk.start if draft.board is None else desk.fitted(draft.board)
    return OpenBoard(desk, draft, board)


def move(
    session: Session, seen: Seen, *, stop_id: str, origin: Spot | None, target: Spot | None
) -> Draft:
    """Move a stop within or between routes, onto one, or off the board.

    A limit that this breaks is shown on the board and forbids nothing.

    :raises NotOnBoard: if the stop or the place is not there.
    :raises PlaceUnknown: if nobody pinned the stop's village.
    :raises BoardChanged: if the board is another by now.
    """
    now = _current(session, seen)
    stop = now.desk.stops.get(stop_id)
    if stop is None or (target is not None and target.vehicle not in now.board.routes):
        raise NotOnBoard
    waiting = [left.id for left in now.desk.problem_of(now.board).stops if left.place is None]
    if stop_id in waiting:
        raise PlaceUnknown(village=stop.village)
    if origin is None and now.board.placed().count(stop_id) >= _parts(now, stop_id):
        raise NotOnBoard
    kind = EditKind.MOVE
    if target is None:
        kind = EditKind.TAKE_OUT
    elif origin is None:
        kind = EditKind.PUT_IN
    figures = {
        "stop": stop_id,
        "village": stop.village.figure(),
        "from": _truck(now, origin),
        "to": _truck(now, target),
    }
    return _keep(session, seen, now.board.move(stop_id, origin, target), kind, figures)


def lock_stop(session: Session, seen: Seen, *, stop_id: str, is_locked: bool) -> Draft:
    """Lock a stop to its truck, or let it go.

    :raises NotOnBoard: if no truck has it.
    :raises SplitStopLocked: if it is served in several parts.
    """
    now = _current(session, seen)
    if stop_id not in now.desk.stops:
        raise NotOnBoard
    board = now.board.lock_stop(stop_id) if is_locked else now.board.unlock_stop(stop_id)
    figures = {"village": now.desk.stops[stop_id].village.figure()}
    return _keep(session, seen, board, _locking(is_locked), figures)


def lock_start(session: Session, seen: Seen, *, vehicle: str, count: int) -> Draft:
    """Lock a truck's first stops in their places; none lets them go.

    :raises NotOnBoard: if the truck has fewer stops.
    :raises SplitStopLocked: if one of them is served in several parts.
    """
    now = _current(session, seen)
    board = now.board.fix(vehicle, count)
    figures = {"vehicle": now.desk.trucks[vehicle].name, "count": count}
    return _keep(session, seen, board, _locking(count > 0), figures)


def lock_route(session: Session, seen: Seen, *, vehicle: str, is_locked: bool) -> Draft:
    """Lock a truck's whole route, or let it go.

    :raises NotOnBoard: if there is no such truck.
    :raises SplitStopLocked: if one of its stops is served in several parts.
    """
    now = _current(session, seen)
    if vehicle not in now.board.routes:
        raise NotOnBoard
    board = now.board.lock_route(vehicle) if is_locked else now.board.unlock_route(vehicle)
    figures = {"vehicle": now.desk.trucks[vehicle].name}
    return _keep(session, seen, board, _locking(is_locked), figures)


def break_down(session: Session, seen: Seen, *, vehicle: str) -> Draft:
    """Take a broken truck off the board: its stops and its cargo wait for another one.

    :raises NotOnBoard: if there is no such truck.
    """
    now = _current(session, seen)
    board = now.board.break_down(vehicle)
    figures = {"vehicle": now.desk.trucks[vehicle].name}
    return _keep(session, seen, board, EditKind.BREAKDOWN, figures)


def apply(session: Session, seen: Seen, *, stop_id: str) -> Draft:
    """Make the mend that was offered for an unplanned stop, and put it where it then fits.

    :raises NotOnBoard: if no mend was offered that figures can make.
    :raises NoRoomFound: if the board has changed so that the mend no longer helps.
    """
    now = _current(session, seen)
    mend = offered_mends(session, plan_id=seen.plan_id).get(stop_id)
    stop = now.desk.stops.get(stop_id)
    if mend is None or stop is None:
        raise NotOnBoard
    board = now.board.mended(stop_id, mend)
    places = best_insertions(now.desk.problem_of(board), board.routes, stop_id, count=1)
    if not places:
        raise NoRoomFound(village=stop.village)
    best = places[0]
    board = board.move(stop_id, None, Spot(best.vehicle_id, best.trip, best.position))
    figures = {
        "village": stop.village.figure(),
        "to": now.desk.trucks[best.vehicle_id].name,
        "mend": mend.kind.value,
    }
    return _keep(session, seen, board, EditKind.MEND, figures)


def insertions(opened: OpenBoard, *, stop_id: str, count: int = 3) -> list[Insertion]:
    """Return the cheapest positions for a stop that no truck has.

    :raises BadInput: if what is locked breaks a limit by itself.
    """
    board = opened.board
    if stop_id not in opened.desk.stops:
        return []
    return best_insertions(opened.desk.problem_of(board), board.routes, stop_id, count=count)


def offered_mends(session: Session, *, plan_id: int) -> dict[str, Mend]:
    """Return the mends that were found with the plan and that figures alone can make."""
    rows = session.scalars(
        select(UnplannedStop).where(UnplannedStop.plan_id == plan_id).order_by(UnplannedStop.id)
    )
    found = {}
    for stop in rows:
        mend = stop.figures.get("mend")
        if mend is not None and MendKind(mend["kind"]) in _BY_FIGURE:
            vehicle = mend["vehicle_id"]
            found[str(stop.village_id)] = Mend(
                MendKind(mend["kind"]), None if vehicle is None else str(vehicle), mend["amount"]
            )
    return found


def _current(session: Session, seen: Seen) -> OpenBoard:
    drafts.refuse_changed(session, plan_id=seen.plan_id, seen=seen.version)
    return open_board(session, plan_id=seen.plan_id, at=seen.at)


def _keep(
    session: Session, seen: Seen, board: BoardState, kind: EditKind, figures: Mapping[str, object]
) -> Draft:
    return drafts.change(
        session,
        plan_id=seen.plan_id,
        seen=seen.version,
        board=board,
        kind=kind,
        figures=figures,
        person_id=seen.person_id,
        at=seen.at,
    )


def _locking(is_locked: bool) -> EditKind:
    return EditKind.LOCK if is_locked else EditKind.UNLOCK


def _parts(now: OpenBoard, stop_id: str) -> int:
    day, _ = now.desk.ready(now.board)
    return max(1, len(day.tasks_of.get(stop_id, ())))


def _truck(now: OpenBoard, spot: Spot | None) -> str | None:
    return None if spot is None else now.desk.trucks[spot.vehicle].name
