"""What farmers promise for the coming market days, for the manager who looks ahead."""

from __future__ import annotations

from itertools import groupby

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.kernel.database import reading
from app.kernel.errors import N_
from app.models import RoleKind
from app.web.guards import role_required
from app.web.navigation import Entry
from app.web.session import current_cooperative, now
from farmers.services.promise_views import promised_supply

NAVIGATION = (
    Entry("promised_supply.show", N_("Promised supply"), (RoleKind.MANAGER,), "leaf", 45),
)

blueprint = Blueprint("promised_supply", __name__, template_folder="templates")


@blueprint.get("/promised-supply")
@role_required(RoleKind.MANAGER)
def show() -> ResponseReturnValue:
    """Show what is promised for each coming market day, by crop."""
    with reading() as session:
        rows = promised_supply(session, cooperative_id=current_cooperative().id, at=now())
    days = [(day, list(crops)) for day, crops in groupby(rows, key=lambda row: row.day)]
    return render_template("farmers/promised_supply.html", days=days)
