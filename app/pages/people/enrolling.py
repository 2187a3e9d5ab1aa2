"""Enrolling one person."""

from __future__ import annotations

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.kernel.database import reading
from app.models import RoleKind
from app.pages.people.blueprint import blueprint
from app.pages.people.new_codes import remember
from app.pages.people.scopes import Places, kinds_offered, places_of, read_role
from app.people.enrolling import LONGEST_NAME, enrol
from app.web.forms import Form
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.locale import languages
from app.web.session import current_cooperative, current_person, now
from app.web.translation import gettext
from app.web.words import language_name
from app.web.writing import write_once


@blueprint.get("/new")
@role_required(RoleKind.MANAGER)
def ask() -> ResponseReturnValue:
    """Show the empty form."""
    with reading() as session:
        places = places_of(session, current_cooperative().id)
    return _page(Form({"kind": request.args.get("role", "farmer")}), places)


@blueprint.post("/new")
@role_required(RoleKind.MANAGER)
def save() -> ResponseReturnValue:
    """Enrol the person once and show them with their code."""
    form, home = Form(), current_cooperative()
    with reading() as session:
        places = places_of(session, home.id)
    name = form.text("name", maximum=LONGEST_NAME)
    phone = form.text("phone", maximum=40, required=False)
    language = form.text("language", maximum=16)
    wanted = read_role(form, places)

    def do(session: Session) -> Answer:
        person, code = enrol(
            session,
            cooperative_id=home.id,
            name=name,
            phone=phone,
            language=language,
            roles=[wanted],
            created_by_id=current_person().id,
            at=now(),
        )
        remember(person.id, code)
        flash(gettext("%(name)s is enrolled.", name=person.name), "good")
        return Answer(location=url_for("people.show", person_id=person.id))

    return write_once(form, do) or _page(form, places)


def _page(form: Form, places: Places) -> ResponseReturnValue:
    spoken = [(code, language_name(code)) for code in languages()]
    page = render_template(
        "people/enrol.html", form=form, places=places, kinds=kinds_offered(), spoken=spoken
    )
    return page, form.status
