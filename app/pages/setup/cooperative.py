"""The cooperative's own name and rules."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from zoneinfo import available_timezones

from flask import Blueprint, current_app, flash, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.kernel.database import reading
from app.kernel.errors import N_
from app.market_days.following_calendar import follow_calendar
from app.models import Cooperative, PricingRule, RoleKind
from app.pages.setup import fields
from app.pages.setup.market_calendar import tell
from app.setting_up.cooperatives import Rules, change_rules, is_currency_locked
from app.web.forms import Form
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.session import current_cooperative, now
from app.web.translation import gettext
from app.web.words import language_name
from app.web.writing import write_once

blueprint = Blueprint("cooperative", __name__, template_folder="templates")

RULES = {
    PricingRule.UNIFORM: (
        N_("One price a village"),
        N_("every farmer of a village gets the same price for a crop"),
    ),
    PricingRule.PAY_AS_ASK: (N_("The own ask"), N_("each farmer gets what he or she asked")),
}


@dataclass(frozen=True)
class CooperativePage:
    """The rules with what the form offers."""

    home: Cooperative
    languages: list[tuple[str, str]]
    rules: list[tuple[str, str, str]]
    zones: list[str]
    is_currency_locked: bool


@blueprint.get("/set-up/cooperative")
@role_required(RoleKind.MANAGER)
def show() -> ResponseReturnValue:
    """Show the rules in their form."""
    return _page(Form({}))


@blueprint.post("/set-up/cooperative")
@role_required(RoleKind.MANAGER)
def change() -> ResponseReturnValue:
    """Save the rules."""
    form, home = Form(), current_cooperative()
    currency = form.typed("currency").strip().upper() or home.currency
    rules = Rules(
        name=form.text("name", maximum=120),
        currency=currency,
        time_zone=form.text("time_zone", maximum=60),
        languages=[code for code in form.chosen("languages") if code in _codes(home)],
        phone=fields.text_or_none(form, "phone", maximum=40),
        pricing_rule=form.choice("pricing_rule", PricingRule),
        pool_below_g=form.quantity_g("pool_below", minimum_g=0, maximum_g=1_000_000),
        direct_margin_bp=fields.basis_points(form, "direct_margin", maximum=10_000),
        ceiling_bp=fields.basis_points(form, "ceiling", maximum=5_000),
        shrinkage_bp=fields.basis_points(form, "shrinkage", maximum=5_000),
        road_factor_percent=form.quantity_g(
            "road_factor", unit_g=100, minimum_g=100, maximum_g=500
        ),
        freight_base_minor=form.money_minor("freight_base", currency=home.currency),
        freight_per_100km_minor=form.money_minor("freight_per_100km", currency=home.currency),
    )

    def do(session: Session) -> Answer:
        changed = change_rules(session, cooperative_id=home.id, rules=rules)
        if changed.time_zone == home.time_zone:
            flash(gettext("Saved."), "good")
        else:
            # Every cut-off is a wall-clock time of the cooperative's own zone.
            tell(follow_calendar(session, cooperative_id=home.id, at=now()))
        return Answer(url_for("cooperative.show"))

    return write_once(form, do) or _page(form)


def _codes(home: Cooperative) -> list[str]:
    """Return the languages that there are words for, and those chosen before."""
    root = Path(str(current_app.config["BABEL_TRANSLATION_DIRECTORIES"]))
    translated = sorted(path.parents[1].name.split("_")[0] for path in root.glob("*/*/*.po"))
    return list(dict.fromkeys(["en", *translated, *home.languages]))


def _page(form: Form) -> ResponseReturnValue:
    home = current_cooperative()
    with reading() as session:
        is_locked = is_currency_locked(session, cooperative_id=home.id)
    page = CooperativePage(
        home=home,
        languages=[(code, language_name(code)) for code in _codes(home)],
        rules=[
            (rule.value, gettext(name), gettext(small)) for rule, (name, small) in RULES.items()
        ],
        zones=sorted(zone for zone in available_timezones() if "/" in zone),
        is_currency_locked=is_locked,
    )
    return render_template("setup/cooperative.html", page=page, form=form), form.status
