"""List a harvest: one short form that a phone can also fill in without a network."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.kernel.clock import local
from app.kernel.database import reading
from app.kernel.errors import N_
from app.models import Lot, RoleKind
from app.web.compression import tightly
from app.web.forms import Form
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.navigation import Entry
from app.web.session import current_cooperative, current_person, current_roles, now
from app.web.writing import write_once
from farmers.pages.offer_form import read_offer, starting_values
from farmers.pages.phone_data import phone_data, price_step, small_json
from farmers.services import harvests, lot_views
from farmers.services.assisting import Farmer, farmer_for, farmers_of
from farmers.services.choices import Choices, choices

LISTERS = (RoleKind.FARMER, RoleKind.VILLAGE_LEAD, RoleKind.MANAGER)
HELPERS = (RoleKind.VILLAGE_LEAD, RoleKind.MANAGER)
FARMERS = (RoleKind.FARMER,)
NAVIGATION = (
    Entry("listing.new", N_("List a harvest"), FARMERS, "plus", 10),
    Entry("listing.farmers", N_("List for a farmer"), HELPERS, "people", 40),
)
PAGE = 40

blueprint = Blueprint("listing", __name__, template_folder="templates")
blueprint.add_app_template_filter(small_json)


@blueprint.get("/harvests/new")
@role_required(*LISTERS)
def new() -> ResponseReturnValue:
    """Show the empty form, or one that repeats an earlier lot (``?repeat=ID``)."""
    with reading() as session:
        farmer = farmer_asked_for(session, request.args.get("farmer", type=int))
        offered = choices_for(session, farmer)
        repeated = _repeated(session, farmer, request.args.get("repeat", type=int))
    form = Form(starting_values(offered, repeated, today=_today()))
    return _page(form, farmer, offered)


@blueprint.post("/harvests")
@role_required(*LISTERS)
def create() -> ResponseReturnValue:
    """List the harvest once, then show where it went."""
    form = Form()
    with reading() as session:
        farmer = farmer_asked_for(session, form.whole_or_none("farmer"))
        offered = choices_for(session, farmer)
    offer = read_offer(form, offered, farmer=farmer, currency=current_cooperative().currency)

    def do(session: Session) -> Answer:
        lot = harvests.offer(
            session,
            cooperative_id=current_cooperative().id,
            listed_by_id=current_person().id,
            offered=offer,
            key=form.key,
            at=now(),
        )
        return Answer(url_for("harvests.show", lot_id=lot.id, sent=1))

    if response := write_once(form, do):
        return response
    return _page(form, farmer, offered), form.status


@blueprint.get("/harvests/farmers")
@role_required(*HELPERS)
def farmers() -> ResponseReturnValue:
    """Let a village lead or manager choose whom to list for."""
    search, after = request.args.get("search", "").strip(), request.args.get("after", "")
    with reading() as session:
        found = farmers_of(
            session,
            by_id=current_person().id,
            cooperative_id=current_cooperative().id,
            search=search,
            after=after,
            limit=PAGE + 1,
        )
    more = (
        url_for(".farmers", search=search, after=found[PAGE - 1].member_number)
        if len(found) > PAGE
        else ""
    )
    return render_template("farmers/farmers.html", farmers=found[:PAGE], search=search, more=more)


def farmer_asked_for(session: Session, farmer_id: int | None) -> Farmer:
    """Return whom the signed-in person lists for: the farmer asked for, else oneself."""
    person_id = current_person().id
    return farmer_for(
        session,
        by_id=person_id,
        farmer_id=farmer_id or person_id,
        cooperative_id=current_cooperative().id,
    )


def choices_for(session: Session, farmer: Farmer) -> Choices:
    """Return what a farmer may list now."""
    return choices(
        session,
        cooperative_id=current_cooperative().id,
        farmer_id=farmer.person_id,
        village_id=farmer.village_id,
        at=now(),
    )


def _repeated(session: Session, farmer: Farmer, lot_id: int | None) -> Lot | None:
    if lot_id is None:
        return None
    view = lot_views.lot_view(
        session,
        lot_id=lot_id,
        person_id=current_person().id,
        cooperative_id=current_cooperative().id,
    )
    return view.lot if view.lot.farmer_id == farmer.person_id else None


def _page(form: Form, farmer: Farmer, offered: Choices) -> str:
    is_own = farmer.person_id == current_person().id
    tightly()
    return render_template(
        "farmers/listing.html",
        form=form,
        farmer=farmer,
        is_own=is_own,
        choices=offered,
        unit_codes=list(dict.fromkeys(u.code for crop in offered.crops for u in crop.units)),
        latest=_today() + timedelta(days=60),
        paid_on=offered.days[0][0] + timedelta(days=offered.paid_after_days)
        if offered.days
        else None,
        currency=current_cooperative().currency,
        price_step=price_step(offered, current_cooperative().currency),
        data=phone_data(offered, farmer, person_id=current_person().id),
        can_help=bool(current_roles(*HELPERS)),
    )


def _today() -> date:
    return local(now(), current_cooperative().time_zone).date()
