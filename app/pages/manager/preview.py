"""What would come out if a day were matched now: nothing is written, nothing is promised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.database import reading
from app.kernel.errors import NotFound, Refusal
from app.matching import engine, looking_ahead
from app.matching.comparing import value_minor
from app.matching.sentences import NOTHING_SENTENCES
from app.models import (
    Crop,
    Lot,
    MarketDay,
    MarketDayState,
    Order,
    OrderLine,
    Person,
    PickupPoint,
    RoleKind,
    Village,
)
from app.orders import looking_ahead as requests
from app.pages.buyers import what_if
from app.pages.manager.blueprint import blueprint, own_day
from app.web.forms import Form
from app.web.guards import role_required
from app.web.reasons import places_of, reason_text
from app.web.refusals import wording
from app.web.session import now
from app.web.translation import gettext
from app.web.words import place_name

BEFORE_RESULT = (MarketDayState.OPEN, MarketDayState.CLOSED)
_MOST_ROWS = 300


@dataclass(frozen=True)
class Row:
    """One lot or request and what it would get."""

    row_id: int
    who: str
    where: str
    wanted_g: int
    got_g: int
    reason: str


@dataclass(frozen=True)
class CropPreview:
    """One crop: kilograms, money, rows, or why there is nothing to show."""

    crop: Crop
    offered_g: int = 0
    asked_g: int = 0
    matched_g: int = 0
    farmers_minor: int = 0
    gain_minor: int = 0
    lots: tuple[Row, ...] = ()
    lines: tuple[Row, ...] = ()
    left_out: int = 0
    remark: str = ""


@dataclass(frozen=True)
class PreviewPage:
    """A day's preview with the moment it was made."""

    day: MarketDay
    made_at: datetime
    crops: tuple[CropPreview, ...]

    @property
    def lots_open(self) -> bool:
        """Return whether farmers may still change what they offer."""
        is_open = self.day.state is MarketDayState.OPEN
        return is_open and self.made_at < self.day.farmers_cutoff_at


@blueprint.get("/market-days/<int:day_id>/preview")
@role_required(RoleKind.MANAGER)
def show_preview(day_id: int) -> ResponseReturnValue:
    """Show what would come out for each crop, or for the one that is asked for."""
    wanted = request.args.get("crop", type=int)
    with reading() as session:
        day = own_day(session, day_id)
        if day.state not in BEFORE_RESULT:
            raise NotFound
        crop_ids = looking_ahead.crops_of_day(session, market_day_id=day.id)
        places = places_of(session, cooperative_id=day.cooperative_id)
        crops = tuple(
            _crop(session, day, session.get_one(Crop, crop_id), places)
            for crop_id in crop_ids
            if wanted in (None, crop_id)
        )
    return render_template("manager/preview.html", page=PreviewPage(day, now(), crops))


@blueprint.get("/market-days/<int:day_id>/lines/<int:line_id>/what-if")
@role_required(RoleKind.MANAGER)
def request_what_if(day_id: int, line_id: int) -> ResponseReturnValue:
    """Show what other terms of a request would change; its buyer alone changes it."""
    form = Form(request.args)
    with reading() as session:
        day = own_day(session, day_id)
        line, order = requests.waiting_request(
            session, order_line_id=line_id, cooperative_id=day.cooperative_id
        )
        if order.market_day_id != day.id or day.state not in BEFORE_RESULT:
            raise NotFound
        days = [
            one
            for one in requests.open_days(session, cooperative_id=day.cooperative_id, at=now())
            if one.id != day.id
        ]
        page = what_if.request_what_if(
            session, form, line, order, [day, *days], is_asked="limit" in request.args
        )
        buyer = session.get_one(Person, order.buyer_id)
    return (
        render_template("manager/request_what_if.html", page=page, day=day, buyer=buyer, form=form),
        form.status,
    )


def _crop(session: Session, day: MarketDay, crop: Crop, places: Mapping[str, str]) -> CropPreview:
    try:
        clearing = looking_ahead.preview(session, market_day_id=day.id, crop_id=crop.id)
    except Refusal as refusal:
        return CropPreview(crop, remark=wording(refusal))
    given = clearing.allocations
    lots, lines = clearing.lots, clearing.orders
    return CropPreview(
        crop=crop,
        offered_g=int(lots.quantity_g.sum()),
        asked_g=int(lines.quantity_g.sum()),
        matched_g=int(given.quantity_g.sum()),
        farmers_minor=int((given.quantity_g * given.farmer_minor).sum()) // 1000,
        gain_minor=value_minor(clearing),
        lots=_lots(session, clearing, places),
        lines=_lines(session, clearing, places),
        left_out=max(0, len(lots) - _MOST_ROWS) + max(0, len(lines) - _MOST_ROWS),
        remark=gettext(NOTHING_SENTENCES[clearing.nothing]) if clearing.nothing else "",
    )


def _lots(
    session: Session, clearing: engine.Clearing, places: Mapping[str, str]
) -> tuple[Row, ...]:
    table = clearing.lots
    ids = table.id[:_MOST_ROWS].tolist()
    found = {
        lot_id: (name, village)
        for lot_id, name, village in session.execute(
            select(Lot.id, Person.name, Village)
            .join(Person, Person.id == Lot.farmer_id)
            .join(Village, Village.id == Lot.village_id)
            .where(Lot.id.in_(ids))
        )
    }
    return tuple(
        Row(
            row_id=lot_id,
            who=found[lot_id][0],
            where=place_name(found[lot_id][1]),
            wanted_g=int(table.quantity_g[row]),
            got_g=int(table.given_g[row]),
            reason=reason_text(*table.reason(row), places),
        )
        for row, lot_id in enumerate(ids)
    )


def _lines(
    session: Session, clearing: engine.Clearing, places: Mapping[str, str]
) -> tuple[Row, ...]:
    table = clearing.orders
    ids = table.id[:_MOST_ROWS].tolist()
    found = {
        line_id: (name, point)
        for line_id, name, point in session.execute(
            select(OrderLine.id, Person.name, PickupPoint)
            .join(Order, Order.id == OrderLine.order_id)
            .join(Person, Person.id == Order.buyer_id)
            .join(PickupPoint, PickupPoint.id == Order.pickup_point_id)
            .where(OrderLine.id.in_(ids))
        )
    }
    return tuple(
        Row(
            row_id=line_id,
            who=found[line_id][0],
            where=place_name(found[line_id][1]),
            wanted_g=int(table.quantity_g[row]),
            got_g=int(table.given_g[row]),
            reason=reason_text(*table.reason(row), places),
        )
        for row, line_id in enumerate(ids)
    )
