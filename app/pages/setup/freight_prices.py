"""Freight prices: per pickup point, from distances or set by hand from a day on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app import freight
from app.kernel.clock import local
from app.kernel.database import reading
from app.models import PickupPoint, RoleKind, Village
from app.setting_up import own, prices
from app.setting_up.prices import TariffRow
from app.web.forms import Form
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.session import current_cooperative, now
from app.web.translation import gettext, ngettext
from app.web.words import place_name
from app.web.writing import write_once

blueprint = Blueprint("freight", __name__, template_folder="templates")


@dataclass(frozen=True)
class FreightPage:
    """The prices to one pickup point, and which other points there are."""

    points: list[tuple[int, str]]
    point_id: int | None
    rows: Sequence[TariffRow]
    missing: int
    villages: list[tuple[int, str]]
    today: str


@blueprint.get("/set-up/freight")
@role_required(RoleKind.MANAGER)
def index() -> ResponseReturnValue:
    """Show what each village pays to one pickup point."""
    return _page(request.args.get("point", type=int), Form({}))


@blueprint.post("/set-up/freight/missing")
@role_required(RoleKind.MANAGER)
def publish() -> ResponseReturnValue:
    """Publish a price from the distance wherever none is published."""
    form, home_id = Form(), current_cooperative().id

    def do(session: Session) -> Answer:
        made = freight.publish_tariffs(session, cooperative_id=home_id, at=now())
        flash(
            ngettext("%(num)s price is published.", "%(num)s prices are published.", made), "good"
        )
        return Answer(url_for("freight.index"))

    return write_once(form, do) or _page(None, form)


@blueprint.post("/set-up/freight")
@role_required(RoleKind.MANAGER)
def set_price() -> ResponseReturnValue:
    """Publish one price by hand."""
    form, home = Form(), current_cooperative()
    with reading() as session:
        point_ids = [point_id for point_id, _ in _points(session)]
        village_ids = [village_id for village_id, _ in _villages(session)]
    point_id = form.identifier("point", point_ids)
    village_id = form.identifier("village", village_ids)
    price_minor = form.money_minor("price", currency=home.currency)
    from_on = form.date("from_on")

    def do(session: Session) -> Answer:
        prices.set_tariff(
            session,
            cooperative_id=home.id,
            village_id=village_id,
            pickup_point_id=point_id,
            price_minor=price_minor,
            from_on=from_on,
            at=now(),
        )
        flash(gettext("The price is published."), "good")
        return Answer(url_for("freight.index", point=point_id))

    return write_once(form, do) or _page(point_id or None, form)


def _points(session: Session) -> list[tuple[int, str]]:
    found = own.all_of(session, PickupPoint, cooperative_id=current_cooperative().id)
    return [(point.id, place_name(point)) for point in found if point.retired_at is None]


def _villages(session: Session) -> list[tuple[int, str]]:
    found = own.all_of(session, Village, cooperative_id=current_cooperative().id)
    return [(village.id, place_name(village)) for village in found if village.retired_at is None]


def _page(point_id: int | None, form: Form) -> ResponseReturnValue:
    home, at = current_cooperative(), now()
    with reading() as session:
        points = _points(session)
        if point_id is None and points:
            point_id = points[0][0]
        rows: Sequence[TariffRow] = ()
        if point_id is not None:
            rows = prices.tariff_rows(
                session, cooperative_id=home.id, pickup_point_id=point_id, at=at
            )
        page = FreightPage(
            points=points,
            point_id=point_id,
            rows=rows,
            missing=prices.missing_tariffs(session, cooperative_id=home.id, at=at),
            villages=_villages(session),
            today=local(at, home.time_zone).date().isoformat(),
        )
    return render_template("setup/freight.html", page=page, form=form), form.status
