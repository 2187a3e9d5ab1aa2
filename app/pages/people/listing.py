"""Everybody of the cooperative, found by name, phone or number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.kernel.database import reading
from app.models import Person, RoleKind
from app.pages.people.blueprint import blueprint
from app.pages.people.scopes import RoleShown, roles_shown
from app.people import directory
from app.web.forms import Form
from app.web.guards import role_required
from app.web.session import current_cooperative

PAGE_LENGTH = 50


@dataclass(frozen=True)
class PersonRow:
    """One line of the list."""

    person: Person
    roles: list[RoleShown]
    has_pin: bool


@blueprint.get("")
@role_required(RoleKind.MANAGER)
def show_all() -> ResponseReturnValue:
    """List people by name, a page at a time."""
    search, kind = request.args.get("search", "")[:100], request.args.get("role", "")
    with reading() as session:
        found = directory.page(
            session,
            cooperative_id=current_cooperative().id,
            search=search,
            kind=RoleKind(kind) if kind in set(RoleKind) else None,
            after_id=request.args.get("after", type=int),
            limit=PAGE_LENGTH + 1,
        )
        rows = rows_of(session, found[:PAGE_LENGTH])
    more = ""
    if len(found) > PAGE_LENGTH:
        more = url_for("people.show_all", search=search, role=kind, after=rows[-1].person.id)
    form = Form({"search": search, "role": kind})
    return render_template(
        "people/list.html", rows=rows, more_address=more, form=form, kinds=list(RoleKind)
    )


def rows_of(session: Session, people: Sequence[Person]) -> list[PersonRow]:
    """Return people with their roles here and whether they have enrolled."""
    ids = [person.id for person in people]
    home_id = current_cooperative().id
    held = directory.roles_by_person(session, person_ids=ids, cooperative_id=home_id)
    shown = {
        role.id: role
        for role in roles_shown(session, [role for roles in held.values() for role in roles])
    }
    enrolled = directory.with_pin(session, person_ids=ids)
    return [
        PersonRow(person, [shown[role.id] for role in held[person.id]], person.id in enrolled)
        for person in people
    ]
