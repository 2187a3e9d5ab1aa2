"""The hub's scale: every lot that a truck brings, weighed against the village's weight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.database import reading
from app.kernel.errors import N_
from app.models import Hub, HubKind, RoleKind
from app.web.forms import Form
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.navigation import Entry
from app.web.session import current_cooperative, current_person, current_roles, now
from app.web.writing import write_once
from logistics.pages.scopes import own_day, own_hub
from logistics.pages.weigh_forms import lot_key
from logistics.services import hub_weighing, plan_reading
from logistics.services.board import days_on_the_road
from logistics.services.views import HubLot

blueprint = Blueprint("receiving", __name__, template_folder="templates")

NAVIGATION = (
    Entry("receiving.index", N_("Receive"), (RoleKind.HUB_WORKER, RoleKind.MANAGER), "scale", 50),
)


@dataclass(frozen=True)
class ReceivingPage:
    """What comes to one hub on one day."""

    market_day_id: int
    on: date
    hub_id: int
    hub: str
    lots: Sequence[HubLot]
    just_done: HubLot | None

    @property
    def received_count(self) -> int:
        """Return how many lots the hub has weighed."""
        return sum(lot.hub_g is not None for lot in self.lots)


@dataclass(frozen=True)
class Arrival:
    """One day and hub with goods to receive."""

    market_day_id: int
    on: date
    hub_id: int
    hub: str
    lots: int
    received: int


@blueprint.get("/receiving")
@role_required(RoleKind.HUB_WORKER, RoleKind.MANAGER)
def index() -> ResponseReturnValue:
    """List the days and hubs with goods to receive."""
    found: list[Arrival] = []
    with reading() as session:
        for day in days_on_the_road(session, cooperative_id=current_cooperative().id):
            for hub in _hubs(session):
                lots = plan_reading.receiving_list(session, market_day_id=day.id, hub_id=hub.id)
                received = sum(lot.hub_g is not None for lot in lots)
                if lots:
                    found.append(Arrival(day.id, day.on, hub.id, hub.called, len(lots), received))
    return render_template("logistics/arrivals.html", arrivals=found)


@blueprint.get("/market-days/<int:day_id>/hubs/<int:hub_id>/receiving")
@role_required(RoleKind.HUB_WORKER, RoleKind.MANAGER)
def show(day_id: int, hub_id: int) -> ResponseReturnValue:
    """Show the lots that come to a hub, the unweighed first."""
    return _page(day_id, hub_id, Form({}))


@blueprint.post("/market-days/<int:day_id>/hubs/<int:hub_id>/weighings")
@role_required(RoleKind.HUB_WORKER, RoleKind.MANAGER)
def weigh(day_id: int, hub_id: int) -> ResponseReturnValue:
    """Record the hub's weight of one lot."""
    form = Form()
    with reading() as session:
        own_day(session, day_id)
        own_hub(session, hub_id)
        lots = plan_reading.receiving_list(session, market_day_id=day_id, hub_id=hub_id)
    lot_id = form.identifier("lot", [lot.lot_id for lot in lots])
    gross_g = form.quantity_g("weight", minimum_g=0)
    has_tare = bool(form.typed("tare").strip())
    tare_g = form.quantity_g("tare", minimum_g=0) if has_tare else 0
    reason = form.text("reason", required=False)

    def do(session: Session) -> Answer:
        person_id = current_person().id
        hub_weighing.weigh_at_hub(
            session,
            market_day_id=day_id,
            hub_id=hub_id,
            lot_id=lot_id,
            gross_g=gross_g,
            tare_g=tare_g,
            reason=reason,
            person_id=person_id,
            key=lot_key(person_id, form.key, lot_id),
            at=now(),
        )
        return Answer(url_for("receiving.show", day_id=day_id, hub_id=hub_id, done=lot_id))

    return write_once(form, do) or _page(day_id, hub_id, form)


def _hubs(session: Session) -> list[Hub]:
    """Return the hubs that this person receives at."""
    hubs = session.scalars(
        select(Hub)
        .where(Hub.cooperative_id == current_cooperative().id, Hub.kind != HubKind.CITY)
        .order_by(Hub.id)
    ).all()
    places = {role.hub_id for role in current_roles(RoleKind.HUB_WORKER)}
    if current_roles(RoleKind.MANAGER) or None in places:
        return list(hubs)
    return [hub for hub in hubs if hub.id in places]


def _page(day_id: int, hub_id: int, form: Form) -> ResponseReturnValue:
    with reading() as session:
        day = own_day(session, day_id)
        hub = own_hub(session, hub_id)
        lots = plan_reading.receiving_list(session, market_day_id=day_id, hub_id=hub_id)
    # Python sorts stably, so within each half the order of arrival stays.
    lots.sort(key=lambda lot: lot.hub_g is not None)
    done = request.args.get("done", 0, type=int)
    page = ReceivingPage(
        market_day_id=day_id,
        on=day.on,
        hub_id=hub_id,
        hub=hub.called,
        lots=lots,
        just_done=next((lot for lot in lots if lot.lot_id == done), None),
    )
    return render_template("logistics/receiving.html", page=page, form=form), form.status
