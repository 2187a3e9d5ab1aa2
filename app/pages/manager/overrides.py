"""Pairs that the manager pins or forbids before a matching, with what each of them costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.database import reading
from app.kernel.errors import N_, NotFound, Refusal
from app.market_days import overriding
from app.market_days.overriding import Decision, Pair
from app.matching.looking_ahead import crops_of_day
from app.models import (
    Crop,
    Lot,
    MarketDay,
    Order,
    OrderLine,
    OverrideKind,
    PairOverride,
    Person,
    RoleKind,
)
from app.pages.manager.blueprint import blueprint, own_day
from app.pages.manager.pair_options import line_options, lot_options
from app.pages.manager.preview import BEFORE_RESULT
from app.web.forms import Form, NoSuchChoice
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.refusals import wording
from app.web.session import current_person, now
from app.web.translation import gettext
from app.web.writing import write_once

KINDS = {
    OverrideKind.PIN: (N_("Give"), N_("this much of the lot goes to the request")),
    OverrideKind.FORBID: (N_("Keep apart"), N_("nothing of the lot goes to the request")),
}
SCOPES = {
    "pair": (N_("This lot and request"), ""),
    "people": (N_("This farmer and buyer"), N_("with all they have in the crop that day")),
}


@dataclass(frozen=True)
class Shown:
    """One decision in words, with what it costs."""

    row: PairOverride
    giver: str
    taker: str
    by: str
    removed_by: str
    cost_minor: int | None


@dataclass(frozen=True)
class OverridesPage:
    """A crop's decisions of a day, and the form for another one."""

    day: MarketDay
    crop: Crop | None
    crops: tuple[Crop, ...]
    shown: tuple[Shown, ...]
    cost: overriding.Cost | None
    remark: str
    lots: list[tuple[int, str]]
    lines: list[tuple[int, str]]
    can_decide: bool
    made_at: datetime
    kinds: list[tuple[str, str, str]]
    scopes: list[tuple[str, str, str]]

    @property
    def all_cost_minor(self) -> int:
        """Return what all decisions together cost."""
        return 0 if self.cost is None else self.cost.bare_minor - self.cost.with_minor


@blueprint.get("/market-days/<int:day_id>/overrides")
@role_required(RoleKind.MANAGER)
def overrides(day_id: int) -> ResponseReturnValue:
    """List a crop's decisions and show the form for another one."""
    return _page(day_id, request.args.get("crop", type=int), Form(request.args))


@blueprint.post("/market-days/<int:day_id>/overrides")
@role_required(RoleKind.MANAGER)
def override(day_id: int) -> ResponseReturnValue:
    """Write a decision down for the next matching."""
    form = Form()
    crop_id = form.whole("crop")
    with reading() as session:
        day = own_day(session, day_id)
        lots, lines = lot_options(session, day, crop_id), line_options(session, day, crop_id)
    kind = form.choice("kind", OverrideKind)
    lot_id = form.identifier("lot", [lot for lot, _ in lots])
    line_id = form.identifier("order_line", [line for line, _ in lines])
    scope = form.text("scope", maximum=10)
    if scope not in SCOPES:
        form.refuse(NoSuchChoice(field="scope"))
    reason = form.text("reason", maximum=200)
    quantity_g = None
    if kind is OverrideKind.PIN:
        quantity_g = form.quantity_g("quantity", maximum_g=overriding.MOST_G)

    def do(session: Session) -> Answer:
        own_day(session, day_id)
        overriding.decide(
            session,
            market_day_id=day_id,
            crop_id=crop_id,
            decision=Decision(kind, _pair(session, scope, lot_id, line_id), quantity_g, reason),
            person_id=current_person().id,
            at=now(),
        )
        return Answer(url_for("days.overrides", day_id=day_id, crop=crop_id))

    if response := write_once(form, do):
        flash(gettext("Written down. The next matching goes by it."), "good")
        return response
    return _page(day_id, crop_id, form)


@blueprint.post("/market-days/<int:day_id>/overrides/<int:override_id>/removal")
@role_required(RoleKind.MANAGER)
def remove_override(day_id: int, override_id: int) -> ResponseReturnValue:
    """End a decision; the list keeps it with who ended it."""
    form = Form()

    def do(session: Session) -> Answer:
        own_day(session, day_id)
        overriding.take_back(
            session,
            market_day_id=day_id,
            override_id=override_id,
            person_id=current_person().id,
            at=now(),
        )
        row = session.get_one(PairOverride, override_id)
        return Answer(url_for("days.overrides", day_id=day_id, crop=row.crop_id))

    return write_once(form, do) or _page(day_id, None, form)


def _pair(session: Session, scope: str, lot_id: int, line_id: int) -> Pair:
    if scope == "pair":
        return Pair(lot_id=lot_id, order_line_id=line_id)
    buyer_id = session.scalars(
        select(Order.buyer_id)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(OrderLine.id == line_id)
    ).one()
    return Pair(farmer_id=session.get_one(Lot, lot_id).farmer_id, buyer_id=buyer_id)


def _page(day_id: int, crop_id: int | None, form: Form) -> ResponseReturnValue:
    with reading() as session:
        day = own_day(session, day_id)
        ids = dict.fromkeys([*crops_of_day(session, market_day_id=day.id), *_decided(session, day)])
        crops = tuple(session.get_one(Crop, one) for one in sorted(ids))
        crop = next((one for one in crops if crop_id in (None, one.id)), None)
        if crop is None and crop_id is not None:
            raise NotFound
        page = _of_crop(session, day, crop, crops)
    return render_template("manager/overrides.html", page=page, form=form), form.status


def _of_crop(
    session: Session, day: MarketDay, crop: Crop | None, crops: tuple[Crop, ...]
) -> OverridesPage:
    can_decide = day.state in BEFORE_RESULT
    cost, remark = None, ""
    if crop is not None and can_decide:
        try:
            cost = overriding.cost(session, market_day_id=day.id, crop_id=crop.id)
        except Refusal as refusal:
            remark = wording(refusal)
    return OverridesPage(
        day=day,
        crop=crop,
        crops=crops,
        shown=() if crop is None else _shown(session, day, crop, cost),
        cost=cost,
        remark=remark,
        lots=lot_options(session, day, crop.id) if crop is not None else [],
        lines=line_options(session, day, crop.id) if crop is not None else [],
        can_decide=can_decide,
        made_at=now(),
        kinds=[
            (kind.value, gettext(name), gettext(small)) for kind, (name, small) in KINDS.items()
        ],
        scopes=[
            (scope, gettext(name), gettext(small) if small else "")
            for scope, (name, small) in SCOPES.items()
        ],
    )


def _decided(session: Session, day: MarketDay) -> Sequence[int]:
    return session.scalars(
        select(PairOverride.crop_id).where(PairOverride.market_day_id == day.id).distinct()
    ).all()


def _shown(
    session: Session, day: MarketDay, crop: Crop, cost: overriding.Cost | None
) -> tuple[Shown, ...]:
    rows = session.scalars(
        select(PairOverride)
        .where(PairOverride.market_day_id == day.id, PairOverride.crop_id == crop.id)
        .order_by(PairOverride.removed_at.is_not(None), PairOverride.id)
    ).all()
    names = _names(session, rows)
    lot_ids = [row.lot_id for row in rows if row.lot_id is not None]
    line_ids = [row.order_line_id for row in rows if row.order_line_id is not None]
    lots = dict(lot_options(session, day, crop.id, only=lot_ids))
    lines = dict(line_options(session, day, crop.id, only=line_ids))
    gone = gettext("no longer in this market")
    costs = {} if cost is None else {one: cost.of(one) for one in cost.without_minor}
    return tuple(
        Shown(
            row=row,
            giver=names[row.farmer_id] if row.farmer_id else lots.get(row.lot_id or 0, gone),
            taker=names[row.buyer_id] if row.buyer_id else lines.get(row.order_line_id or 0, gone),
            by=names[row.person_id],
            removed_by=names[row.removed_by_id] if row.removed_by_id else "",
            cost_minor=costs.get(row.id),
        )
        for row in rows
    )


def _names(session: Session, rows: Sequence[PairOverride]) -> Mapping[int, str]:
    ids = {
        person_id
        for row in rows
        for person_id in (row.farmer_id, row.buyer_id, row.person_id, row.removed_by_id)
        if person_id is not None
    }
    found = session.execute(select(Person.id, Person.name).where(Person.id.in_(ids)))
    return {row.id: row.name for row in found}
