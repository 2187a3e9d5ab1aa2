"""A search for routes that is at work: end it now, and keep the best that it has."""

from __future__ import annotations

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.models import RoleKind
from app.web.forms import Form
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.session import current_cooperative
from app.web.writing import write_once
from logistics.services import improving, jobs
from logistics.services.progress import end_search

blueprint = Blueprint("searches", __name__, template_folder="templates")


@blueprint.post("/searches/<int:job_id>/end")
@role_required(RoleKind.MANAGER)
def end(job_id: int) -> ResponseReturnValue:
    """Have a search for routes end now, with the best that it has."""
    form = Form()

    def do(session: Session) -> Answer:
        job = end_search(
            session,
            job_id=job_id,
            cooperative_id=current_cooperative().id,
            kinds={improving.KIND, jobs.KIND},
        )
        if job.kind == improving.KIND:
            return Answer(url_for("board.show", plan_id=job.payload["plan_id"]))
        day_id, hub_id = job.payload["market_day_id"], job.payload["hub_id"]
        return Answer(url_for("plans.newest", day_id=day_id, hub_id=hub_id))

    answer = write_once(form, do)
    if answer is None:
        page = render_template("logistics/refused.html", form=form)
        return page, form.status
    return answer
