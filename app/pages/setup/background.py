"""Background work: what failed, why, and another try."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.jobs import services as jobs
from app.kernel.database import reading
from app.kernel.errors import N_, NotFound
from app.models import Job, JobState, RoleKind
from app.web.forms import Form
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.session import current_cooperative
from app.web.translation import gettext
from app.web.writing import write_once

blueprint = Blueprint("background", __name__, template_folder="templates")

_PAGE = 30
KINDS = {
    "calendar": N_("Make the coming market days"),
    "close_day": N_("Close a market day"),
    "clear": N_("Match a crop"),
    "plan": N_("Plan routes"),
    "photos.render": N_("Prepare a photo"),
    "messages.deliver": N_("Bring messages to phones"),
    "messages.send": N_("Send messages"),
}
STATES = {
    JobState.WAITING: N_("waiting"),
    JobState.RUNNING: N_("running"),
    JobState.DONE: N_("done"),
    JobState.FAILED: N_("failed"),
    JobState.CANCELLED: N_("cancelled"),
}


@dataclass(frozen=True)
class JobRow:
    """One piece of work with its reason in words."""

    job: Job
    name: str
    state: str
    reason: str


@blueprint.get("/set-up/background")
@role_required(RoleKind.MANAGER)
def index() -> ResponseReturnValue:
    """List the cooperative's background work, failed work first on its own."""
    return _page(Form({}))


@blueprint.post("/set-up/background/<int:job_id>/retry")
@role_required(RoleKind.MANAGER)
def retry(job_id: int) -> ResponseReturnValue:
    """Start failed work again."""
    form = Form()
    with reading() as session:
        _own(session, job_id)

    def do(session: Session) -> Answer:
        jobs.retry(session, key=_own(session, job_id).key)
        flash(gettext("It is tried again."), "good")
        return Answer(url_for("background.index"))

    return write_once(form, do) or _page(form)


def _own(session: Session, job_id: int) -> Job:
    job = session.get(Job, job_id)
    if job is None or job.cooperative_id != current_cooperative().id:
        raise NotFound
    return job


def _page(form: Form) -> ResponseReturnValue:
    home_id, before = current_cooperative().id, request.args.get("before", type=int)
    with reading() as session:
        failed = jobs.newest(session, state=JobState.FAILED, cooperative_id=home_id, limit=_PAGE)
        latest = jobs.newest(session, cooperative_id=home_id, before_id=before, limit=_PAGE + 1)
    more = ""
    if len(latest) > _PAGE:
        more = url_for("background.index", before=latest[_PAGE - 1].id)
    page = render_template(
        "setup/background.html",
        form=form,
        failed=[_row(job) for job in failed],
        latest=[_row(job) for job in latest[:_PAGE]],
        more_address=more,
    )
    return page, form.status


def _row(job: Job) -> JobRow:
    name = gettext(KINDS[job.kind]) if job.kind in KINDS else job.kind
    return JobRow(job, name, gettext(STATES[job.state]), _reason(job))


def _reason(job: Job) -> str:
    if job.error is None:
        return ""
    try:
        return str(gettext(str(job.error["message"])) % job.error["figures"])
    except (KeyError, TypeError, ValueError):
        # A job may outlive the version that worded its fault.
        return str(job.error.get("code", ""))
