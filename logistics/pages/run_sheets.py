"""Run sheets on paper: stops in order with every lot and room for what the scale shows."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.documents.pdf import pdf_available, render_pdf
from app.documents.qr import qr_svg
from app.kernel.database import reading
from app.models import RoleKind
from app.web import assets
from app.web.guards import role_required
from app.web.translation import gettext
from logistics.pages.scopes import own_plan, own_run
from logistics.services import plan_reading, run_reading
from logistics.services.views import RunView

blueprint = Blueprint("run_sheets", __name__, template_folder="templates")


@blueprint.get("/runs/<int:run_id>/sheet")
@role_required(RoleKind.MANAGER, RoleKind.DRIVER)
def of_run(run_id: int) -> ResponseReturnValue:
    """Show one run's sheet, to be printed."""
    with reading() as session:
        own_run(session, run_id)
        run = run_reading.read_run(session, run_id=run_id)
    return _sheets([run], url_for("run_sheets.of_run", run_id=run_id))


@blueprint.get("/plans/<int:plan_id>/run-sheets")
@role_required(RoleKind.MANAGER)
def of_plan(plan_id: int) -> ResponseReturnValue:
    """Show the sheets of all runs of a plan, each on a page of its own."""
    with reading() as session:
        own_plan(session, plan_id)
        runs = plan_reading.read_plan(session, plan_id=plan_id).runs
    return _sheets(runs, url_for("run_sheets.of_plan", plan_id=plan_id))


def _sheets(runs: Sequence[RunView], address: str) -> ResponseReturnValue:
    """Return the sheets as a page or, with ``?format=pdf`` where it can be made, as a PDF."""
    wants_pdf = request.args.get("format") == "pdf"
    public = str(current_app.config["PUBLIC_URL"]).rstrip("/")
    codes = {
        run.run_id: qr_svg(
            public + url_for("driving.show", run_id=run.run_id),
            title=gettext("The run on the driver's phone"),
        )
        for run in runs
    }
    page = render_template(
        "logistics/run_sheets.html",
        runs=runs,
        codes=codes,
        address=address,
        offers_pdf=pdf_available() and not wants_pdf,
        is_document=wants_pdf,
    )
    if not wants_pdf or not pdf_available():
        return page
    response = current_app.response_class(
        render_pdf(page, static=assets.ROOT), mimetype="application/pdf"
    )
    response.headers["Content-Disposition"] = 'inline; filename="run-sheets.pdf"'
    return response
