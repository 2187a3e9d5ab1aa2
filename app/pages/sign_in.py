"""Signing in with a phone or member number and a PIN."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from flask import session as cookie_session
from flask.typing import ResponseReturnValue

from app.kernel.database import reading, transaction
from app.kernel.errors import N_, NotFound, Refusal
from app.models import RoleKind
from app.people import directory, signing_in
from app.web.demo_links import is_allowed
from app.web.forms import Form, Missing
from app.web.guards import public
from app.web.redirects import own_path, see_other
from app.web.session import current_cooperative, now, visitor
from app.web.signing_in import open_session, origin, signed_in_response

blueprint = Blueprint("sign_in", __name__, template_folder="templates")

_CHOICE = "people_to_choose"
_CHOICE_LIFE = timedelta(minutes=5)


class ChoiceTooOld(Refusal):
    """The name was chosen long after the PIN was typed."""

    code = "choice_too_old"
    message = N_("That took too long. Sign in again.")


@blueprint.get("/sign-in")
@public
def show() -> ResponseReturnValue:
    """Ask for phone or member number and the PIN."""
    next_path = own_path(request.args.get("next"))
    if visitor() is not None:
        return redirect(next_path)
    form = Form({"who": request.args.get("who", "")[:20]})
    return render_template("pages/sign_in.html", form=form, next_path=next_path)


@blueprint.post("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    """Sign in; where one PIN fits several people of one phone, go and ask for the name."""
    form = Form()
    next_path = own_path(form.typed("next"))
    who, pin = form.text("who", maximum=40), form.typed("pin")
    if not pin:
        form.refuse(Missing(field="pin"))
    if form.valid:
        try:
            people = signing_in.sign_in(who=who, pin=pin, origin=origin(), at=now())
        except Refusal as refusal:
            form.refuse(refusal)
            status = refusal.status
        else:
            if len(people) == 1:
                return _enter(people[0].id, next_path)
            cookie_session[_CHOICE] = {"ids": [one.id for one in people], "at": now().isoformat()}
            return see_other(url_for("sign_in.people", next=next_path))
    else:
        status = form.status
    page = render_template("pages/sign_in.html", form=form, next_path=next_path)
    return page, status


@blueprint.get("/sign-in/person")
@public
def people() -> ResponseReturnValue:
    """Ask which of the people with one phone and one PIN it is."""
    with reading() as session:
        fitting = directory.named(session, person_ids=_choice())
    next_path = own_path(request.args.get("next"))
    return render_template("pages/sign_in_person.html", people=fitting, next_path=next_path)


@blueprint.post("/sign-in/person")
@public
def choose() -> ResponseReturnValue:
    """Sign the chosen person in."""
    form = Form()
    person_id = form.identifier("person", _choice())
    if not form.valid:
        return see_other(url_for("sign_in.people"))
    return _enter(person_id, own_path(form.typed("next")))


@blueprint.get("/demo/<role>")
@public
def demo(role: str) -> ResponseReturnValue:
    """Sign somebody with a role in, on the machine itself and for looking around only.

    :raises NotFound: wherever such links are not allowed, without saying so.
    """
    if role not in set(RoleKind) or not is_allowed(RoleKind(role), request.args.get("token", "")):
        raise NotFound
    with transaction() as session:
        person = directory.first_with_role(
            session, cooperative_id=current_cooperative().id, kind=RoleKind(role)
        )
        token = open_session(session, person_id=person.id)
    return signed_in_response(token, "/")


def _enter(person_id: int, next_path: str) -> ResponseReturnValue:
    with transaction() as session:
        token = open_session(session, person_id=person_id)
    return signed_in_response(token, next_path)


def _choice() -> list[int]:
    # The cookie is signed, so these ids are the ones whose PIN was right a moment ago.
    kept = cookie_session.get(_CHOICE)
    if kept is None or datetime.fromisoformat(kept["at"]) + _CHOICE_LIFE < now():
        raise ChoiceTooOld
    return list(kept["ids"])
