"""What farmers are owed, and paying it out."""

from __future__ import annotations

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.kernel.database import reading
from app.kernel.errors import N_, BadInput, NotFound
from app.ledger import payouts
from app.ledger.entries import balance_of
from app.models import AccountKind, Person, RoleKind
from app.people import directory
from app.web.forms import Form, NoSuchChoice
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.session import current_cooperative, current_person, now
from app.web.translation import gettext, ngettext
from app.web.writing import write_once
from farmers.services import paying

blueprint = Blueprint("farmers_money", __name__, template_folder="templates")

_PAGE = 50
_SOURCES = (AccountKind.BANK, AccountKind.CASH)


class NobodyTicked(BadInput):
    """A pay-out to nobody."""

    code = "setup_nobody_ticked"
    message = N_("Tick at least one farmer.")


@blueprint.get("/money/farmers")
@role_required(RoleKind.MANAGER)
def index() -> ResponseReturnValue:
    """List the farmers who are owed something."""
    return _page(Form({}))


@blueprint.post("/money/farmers/pay-outs")
@role_required(RoleKind.MANAGER)
def pay_all() -> ResponseReturnValue:
    """Pay the ticked farmers all that they are owed now."""
    form = Form()
    source = _source(form)
    ticked = {int(one) for one in form.chosen("farmer") if one.isascii() and one.isdigit()}
    if not ticked:
        form.refuse(NobodyTicked())

    def do(session: Session) -> Answer:
        for person_id in sorted(ticked):
            _check_own(session, person_id)
            owed = _owed(session, person_id)
            if owed > 0:
                _pay(session, form, person_id, owed, source)
        paid = ngettext("%(num)s farmer is paid.", "%(num)s farmers are paid.", len(ticked))
        flash(paid, "good")
        return Answer(url_for("farmers_money.index"))

    return write_once(form, do) or _page(form)


@blueprint.get("/money/farmers/<int:person_id>")
@role_required(RoleKind.MANAGER)
def show(person_id: int) -> ResponseReturnValue:
    """Show what one farmer is owed, with a form to pay it or a part of it."""
    return _farmer_page(person_id, Form({}))


@blueprint.post("/money/farmers/<int:person_id>/pay-outs")
@role_required(RoleKind.MANAGER)
def pay(person_id: int) -> ResponseReturnValue:
    """Pay one farmer an amount."""
    form, home = Form(), current_cooperative()
    source = _source(form)
    amount_minor = form.money_minor("amount", currency=home.currency, minimum=1)
    with reading() as session:
        _check_own(session, person_id)

    def do(session: Session) -> Answer:
        _pay(session, form, person_id, amount_minor, source)
        flash(gettext("The pay-out is written down."), "good")
        return Answer(url_for("farmers_money.index"))

    return write_once(form, do) or _farmer_page(person_id, form)


def _pay(
    session: Session, form: Form, person_id: int, amount_minor: int, source: AccountKind
) -> None:
    paying.pay_farmer(
        session,
        cooperative_id=current_cooperative().id,
        person_id=person_id,
        amount_minor=amount_minor,
        source=source,
        key=f"{current_person().id}:{form.key}:{person_id}",
        at=now(),
    )


def _source(form: Form) -> AccountKind:
    source = form.choice("source", AccountKind)
    if source not in _SOURCES:
        form.refuse(NoSuchChoice(field="source"))
    return source


def _check_own(session: Session, person_id: int) -> Person:
    person = directory.in_cooperative(
        session, person_id=person_id, cooperative_id=current_cooperative().id
    )
    roles = directory.roles_by_person(
        session, person_ids=[person_id], cooperative_id=current_cooperative().id
    )
    farms = any(role.kind is RoleKind.FARMER for role in roles[person_id])
    if not farms and _owed(session, person_id) == 0:
        raise NotFound
    return person


def _owed(session: Session, person_id: int) -> int:
    return balance_of(
        session,
        cooperative_id=current_cooperative().id,
        kind=AccountKind.FARMER_PAYABLE,
        person_id=person_id,
    )


def _sources() -> list[tuple[str, str]]:
    return [
        (AccountKind.BANK.value, gettext("Bank transfer")),
        (AccountKind.CASH.value, gettext("Cash")),
    ]


def _page(form: Form) -> ResponseReturnValue:
    home_id = current_cooperative().id
    with reading() as session:
        found = payouts.owed_to_farmers(
            session,
            cooperative_id=home_id,
            after_id=request.args.get("after", default=0, type=int),
            limit=_PAGE + 1,
        )
        total = balance_of(session, cooperative_id=home_id, kind=AccountKind.FARMER_PAYABLE)
    more = ""
    if len(found) > _PAGE:
        more = url_for("farmers_money.index", after=found[_PAGE - 1].person.id)
    page = render_template(
        "setup/farmers.html",
        form=form,
        farmers=found[:_PAGE],
        total_minor=total,
        sources=_sources(),
        ticked=set(form.chosen("farmer")),
        more_address=more,
    )
    return page, form.status


def _farmer_page(person_id: int, form: Form) -> ResponseReturnValue:
    with reading() as session:
        person = _check_own(session, person_id)
        owed = _owed(session, person_id)
    page = render_template(
        "setup/farmer.html", person=person, owed_minor=owed, sources=_sources(), form=form
    )
    return page, form.status
