"""Make a draft the plan: a new one before the trucks leave, the same one on the road."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.errors import N_, Refusal
from app.models import Plan, UnplannedStop
from logistics.services import drafts
from logistics.services.board_changes import OpenBoard, open_board
from logistics.services.board_state import to_json
from logistics.services.board_view import CONTRADICTIONS, BoardView, see_board
from logistics.services.rearranging import rearrange
from logistics.services.saving import PlanBroken, save_plan
from logistics.solver import plan as solver


class LimitsBroken(Refusal):
    """The board breaks limits, and nobody said that this is meant."""

    code = "limits_broken"
    message = N_("The board breaks limits (%(count)s). Mend them, or tick that you want it so.")


def keep_draft(
    session: Session,
    *,
    plan_id: int,
    seen: int,
    accepts_broken: bool,
    at: datetime,
) -> int:
    """Make the board that was looked at the day's plan and return that plan's id.

    A plan without changes stays as it is. On the road the published runs themselves are
    rearranged, and those concerned are told.

    :raises BoardChanged: if the board is another by now.
    :raises LimitsBroken: if it breaks limits and that was not accepted.
    :raises AllocationsChanged: if orders changed meanwhile.
    """
    drafts.refuse_changed(session, plan_id=plan_id, seen=seen)
    now = open_board(session, plan_id=plan_id, at=at)
    if not now.draft.applied:
        return plan_id
    view = see_board(now.desk, now.board)
    _refuse_broken(view, accepts_broken)
    if now.desk.is_live:
        rearrange(session, opened=now, view=view, at=at)
        drafts.start_over(session, plan_id=plan_id, at=at)
        return plan_id
    return _save(session, now, view, at)


def _refuse_broken(view: BoardView, accepts_broken: bool) -> None:
    for found in view.violations:
        if found.limit in CONTRADICTIONS:
            raise PlanBroken(limit=found.limit)
    if view.violations and not accepts_broken:
        raise LimitsBroken(field="accepts_broken", count=len(view.violations))


def _save(session: Session, now: OpenBoard, view: BoardView, at: datetime) -> int:
    base = session.get_one(Plan, now.desk.plan_id)
    plan = replace(view.plan, unplanned=_with_reasons(session, base.id, view.plan), seed=base.seed)
    day = replace(now.desk.day, problem=now.desk.problem_of(now.board))
    limits = Counter(found.limit for found in view.violations)
    saved = save_plan(session, day=day, plan=plan, at=at, accepted=frozenset(limits))
    board = to_json(replace(now.board, routes={}))
    saved.figures = {
        **saved.figures,
        "board": board,
        "broken": dict(limits),
        "changes": now.draft.applied,
        "from_plan": base.id,
    }
    session.flush()
    return saved.id


def _with_reasons(
    session: Session, plan_id: int, plan: solver.Plan
) -> tuple[solver.Unplanned, ...]:
    """Return what is left out with the reason of the plan before, where there was one."""
    rows = session.scalars(
        select(UnplannedStop).where(UnplannedStop.plan_id == plan_id).order_by(UnplannedStop.id)
    )
    known = {str(stop.village_id): stop for stop in rows}
    found = []
    for left in plan.unplanned:
        row = known.get(left.stop_id)
        if row is None or left.reason is solver.Reason.PLACE_UNKNOWN:
            found.append(left)
            continue
        figures = tuple((n, v) for n, v in row.figures.items() if isinstance(v, int))
        mend = row.figures.get("mend")
        found.append(
            replace(
                left,
                reason=solver.Reason(row.code),
                figures=figures,
                mend=None
                if mend is None
                else solver.Mend(
                    solver.MendKind(mend["kind"]),
                    None if mend["vehicle_id"] is None else str(mend["vehicle_id"]),
                    mend["amount"],
                    mend["added_cost_minor"],
                    mend["added_s"],
                ),
            )
        )
    return tuple(found)
