"""A person's own account: language, PIN, devices."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.kernel.database import reading, transaction
from app.people import sessions
from app.web.guards import public, signed_in_required
from app.web.redirects import see_other
from app.web.session import current_person, forget_on_device, now, visitor

blueprint = Blueprint("account", __name__, template_folder="templates")


@blueprint.get("/account")
@signed_in_required
def show() -> ResponseReturnValue:
    """Show the account with the devices that are signed in."""
    person = current_person()
    with reading() as session:
        devices = sessions.devices(session, person_id=person.id, at=now())
    return render_template("pages/account.html", person=person, devices=devices, visitor=visitor())


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
    response = see_other("/")
    forget_on_device(response)
    return response
