"""My harvests: each lot with its state, its photo, and the way to take it back."""

from __future__ import annotations

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.kernel.database import reading
from app.kernel.errors import N_
from app.models import RoleKind
from app.web.forms import Form
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.navigation import Entry
from app.web.session import current_cooperative, current_person, now
from app.web.translation import gettext
from app.web.writing import write_once
from farmers.pages import words
from farmers.pages.listing import FARMERS, LISTERS
from farmers.services import confirming, harvests, lot_views
from farmers.services.lot_life import LotView

NAVIGATION = (Entry("harvests.index", N_("My harvests"), (RoleKind.FARMER,), "leaf", 20),)

blueprint = Blueprint("harvests", __name__, template_folder="templates")
words.install(blueprint)


@blueprint.get("/harvests")
@role_required(*FARMERS)
def index() -> ResponseReturnValue:
    """Show the person's lots, newest first, a page at a time by id."""
    with reading() as session:
        lots, before = lot_views.lots_page(
            session,
            farmer_id=current_person().id,
            cooperative_id=current_cooperative().id,
            before_id=request.args.get("before", type=int),
        )
    more = url_for(".index", before=before) if before else ""
    return render_template(
        "farmers/harvests.html", lots=lots, more=more, person_id=current_person().id
    )


@blueprint.get("/harvests/<int:lot_id>")
@role_required(*LISTERS)
def show(lot_id: int) -> ResponseReturnValue:
    """Show one lot: where it went, what became of it, its photo."""
    with reading() as session:
        view = _view(session, lot_id)
    return _page(view, Form({}))


@blueprint.post("/harvests/<int:lot_id>/withdrawal")
@role_required(*LISTERS)
def withdraw(lot_id: int) -> ResponseReturnValue:
    """Take a lot off the market; again changes nothing more."""
    form = Form()
    with reading() as session:
        view = _view(session, lot_id)

    def do(session: Session) -> Answer:
        harvests.withdraw(session, lot_id=lot_id, person_id=current_person().id, at=now())
        return Answer(url_for(".show", lot_id=lot_id))

    if response := write_once(form, do):
        flash(gettext("It is withdrawn. Nobody can order it any more."), "good")
        return response
    return _page(view, form), form.status


@blueprint.post("/harvests/<int:lot_id>/answer")
@role_required(*LISTERS)
def answer(lot_id: int) -> ResponseReturnValue:
    """Take the yes or no of a harvest that was not sure."""
    form = Form()
    with reading() as session:
        view = _view(session, lot_id)
    is_coming = form.typed("answer") == "yes"

    def do(session: Session) -> Answer:
        if is_coming:
            confirming.confirm(session, lot_id=lot_id)
        else:
            confirming.decline(session, lot_id=lot_id, person_id=current_person().id, at=now())
        return Answer(url_for(".show", lot_id=lot_id))

    if response := write_once(form, do):
        text = gettext("Thank you. We count on it.") if is_coming else gettext("It is taken back.")
        flash(text, "good")
        return response
    return _page(view, form), form.status


def _page(view: LotView, form: Form) -> str:
    return render_template(
        "farmers/harvest.html",
        view=view,
        form=form,
        sent="sent" in request.args,
        is_asked=view.can_decline(now()),
        can_look_ahead=view.can_look_ahead(now()),
        is_own=view.lot.farmer_id == current_person().id,
    )


def _view(session: Session, lot_id: int) -> LotView:
    return lot_views.lot_view(
        session,
        lot_id=lot_id,
        person_id=current_person().id,
        cooperative_id=current_cooperative().id,
    )
