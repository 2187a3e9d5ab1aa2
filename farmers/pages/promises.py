"""One promise: its coming market days, each to be changed or skipped, and its end."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.kernel.database import reading
from app.models import RoleKind
from app.web.forms import Form
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.session import current_cooperative, current_person, now
from app.web.translation import gettext, ngettext
from app.web.writing import write_once
from farmers.services import changing_promises, promises
from farmers.services.harvests import MOST_PER_LOT_G
from farmers.services.promise_views import PromiseView, promise_view

blueprint = Blueprint("promises", __name__, template_folder="templates")


@blueprint.get("/promises/<int:promise_id>")
@role_required(RoleKind.FARMER)
def show(promise_id: int) -> ResponseReturnValue:
    """Show a promise and its coming market days."""
    return _page(_view(promise_id), Form({}))


@blueprint.post("/promises/<int:promise_id>/days/<int:day_id>")
@role_required(RoleKind.FARMER)
def change(promise_id: int, day_id: int) -> ResponseReturnValue:
    """Bring another amount on one market day, or nothing."""
    form, view = Form(), _view(promise_id)
    is_skipped = bool(form.typed("skip"))
    unit_g = view.promise.unit_grams
    quantity_g = (
        0 if is_skipped else form.quantity_g("quantity", unit_g=unit_g, maximum_g=MOST_PER_LOT_G)
    )

    def do(session: Session) -> Answer:
        if is_skipped:
            changing_promises.skip_day(
                session,
                promise_id=promise_id,
                farmer_id=current_person().id,
                market_day_id=day_id,
                at=now(),
            )
            flash(gettext("That day is left out. The others stay as they are."), "good")
        else:
            changing_promises.change_day(
                session,
                promise_id=promise_id,
                farmer_id=current_person().id,
                market_day_id=day_id,
                quantity_g=quantity_g,
                at=now(),
            )
            flash(gettext("That day is changed. The others stay as they are."), "good")
        return Answer(url_for("promises.show", promise_id=promise_id))

    return write_once(form, do) or _page(view, form, day_id=day_id)


@blueprint.post("/promises/<int:promise_id>/pause")
@role_required(RoleKind.FARMER)
def pause(promise_id: int) -> ResponseReturnValue:
    """Rest a promise; what is not sold yet is taken back."""
    return _end(
        promise_id, promises.pause, gettext("It rests. Nothing is offered until you go on.")
    )


@blueprint.post("/promises/<int:promise_id>/resumption")
@role_required(RoleKind.FARMER)
def resume(promise_id: int) -> ResponseReturnValue:
    """Take a promise up again."""
    form, view = Form(), _view(promise_id)

    def do(session: Session) -> Answer:
        promises.resume(session, promise_id=promise_id, farmer_id=current_person().id, at=now())
        flash(gettext("It goes on."), "good")
        return Answer(url_for("promises.show", promise_id=promise_id))

    return write_once(form, do) or _page(view, form)


@blueprint.post("/promises/<int:promise_id>/withdrawal")
@role_required(RoleKind.FARMER)
def withdraw(promise_id: int) -> ResponseReturnValue:
    """End a promise; what is not sold yet is taken back."""
    return _end(promise_id, promises.withdraw, gettext("The promise is withdrawn."))


def _end(promise_id: int, end: Callable[..., int], said: str) -> ResponseReturnValue:
    form, view = Form(), _view(promise_id)

    def do(session: Session) -> Answer:
        kept = end(session, promise_id=promise_id, farmer_id=current_person().id, at=now())
        flash(said, "good")
        if kept:
            flash(
                ngettext(
                    "%(num)s market day is sold already and stays.",
                    "%(num)s market days are sold already and stay.",
                    kept,
                ),
                "wait",
            )
        return Answer(url_for("promises.show", promise_id=promise_id))

    return write_once(form, do) or _page(view, form)


def _view(promise_id: int) -> PromiseView:
    with reading() as session:
        return promise_view(
            session,
            promise_id=promise_id,
            farmer_id=current_person().id,
            cooperative_id=current_cooperative().id,
            at=now(),
        )


def _page(view: PromiseView, form: Form, day_id: int = 0) -> ResponseReturnValue:
    page = render_template("farmers/promise.html", view=view, form=form, changed_day_id=day_id)
    return page, form.status
