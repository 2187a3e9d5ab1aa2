"""One person: what is known, roles, devices, a new code."""

from __future__ import annotations

from dataclasses import dataclass

from flask import flash, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.documents.qr import qr_svg
from app.kernel.database import reading
from app.models import DeviceSession, Person, RoleKind
from app.pages.people.blueprint import blueprint
from app.pages.people.new_codes import enrolment_link, remember, take
from app.pages.people.scopes import (
    Places,
    RoleShown,
    kinds_offered,
    places_of,
    read_role,
    roles_shown,
)
from app.people import codes, directory, pins, roles, sessions
from app.web.forms import Form
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.locale import languages
from app.web.session import current_cooperative, current_person, now
from app.web.translation import gettext
from app.web.words import language_name
from app.web.writing import write_once


@dataclass(frozen=True)
class PersonPage:
    """All that the page shows."""

    person: Person
    roles: list[RoleShown]
    devices: list[DeviceSession]
    has_pin: bool
    places: Places
    kinds: list[tuple[str, str, str]]
    languages: list[tuple[str, str]]
    code: str = ""
    qr: str = ""


@blueprint.get("/<int:person_id>")
@role_required(RoleKind.MANAGER)
def show(person_id: int) -> ResponseReturnValue:
    """Show the person, and a new code once after it was made."""
    with reading() as session:
        _own(session, person_id)
    return _page(person_id, code=take(person_id))


@blueprint.post("/<int:person_id>/details")
@role_required(RoleKind.MANAGER)
def change(person_id: int) -> ResponseReturnValue:
    """Put name, phone and language right."""
    form, home_id = Form(), current_cooperative().id
    name = form.text("name", maximum=120)
    phone = form.text("phone", maximum=40, required=False)
    language = form.text("language", maximum=16)

    def do(session: Session) -> Answer:
        _own(session, person_id)
        directory.change_name(session, person_id=person_id, name=name)
        directory.change_phone(session, person_id=person_id, cooperative_id=home_id, phone=phone)
        directory.change_language(
            session, person_id=person_id, cooperative_id=home_id, language=language
        )
        return _done(person_id, gettext("Saved."))

    return write_once(form, do) or _page(person_id, details=form)


@blueprint.post("/<int:person_id>/roles")
@role_required(RoleKind.MANAGER)
def grant(person_id: int) -> ResponseReturnValue:
    """Give the person one more role."""
    form, home_id = Form(), current_cooperative().id
    with reading() as session:
        wanted = read_role(form, places_of(session, home_id))

    def do(session: Session) -> Answer:
        _own(session, person_id)
        roles.grant(
            session,
            person_id=person_id,
            cooperative_id=home_id,
            kind=wanted.kind,
            village_id=wanted.village_id,
            shop_id=wanted.shop_id,
            hub_id=wanted.hub_id,
            at=now(),
        )
        return _done(person_id, gettext("The role is given."))

    return write_once(form, do) or _page(person_id, role=form)


@blueprint.post("/<int:person_id>/roles/<int:role_id>/end")
@role_required(RoleKind.MANAGER)
def end_role(person_id: int, role_id: int) -> ResponseReturnValue:
    """End one of the person's roles."""

    def do(session: Session) -> Answer:
        _own(session, person_id)
        roles.end(session, role_id=role_id, cooperative_id=current_cooperative().id, at=now())
        return _done(person_id, gettext("The role has ended."))

    form = Form()
    return write_once(form, do) or _page(person_id, top=form)


@blueprint.post("/<int:person_id>/code")
@role_required(RoleKind.MANAGER)
def new_code(person_id: int) -> ResponseReturnValue:
    """Make a code to enrol with; a PIN and the devices that were signed in end with it."""

    def do(session: Session) -> Answer:
        code = directory.reset_pin(
            session,
            person_id=person_id,
            cooperative_id=current_cooperative().id,
            by_id=current_person().id,
            at=now(),
        )
        remember(person_id, code)
        return Answer(location=url_for("people.show", person_id=person_id))

    form = Form()
    return write_once(form, do) or _page(person_id, top=form)


@blueprint.post("/<int:person_id>/devices/<int:session_id>/revocation")
@role_required(RoleKind.MANAGER)
def revoke(person_id: int, session_id: int) -> ResponseReturnValue:
    """Sign one of the person's devices out, a lost phone for instance."""

    def do(session: Session) -> Answer:
        _own(session, person_id)
        sessions.revoke(session, session_id=session_id, person_id=person_id, at=now())
        return _done(person_id, gettext("The device is signed out."))

    form = Form()
    return write_once(form, do) or _page(person_id, top=form)


def _own(session: Session, person_id: int) -> Person:
    return directory.in_cooperative(
        session, person_id=person_id, cooperative_id=current_cooperative().id
    )


def _done(person_id: int, text: str) -> Answer:
    flash(text, "good")
    return Answer(location=url_for("people.show", person_id=person_id))


def _page(
    person_id: int,
    *,
    top: Form | None = None,
    details: Form | None = None,
    role: Form | None = None,
    code: str = "",
) -> ResponseReturnValue:
    home = current_cooperative()
    with reading() as session:
        person = _own(session, person_id)
        page = PersonPage(
            person=person,
            roles=roles_shown(
                session,
                directory.roles_by_person(session, person_ids=[person_id], cooperative_id=home.id)[
                    person_id
                ],
            ),
            devices=list(sessions.devices(session, person_id=person_id, at=now())),
            has_pin=pins.is_set(session, person_id=person_id),
            places=places_of(session, home.id),
            kinds=kinds_offered(),
            languages=[(one, language_name(one)) for one in languages()],
            code=codes.in_groups(code),
            qr=qr_svg(enrolment_link(code), title=gettext("Enrolment link")) if code else "",
        )
    shown = (top or Form({}), details or Form({}), role or Form({}))
    status = max(form.status for form in shown)
    return render_template(
        "people/person.html", page=page, top=shown[0], details=shown[1], role=shown[2]
    ), status
