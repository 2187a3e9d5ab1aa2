"""Lists around the market day: all days, the one to work on, lots that fit none."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app.kernel.database import reading
from app.models import Crop, Lot, MarketDay, MarketDayState, Person, RoleKind
from app.pages.manager.blueprint import blueprint
from app.pages.manager.overview import ORDER
from app.web.guards import role_required
from app.web.redirects import see_other
from app.web.session import current_cooperative

_PAGE = 30
_RUNNING = ORDER[1:6]


@blueprint.get("/market-day")
@role_required(RoleKind.MANAGER)
def current() -> ResponseReturnValue:
    """Go to the day to work on: the earliest under way, else the next open one."""
    with reading() as session:
        day_id = session.scalar(
            select(MarketDay.id)
            .where(
                MarketDay.cooperative_id == current_cooperative().id,
                MarketDay.state.in_((*_RUNNING, MarketDayState.OPEN)),
            )
            # A day that has begun comes before one that is only open.
            .order_by(MarketDay.state == MarketDayState.OPEN, MarketDay.on, MarketDay.id)
            .limit(1)
        )
    if day_id is None:
        return see_other(url_for("days.index"))
    return see_other(url_for("days.show", day_id=day_id))


@blueprint.get("/market-days")
@role_required(RoleKind.MANAGER)
def index() -> ResponseReturnValue:
    """List the days, the latest date first."""
    before = request.args.get("before", type=int)
    with reading() as session:
        wanted = (
            select(MarketDay)
            .where(MarketDay.cooperative_id == current_cooperative().id)
            .order_by(MarketDay.on.desc(), MarketDay.id.desc())
            .limit(_PAGE + 1)
        )
        if before is not None:
            wanted = wanted.where(MarketDay.on < session.get_one(MarketDay, before).on)
        found = session.scalars(wanted).all()
    more = url_for("days.index", before=found[_PAGE - 1].id) if len(found) > _PAGE else ""
    return render_template("manager/days.html", days=found[:_PAGE], more_address=more)


@blueprint.get("/parked-lots")
@role_required(RoleKind.MANAGER)
def parked() -> ResponseReturnValue:
    """List the lots that no market day fits."""
    with reading() as session:
        found = session.execute(
            select(Lot, Crop, Person.name)
            .join(Crop, Crop.id == Lot.crop_id)
            .join(Person, Person.id == Lot.farmer_id)
            .where(
                Lot.cooperative_id == current_cooperative().id,
                Lot.market_day_id.is_(None),
                Lot.withdrawn_at.is_(None),
            )
            .order_by(Lot.id)
            .limit(200)
        ).all()
    return render_template("manager/parked.html", rows=found)
