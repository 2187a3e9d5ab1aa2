"""Fees: what the cooperative keeps per kg, from a day on until it ends."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, flash, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.kernel.clock import local
from app.kernel.database import reading
from app.models import Fee, RoleKind
from app.setting_up import own, prices
from app.web.forms import Form
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.session import current_cooperative, now
from app.web.translation import gettext
from app.web.writing import write_once

blueprint = Blueprint("fees", __name__, template_folder="templates")


@blueprint.get("/set-up/fees")
@role_required(RoleKind.MANAGER)
def index() -> ResponseReturnValue:
    """List the fees with a form for a new one."""
    return _page(Form({}))


@blueprint.post("/set-up/fees")
@role_required(RoleKind.MANAGER)
def create() -> ResponseReturnValue:
    """Publish a fee."""
    form, home = Form(), current_cooperative()
    name = form.text("name", maximum=80)
    price_minor = form.money_minor("price", currency=home.currency)
    starts_on = form.date("starts_on")
    ends_on = form.date("ends_on") if form.typed("ends_on").strip() else None

    def do(session: Session) -> Answer:
        prices.add_fee(
            session,
            cooperative_id=home.id,
            name=name,
            price_minor=price_minor,
            starts_on=starts_on,
            ends_on=ends_on,
            at=now(),
        )
        flash(gettext("The fee is published."), "good")
        return Answer(url_for("fees.index"))

    return write_once(form, do) or _page(form)


@blueprint.get("/set-up/fees/<int:fee_id>")
@role_required(RoleKind.MANAGER)
def show(fee_id: int) -> ResponseReturnValue:
    """Show a fee, to end it."""
    return _fee_page(fee_id, Form({}))


@blueprint.post("/set-up/fees/<int:fee_id>/end")
@role_required(RoleKind.MANAGER)
def end(fee_id: int) -> ResponseReturnValue:
    """Give a fee its last day."""
    form, home_id = Form(), current_cooperative().id
    ends_on = form.date("ends_on")
    with reading() as session:
        own.row(session, Fee, fee_id, cooperative_id=home_id)

    def do(session: Session) -> Answer:
        prices.end_fee(session, fee_id=fee_id, cooperative_id=home_id, ends_on=ends_on, at=now())
        flash(gettext("Saved."), "good")
        return Answer(url_for("fees.index"))

    return write_once(form, do) or _fee_page(fee_id, form)


def _today() -> date:
    return local(now(), current_cooperative().time_zone).date()


def _page(form: Form) -> ResponseReturnValue:
    with reading() as session:
        found = prices.fees(session, cooperative_id=current_cooperative().id)
    return render_template("setup/fees.html", fees=found, form=form, today=_today()), form.status


def _fee_page(fee_id: int, form: Form) -> ResponseReturnValue:
    with reading() as session:
        fee = own.row(session, Fee, fee_id, cooperative_id=current_cooperative().id)
    return render_template("setup/fee.html", fee=fee, form=form, today=_today()), form.status
