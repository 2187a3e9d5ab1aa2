"""My stall: the farmer opens a public page, names it, switches it off, and shares it."""

from __future__ import annotations

from flask import Blueprint, flash, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.documents.qr import qr_svg
from app.kernel.database import reading
from app.kernel.errors import N_
from app.models import RoleKind, Stall
from app.models.stalls import LONGEST_NAME
from app.web.addresses import public_address
from app.web.forms import Form
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.navigation import Entry
from app.web.session import current_cooperative, current_person, now
from app.web.translation import gettext
from app.web.writing import write_once
from farmers.services import stalls

NAVIGATION = (Entry("my_stall.show", N_("My stall"), (RoleKind.FARMER,), "shop", 28, in_bar=False),)

LONGEST_GREETING = 160

blueprint = Blueprint("my_stall", __name__, template_folder="templates")


@blueprint.get("/my-stall")
@role_required(RoleKind.FARMER)
def show() -> ResponseReturnValue:
    """Show the farmer's stall with its address, QR code and poster, or how to open one."""
    with reading() as session:
        stall = _stall(session)
        name = stall.name if stall else _suggested(session)
    values = {"name": name, "greeting": stall.greeting if stall else ""}
    if stall is None or stall.is_open:
        values["is_open"] = "1"
    return _page(Form(values), stall)


@blueprint.post("/my-stall")
@role_required(RoleKind.FARMER)
def save() -> ResponseReturnValue:
    """Open, close or rename the stall."""
    form = Form()
    name = form.text("name", maximum=LONGEST_NAME)
    greeting = form.text("greeting", maximum=LONGEST_GREETING, required=False)
    is_open = form.ticked("is_open")
    with reading() as session:
        stall = _stall(session)

    def do(session: Session) -> Answer:
        stalls.keep(
            session,
            farmer_id=current_person().id,
            cooperative_id=current_cooperative().id,
            name=name,
            greeting=" ".join(greeting.split()),
            is_open=is_open,
            at=now(),
        )
        text = gettext("Your stall is open.") if is_open else gettext("Your stall is closed.")
        flash(text, "good")
        return Answer(url_for("my_stall.show"))

    return write_once(form, do) or _page(form, stall)


def _stall(session: Session) -> Stall | None:
    return stalls.own_stall(
        session, farmer_id=current_person().id, cooperative_id=current_cooperative().id
    )


def _suggested(session: Session) -> str:
    return stalls.suggested_name(session, farmer_id=current_person().id)


def _page(form: Form, stall: Stall | None) -> ResponseReturnValue:
    address = "" if stall is None else public_address(url_for("stalls.show", name=stall.name))
    page = render_template(
        "farmers/my_stall.html",
        form=form,
        stall=stall,
        address=address,
        qr=qr_svg(address, title=gettext("QR code of my stall")) if stall else None,
    )
    return page, form.status
