"""Whether this process can serve, and whether work gets done: for supervisors."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from app.kernel.database import reading
from app.models.jobs import Job, JobState
from app.web.guards import public
from app.web.session import now

blueprint = Blueprint("health", __name__)

# A job starts in milliseconds; after this long the workers are dead or overwhelmed.
LATE_AFTER = timedelta(minutes=5)


@blueprint.get("/healthz")
@public
def show() -> ResponseReturnValue:
    """Answer 200 while the database answers, and say how long work has been waiting.

    Late jobs are told and do not change the status: taking the pages away would help
    nobody.
    """
    at = now()
    due_at = func.coalesce(Job.due_at, Job.created_at)
    try:
        with reading() as session:
            waiting, oldest_at = session.execute(
                select(func.count(), func.min(due_at)).where(
                    Job.state == JobState.WAITING, due_at <= at
                )
            ).one()
    except SQLAlchemyError:
        return jsonify(status="failed", database="failed"), 503
    wait = timedelta(0) if oldest_at is None else at - oldest_at
    is_late = wait > LATE_AFTER
    return jsonify(
        status="late" if is_late else "ok",
        database="ok",
        jobs="late" if is_late else "ok",
        jobs_due=waiting,
        oldest_wait_s=int(wait.total_seconds()),
    )
