"""A person's own account: language, PIN, devices."""

from __future__ import annotations

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue

from app.kernel.database import reading, transaction
from app.kernel.errors import Refusal
from app.pages.enrolment import read_new_pin
from app.people import pins, sessions, signing_in
from app.web.forms import Form
from app.web.guards import public, signed_in_required
from app.web.redirects import see_other
from app.web.session import (
    SignInNeeded,
    current_person,
    current_roles,
    forget_on_device,
    now,
    visitor,
)
from app.web.signing_in import origin, tell_of_pin
from app.web.translation import gettext

blueprint = Blueprint("account", __name__, template_folder="templates")


@blueprint.get("/account")
@signed_in_required
def show() -> ResponseReturnValue:
    """Show the account with the devices that are signed in."""
    person = current_person()
    with reading() as session:
        devices = sessions.devices(session, person_id=person.id, at=now())
    return render_template(
        "pages/account.html",
        person=person,
        devices=devices,
        session_id=_session_id(),
        roles=current_roles(),
    )


@blueprint.get("/account/pin")
@signed_in_required
def pin() -> ResponseReturnValue:
    """Ask for the present PIN and a new one."""
    return render_template("pages/pin.html", form=Form({}), person=current_person())


@blueprint.post("/account/pin")
@signed_in_required
def change_pin() -> ResponseReturnValue:
    """Keep another PIN and sign every other device out; again changes nothing more."""
    form, person = Form(), current_person()
    present, new = form.text("present", maximum=20), read_new_pin(form)
    if form.valid:
        try:
            signing_in.confirm(person_id=person.id, pin=present, origin=origin(), at=now())
            with transaction() as session:
                pins.set_pin(session, person_id=person.id, pin=new, at=now())
                sessions.revoke_all(
                    session, person_id=person.id, at=now(), but_session_id=_session_id()
                )
                tell_of_pin(session, person_id=person.id)
        except Refusal as refusal:
            form.refuse(refusal)
    if not form.valid:
        return render_template("pages/pin.html", form=form, person=person), form.status
    flash(gettext("Your PIN is changed. Your other devices are signed out."), "good")
    return see_other("/account")


@blueprint.post("/account/devices/<int:session_id>/revocation")
@signed_in_required
def revoke(session_id: int) -> ResponseReturnValue:
    """Sign one of the person's devices out."""
    with transaction() as session:
        sessions.revoke(session, session_id=session_id, person_id=current_person().id, at=now())
    if session_id == _session_id():
        return _signed_out()
    flash(gettext("The device is signed out."), "good")
    return see_other("/account")


@blueprint.post("/sign-out")
@public
def sign_out() -> ResponseReturnValue:
    """Sign this device out; on a device that already is, nothing happens."""
    known = visitor()
    if known is not None:
        with transaction() as session:
            sessions.revoke(
                session, session_id=known.session_id, person_id=known.person.id, at=now()
            )
    return _signed_out()


def _signed_out() -> ResponseReturnValue:
    response = see_other("/")
    forget_on_device(response)
    return response


def _session_id() -> int:
    known = visitor()
    if known is None:
        raise SignInNeeded
    return known.session_id
