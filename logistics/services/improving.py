"""Improve the rest of a board in the background: what is locked stays as it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from app.jobs import services as jobs
from app.jobs.context import JobContext
from app.models import EditKind, Plan
from app.models.jobs import Job, JobQueue, JobState
from logistics.services import drafts
from logistics.services.board_changes import OpenBoard, open_board
from logistics.services.board_state import BoardState
from logistics.services.board_view import BoardView, see_board
from logistics.services.progress import Enough, Planning, Shown, planning_by_key
from logistics.solver.plan import Plan as SolverPlan
from logistics.solver.solve import solve

KIND = "improve_board"
_SHORT_S, _LONG_S, _LONG_FROM_STOPS = 5.0, 30.0, 150
_SEED = 1
# On the road a stop changes its truck or its turn only where that saves so much.
_KEEP_M = 2_000


def request_improvement(
    session: Session, *, plan_id: int, seen: int, person_id: int, at: datetime
) -> Job:
    """Record the improving of a board as it was looked at; asking again is the same job.

    :raises BoardChanged: if the board is another by now.
    """
    drafts.refuse_changed(session, plan_id=plan_id, seen=seen)
    plan = session.get_one(Plan, plan_id)
    job = jobs.enqueue(
        session,
        kind=KIND,
        key=_key(plan_id, seen),
        payload={"plan_id": plan_id, "version": seen, "person_id": person_id},
        queue=JobQueue.SOLVE,
        cooperative_id=plan.cooperative_id,
        at=at,
    )
    if job.state in (JobState.FAILED, JobState.CANCELLED):
        return jobs.retry(session, key=job.key)
    return job


def improvement_of(session: Session, *, plan_id: int, version: int) -> Planning | None:
    """Return the improving of a board that waits, is at work, or failed with a reason."""
    return planning_by_key(session, _key(plan_id, version))


def handle_improvement(context: JobContext) -> None:
    """Improve a board and keep the result as one more change of its draft.

    What is found and the job's 'done' commit together. A board that was changed
    meanwhile keeps that change: the result is given up with a reason.

    :raises BoardChanged: if somebody changed the board meanwhile.
    :raises JobStopped: if the worker ends, so that the job goes on elsewhere.
    """
    plan_id, version = int(context.payload["plan_id"]), int(context.payload["version"])
    with context.reading() as session:
        drafts.refuse_changed(session, plan_id=plan_id, seen=version)
        opened = open_board(session, plan_id=plan_id, at=context.now())
    plan = _improve(context, opened)
    context.stop_if_asked()
    board = replace(opened.board, routes=_routes(opened.board, plan))
    before, after = see_board(opened.desk, opened.board), see_board(opened.desk, board)
    if _badness(after) >= _badness(before):
        board, after = opened.board, before
    with context.finishing() as (session, done):
        drafts.change(
            session,
            plan_id=plan_id,
            seen=version,
            board=board,
            kind=EditKind.IMPROVE,
            figures={
                "saved_minor": before.cost_minor - after.cost_minor,
                "put_in": len(before.waiting) - len(after.waiting),
            },
            person_id=int(context.payload["person_id"]),
            at=context.now(),
        )
        done.result = {"plan_id": plan_id, "cost_minor": after.cost_minor}


def _improve(context: JobContext, opened: OpenBoard) -> SolverPlan:
    problem = opened.desk.problem_of(opened.board)
    seconds = _LONG_S if len(problem.stops) >= _LONG_FROM_STOPS else _SHORT_S
    return solve(
        problem,
        seed=_SEED,
        seconds=seconds,
        warm=opened.board.routes,
        progress=Shown(context, seconds),
        stop=Enough(context),
        mends=0,
        keep_m=_KEEP_M if opened.desk.is_live else 0,
    )


def _badness(view: BoardView) -> tuple[int, int, int]:
    """Sort boards by broken limits, then by what no truck has, then by cost."""
    return (len(view.violations), view.waiting_g, view.cost_minor)


def _routes(board: BoardState, plan: SolverPlan) -> dict[str, list[list[str]]]:
    found = plan.sequences()
    return {vehicle: found.get(vehicle, [[]]) for vehicle in board.routes}


def _key(plan_id: int, version: int) -> str:
    return f"improve:{plan_id}:{version}"
