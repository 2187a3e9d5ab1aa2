"""Help: what is good where there is no signal, and how a price comes about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import or_, select

from app.kernel.clock import local
from app.kernel.database import reading
from app.models import Cooperative, Fee, PricingRule
from app.web.guards import public
from app.web.session import cooperative_or_none, now

blueprint = Blueprint("help", __name__, template_folder="templates")


@dataclass(frozen=True)
class OwnRules:
    """What the reader's cooperative has chosen, and the fees it takes today."""

    home: Cooperative
    is_own_ask: bool
    fees: Sequence[Fee]


@blueprint.get("/help/offline")
@public
def offline() -> ResponseReturnValue:
    """Tell what works without a signal and what happens to what was saved."""
    return render_template("pages/offline_help.html")


@blueprint.get("/help/prices")
@public
def prices() -> ResponseReturnValue:
    """Tell how prices are made and what is fair about them, and publish the own fees."""
    return render_template("pages/price_rules.html", own=_own_rules())


def _own_rules() -> OwnRules | None:
    home = cooperative_or_none()
    if home is None:
        return None
    today = local(now(), home.time_zone).date()
    with reading() as session:
        fees = session.scalars(
            select(Fee)
            .where(
                Fee.cooperative_id == home.id,
                Fee.starts_on <= today,
                or_(Fee.ends_on.is_(None), Fee.ends_on >= today),
            )
            .order_by(Fee.name, Fee.id)
        ).all()
    return OwnRules(home, home.pricing_rule is PricingRule.PAY_AS_ASK, fees)
