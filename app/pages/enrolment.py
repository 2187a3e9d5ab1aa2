"""Coming in for the first time: with a code, typed or scanned from a card."""

from __future__ import annotations

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale

from app.kernel.database import reading, transaction
from app.kernel.errors import N_, BadInput, Refusal
from app.models import Person
from app.people import check_digits, codes, pins, signing_in, throttling
from app.web.forms import Form
from app.web.guards import public
from app.web.locale import LANGUAGE_COOKIE, languages
from app.web.redirects import see_other
from app.web.session import now
from app.web.signing_in import open_session, origin, signed_in_response, tell_of_pin
from app.web.translation import gettext

blueprint = Blueprint("enrolment", __name__, template_folder="templates")


class PinsDiffer(BadInput):
    """The PIN was typed twice, differently."""

    code = "pins_differ"
    message = N_("The two PINs are not the same. Type the same PIN twice.")


@blueprint.get("/enrol")
@public
def ask() -> ResponseReturnValue:
    """Ask for the code."""
    return render_template("pages/enrolment_code.html", form=Form({}))


@blueprint.post("/enrol")
@public
def take() -> ResponseReturnValue:
    """Go on with a code that is good."""
    form = Form()
    code = form.text("code", maximum=40)
    if form.valid:
        try:
            _person(code)
        except Refusal as refusal:
            form.refuse(refusal, field="code")
        else:
            return see_other(url_for("enrolment.show", code=check_digits.typed_digits(code)))
    return render_template("pages/enrolment_code.html", form=form), form.status


@blueprint.get("/enrol/<code>")
@public
def show(code: str) -> ResponseReturnValue:
    """Greet the person whom the code is for and ask for a PIN; this uses nothing up."""
    return _page(_person(code), Form({}))


@blueprint.post("/enrol/<code>")
@public
def enrol(code: str) -> ResponseReturnValue:
    """Use the code up, keep the PIN and sign the person in."""
    form = Form()
    pin = read_new_pin(form)
    if not form.valid:
        return _page(_person(code), form)
    try:
        person, token = _enrol(code, pin)
    except codes.CodeUsed:
        # The reply to the first sending may have been lost on the way: the PIN proves it.
        return _enter_again(code, pin)
    except BadInput as refusal:
        form.refuse(refusal)
        return _page(_person(code), form)
    response = signed_in_response(token, "/")
    flash(
        gettext(
            "Welcome, %(name)s. Your member number is %(number)s: sign in with it and your PIN.",
            name=person.name,
            number=person.member_number,
        ),
        "good",
    )
    return response


def read_new_pin(form: Form) -> str:
    """Read a PIN that was typed twice."""
    pin, again = form.text("pin", maximum=20), form.typed("again").strip()
    if form.valid and check_digits.typed_digits(pin) != check_digits.typed_digits(again):
        form.refuse(PinsDiffer(field="again"))
    return pin


def _enrol(code: str, pin: str) -> tuple[Person, str]:
    with transaction() as session:
        tries = codes.claim_try(session, origin=origin(), at=now())
    with transaction() as session:
        person = codes.use_enrolment(session, code=code, at=now())
        had_pin = pins.is_set(session, person_id=person.id)
        pins.set_pin(session, person_id=person.id, pin=pin, at=now())
        if had_pin:
            tell_of_pin(session, person_id=person.id)
        throttling.succeed(session, tries=tries)
        return person, open_session(session, person_id=person.id)


def _enter_again(code: str, pin: str) -> ResponseReturnValue:
    with reading() as session:
        number = codes.owner(session, code=code).member_number
    try:
        (person,) = signing_in.sign_in(who=number, pin=pin, origin=origin(), at=now())
    except signing_in.WrongSignIn:
        raise codes.CodeUsed from None
    with transaction() as session:
        token = open_session(session, person_id=person.id)
    return signed_in_response(token, "/")


def _person(code: str) -> Person:
    """Return whom a good code is for; a try at an unknown one is counted."""
    codes.check(code)
    with transaction() as session:
        tries = codes.claim_try(session, origin=origin(), at=now())
    with reading() as session:
        person = codes.find(session, code=code, at=now())
    with transaction() as session:
        throttling.succeed(session, tries=tries)
    return person


def _page(person: Person, form: Form) -> ResponseReturnValue:
    # The person's own language, unless this device has been told another one.
    if person.language in languages() and LANGUAGE_COOKIE not in request.cookies:
        with force_locale(person.language):
            return render_template("pages/enrolment.html", form=form, person=person), form.status
    return render_template("pages/enrolment.html", form=form, person=person), form.status
