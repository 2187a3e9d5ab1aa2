"""Enrolment cards to print: name, number, code and QR code, eight on a sheet."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from markupsafe import Markup

from app.documents.qr import qr_svg
from app.kernel.database import reading, transaction
from app.kernel.errors import N_, BadInput
from app.models import Person, RoleKind
from app.pages.people.blueprint import blueprint
from app.pages.people.listing import rows_of
from app.pages.people.new_codes import enrolment_link
from app.people import codes, directory
from app.web.forms import Form
from app.web.guards import role_required
from app.web.locale import languages
from app.web.session import current_cooperative, current_person, now
from app.web.translation import gettext

PAGE_LENGTH = 200
# Each code takes some milliseconds to hash; other writers wait no longer than for a few.
CODES_A_TRANSACTION = 20


class NobodyChosen(BadInput):
    """No card was asked for."""

    code = "nobody_chosen"
    message = N_("Tick at least one person.")


@dataclass(frozen=True)
class Card:
    """What one card says, in its owner's language."""

    name: str
    number: str
    code: str
    qr: Markup
    cooperative: str
    address: str


@blueprint.get("/cards")
@role_required(RoleKind.MANAGER)
def choose() -> ResponseReturnValue:
    """List those who have not enrolled yet, to choose whose cards are printed."""
    return _page(Form({}))


@blueprint.post("/cards")
@role_required(RoleKind.MANAGER)
def make() -> ResponseReturnValue:
    """Show the cards of the chosen people, ready to print, each with a code of its own.

    Sent again it makes new codes beside the first ones: whichever sheet comes out of the
    printer is good.
    """
    form = Form()
    chosen = [int(one) for one in form.chosen("person") if one.isascii() and one.isdigit()]
    if not chosen:
        form.refuse(NobodyChosen())
        return _page(form)
    sheets: list[Markup] = []
    for start in range(0, len(chosen), CODES_A_TRANSACTION):
        for person, code in _codes(chosen[start : start + CODES_A_TRANSACTION]):
            sheets.append(_card(person, code))
    return render_template("people/cards.html", cards=sheets)


def _codes(person_ids: list[int]) -> list[tuple[Person, str]]:
    made = []
    with transaction() as session:
        for person_id in person_ids:
            person = directory.in_cooperative(
                session, person_id=person_id, cooperative_id=current_cooperative().id
            )
            code = codes.new_code(
                session, person_id=person.id, created_by_id=current_person().id, at=now()
            )
            made.append((person, code))
    return made


def _card(person: Person, code: str) -> Markup:
    home = current_cooperative()
    link = enrolment_link(code)
    spoken = person.language if person.language in languages() else home.languages[0]
    with force_locale(spoken):
        card = Card(
            name=person.name,
            number=person.member_number,
            code=codes.in_groups(code),
            qr=qr_svg(link, title=gettext("Enrolment link")),
            cooperative=home.name,
            address=link.removesuffix(f"/{code}").split("://", 1)[-1],
        )
        return Markup(render_template("people/card.html", card=card, language=spoken))


def _page(form: Form) -> ResponseReturnValue:
    with reading() as session:
        found = directory.page(
            session,
            cooperative_id=current_cooperative().id,
            only_without_pin=True,
            after_id=request.args.get("after", type=int),
            limit=PAGE_LENGTH + 1,
        )
        rows = rows_of(session, found[:PAGE_LENGTH])
    more = url_for("people.choose", after=rows[-1].person.id) if len(found) > PAGE_LENGTH else ""
    return render_template(
        "people/choose_cards.html", form=form, rows=rows, more_address=more
    ), form.status
