"""At a broken truck: its lots are read by their labels onto the truck that takes them."""

from __future__ import annotations

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.kernel.database import reading
from app.models import RoleKind
from app.web.forms import Form
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.session import current_person, current_roles, now
from app.web.writing import write_once
from logistics.pages.scopes import OtherDriversRun, own_cooperatives_run
from logistics.services import cargo

blueprint = Blueprint("cargo", __name__, template_folder="templates")


@blueprint.get("/runs/<int:run_id>/cargo")
@role_required(RoleKind.DRIVER, RoleKind.MANAGER)
def show(run_id: int) -> ResponseReturnValue:
    """Show what is on a broken truck and what has changed to the other one."""
    return _page(run_id, Form({}))


@blueprint.post("/runs/<int:run_id>/cargo")
@role_required(RoleKind.DRIVER, RoleKind.MANAGER)
def take_over(run_id: int) -> ResponseReturnValue:
    """Take a lot over by the number on its label, as a scanner types it."""
    form = Form()
    code = form.text("code", maximum=80)
    with reading() as session:
        _own(session, run_id)

    def do(session: Session) -> Answer:
        cargo.take_over(session, run_id=run_id, code=code, person_id=current_person().id, at=now())
        return Answer(url_for("cargo.show", run_id=run_id))

    return write_once(form, do) or _page(run_id, form)


def _page(run_id: int, form: Form) -> ResponseReturnValue:
    with reading() as session:
        found = _own(session, run_id)
    is_manager = bool(current_roles(RoleKind.MANAGER))
    return render_template(
        "logistics/cargo.html", cargo=found, form=form, is_manager=is_manager
    ), form.status


def _own(session: Session, run_id: int) -> cargo.Cargo:
    """Return a load that this person may move: a manager's, or of either truck's driver."""
    run = own_cooperatives_run(session, run_id)
    found = cargo.read_cargo(session, run_id=run_id)
    drivers = (run.driver_id, found.to_driver_id)
    if not current_roles(RoleKind.MANAGER) and current_person().id not in drivers:
        raise OtherDriversRun
    return found
