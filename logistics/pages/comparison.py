"""Two plans side by side: figures, and which village moved to another truck or hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.kernel.database import reading
from app.models import RoleKind
from app.web.guards import role_required
from app.web.session import now
from logistics.pages.scopes import own_plan
from logistics.services import board_changes, comparing
from logistics.services.board_view import see_board
from logistics.services.comparing import Arrangement, Moved, PlanChoice, RouteKept

blueprint = Blueprint("comparison", __name__, template_folder="templates")


@dataclass(frozen=True)
class ComparisonPage:
    """What the comparison shows; ``other_id`` is the plan that the board is held against."""

    plan_id: int
    other_id: int
    choices: Sequence[PlanChoice]
    before: Arrangement
    after: Arrangement
    moved: Sequence[Moved]
    standing: Sequence[RouteKept]


@blueprint.get("/plans/<int:plan_id>/comparison")
@role_required(RoleKind.MANAGER)
def show(plan_id: int) -> ResponseReturnValue:
    """Compare the board with ``?with=`` another plan; by default the one before it."""
    with reading() as session:
        plan = own_plan(session, plan_id)
        opened = board_changes.open_board(session, plan_id=plan_id, at=now())
        choices = comparing.choices(session, plan=plan)
        other_id = _other(choices, plan_id, has_changes=opened.draft.applied > 0)
        before = comparing.of_plan(session, plan_id=other_id)
        after = comparing.of_board(opened, see_board(opened.desk, opened.board))
        if not opened.draft.applied:
            after = comparing.of_plan(session, plan_id=plan_id)
        page = ComparisonPage(
            plan_id=plan_id,
            other_id=other_id,
            choices=choices,
            before=before,
            after=after,
            moved=comparing.moved(before, after),
            standing=comparing.standing(session, opened),
        )
    return render_template("logistics/comparison.html", page=page)


def _other(choices: Sequence[PlanChoice], plan_id: int, *, has_changes: bool) -> int:
    """Return the plan that was asked for, else the one that most likely is meant."""
    ids = [choice.plan_id for choice in choices]
    asked = request.args.get("with", "")
    if asked.isascii() and asked.isdigit() and int(asked) in ids:
        return int(asked)
    if has_changes:
        return plan_id
    return next((other for other in ids if other < plan_id), plan_id)
