"""The regular legs between hubs: add, change, take out of use and back."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, flash, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.kernel.database import reading
from app.models import Hub, LineHaul, RoleKind
from app.pages.setup import fields
from app.setting_up import hubs, own
from app.setting_up.hubs import LineHaulDraft
from app.web.formatting import minute_of_day
from app.web.forms import Form
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.session import current_cooperative, now
from app.web.translation import gettext
from app.web.words import place_name
from app.web.writing import write_once

blueprint = Blueprint("line_hauls", __name__, template_folder="templates")

_LONGEST_MINUTES = 3 * 24 * 60


@dataclass(frozen=True)
class LegPage:
    """One leg with its form; ``leg`` is missing while it is being added."""

    leg: LineHaul | None
    hubs: list[tuple[int, str]]
    departs: str
    hours: int
    minutes: int


@blueprint.get("/set-up/line-hauls/new")
@role_required(RoleKind.MANAGER)
def new() -> ResponseReturnValue:
    """Show an empty form."""
    return _page(None, Form({}))


@blueprint.post("/set-up/line-hauls")
@role_required(RoleKind.MANAGER)
def create() -> ResponseReturnValue:
    """Add a leg."""
    form, home_id = Form(), current_cooperative().id
    draft = _read(form)

    def do(session: Session) -> Answer:
        hubs.create_line_haul(session, cooperative_id=home_id, draft=draft)
        flash(gettext("Saved."), "good")
        return Answer(url_for("hubs.index"))

    return write_once(form, do) or _page(None, form)


@blueprint.get("/set-up/line-hauls/<int:leg_id>")
@role_required(RoleKind.MANAGER)
def show(leg_id: int) -> ResponseReturnValue:
    """Show a leg in its form."""
    return _page(leg_id, Form({}))


@blueprint.post("/set-up/line-hauls/<int:leg_id>")
@role_required(RoleKind.MANAGER)
def change(leg_id: int) -> ResponseReturnValue:
    """Save what was written of a leg."""
    form, home_id = Form(), current_cooperative().id
    _check_own(leg_id)
    draft = _read(form)

    def do(session: Session) -> Answer:
        hubs.change_line_haul(session, line_haul_id=leg_id, cooperative_id=home_id, draft=draft)
        flash(gettext("Saved."), "good")
        return Answer(url_for("hubs.index"))

    return write_once(form, do) or _page(leg_id, form)


@blueprint.post("/set-up/line-hauls/<int:leg_id>/retirement")
@role_required(RoleKind.MANAGER)
def retire(leg_id: int) -> ResponseReturnValue:
    """Take a leg out of use."""
    form, home_id = Form(), current_cooperative().id
    _check_own(leg_id)

    def do(session: Session) -> Answer:
        hubs.retire_line_haul(session, line_haul_id=leg_id, cooperative_id=home_id, at=now())
        return Answer(url_for("hubs.index"))

    return write_once(form, do) or _page(leg_id, form)


@blueprint.post("/set-up/line-hauls/<int:leg_id>/return")
@role_required(RoleKind.MANAGER)
def restore(leg_id: int) -> ResponseReturnValue:
    """Take a leg into use again."""
    form, home_id = Form(), current_cooperative().id
    _check_own(leg_id)

    def do(session: Session) -> Answer:
        hubs.restore_line_haul(session, line_haul_id=leg_id, cooperative_id=home_id)
        return Answer(url_for("hubs.index"))

    return write_once(form, do) or _page(leg_id, form)


def _check_own(leg_id: int) -> None:
    with reading() as session:
        own.row(session, LineHaul, leg_id, cooperative_id=current_cooperative().id)


def _read(form: Form) -> LineHaulDraft:
    home = current_cooperative()
    with reading() as session:
        offered = [hub_id for hub_id, _ in _hubs(session)]
    hours = form.whole("hours", maximum=_LONGEST_MINUTES // 60)
    minutes = form.whole("minutes", maximum=59, minimum=0 if hours else 1)
    return LineHaulDraft(
        from_hub_id=form.identifier("from_hub", offered),
        to_hub_id=form.identifier("to_hub", offered),
        carrier=form.text("carrier", maximum=120),
        departs_minute=fields.minute(form, "departs"),
        duration_s=(hours * 60 + minutes) * 60,
        capacity_g=form.quantity_g("capacity"),
        price_minor=form.money_minor("price", currency=home.currency),
    )


def _hubs(session: Session) -> list[tuple[int, str]]:
    found = own.all_of(session, Hub, cooperative_id=current_cooperative().id)
    return [(hub.id, place_name(hub)) for hub in found]


def _page(leg_id: int | None, form: Form) -> ResponseReturnValue:
    with reading() as session:
        leg = None
        if leg_id is not None:
            leg = own.row(session, LineHaul, leg_id, cooperative_id=current_cooperative().id)
        minutes = 480 if leg is None else leg.duration_s // 60
        page = LegPage(
            leg=leg,
            hubs=_hubs(session),
            departs=minute_of_day(1200 if leg is None else leg.departs_minute),
            hours=minutes // 60,
            minutes=minutes % 60,
        )
    return render_template("setup/line_haul.html", page=page, form=form), form.status
