"""The manager's board: routes beside the map, changed by hand and checked at once.

Every change is a plain form. A script sends the same forms and gets only the parts of
the page that changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import cast

from flask import Blueprint, Response, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.kernel.database import reading
from app.kernel.errors import N_, Refusal
from app.models import Plan, RoleKind
from app.web.forms import Form
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.refusals import wants_json
from app.web.session import current_person, now
from app.web.translation import gettext
from app.web.writing import write_once
from logistics.pages import board_page, board_words, time_chart
from logistics.pages.day_publishing import PublishDay
from logistics.pages.scopes import own_plan
from logistics.services import board_changes, draft_saving, drafts, improving, publishing
from logistics.services.board_changes import Seen
from logistics.services.board_state import BoardState, NotOnBoard

blueprint = Blueprint("board", __name__, template_folder="templates")
blueprint.record_once(lambda state: board_words.install(state.app))

Change = Callable[[Session, Seen, Form], object]


@blueprint.get("/plans/<int:plan_id>/board")
@role_required(RoleKind.MANAGER)
def show(plan_id: int) -> ResponseReturnValue:
    """Show the board, with ``?chosen=`` the panel of a stop or a truck."""
    return _page(plan_id, Form({}), chosen=request.args.get("chosen", ""))


@blueprint.get("/plans/<int:plan_id>/board/map")
@role_required(RoleKind.MANAGER)
def show_map(plan_id: int) -> ResponseReturnValue:
    """Show the map's part of the board alone, for a script that has changed it."""
    with reading() as session:
        page = board_page.compose(session, own_plan(session, plan_id))
    drawing, data = board_page.drawing(page)
    part = render_template("logistics/board/map.html", drawing=drawing, map_data=data)
    return Response(json.dumps({"part": part}), mimetype="application/json")


@blueprint.get("/plans/<int:plan_id>/times")
@role_required(RoleKind.MANAGER)
def times(plan_id: int) -> ResponseReturnValue:
    """Show all trucks over the hours of the day."""
    with reading() as session:
        page = board_page.compose(session, own_plan(session, plan_id))
    chart = time_chart.draw(page.view.routes)
    return render_template("logistics/times.html", page=page, chart=chart)


@blueprint.post("/plans/<int:plan_id>/board/moves")
@role_required(RoleKind.MANAGER)
def move(plan_id: int) -> ResponseReturnValue:
    """Move a stop to a place on the board, to a truck's so many-th stop, or off."""

    def do(session: Session, seen: Seen, form: Form) -> object:
        origin = board_page.read_spot(form.typed("origin"))
        if "vehicle" in request.form:
            vehicle = form.typed("vehicle")
            number = _number(form.typed("number")) if vehicle else 0
            board = board_changes.open_board(session, plan_id=plan_id, at=now()).board
            left = board.move(form.typed("stop"), origin, None)
            target = board_page.numbered_spot(left, vehicle, number) if vehicle else None
        else:
            target = board_page.read_spot(form.typed("target"))
        return board_changes.move(
            session, seen, stop_id=form.typed("stop"), origin=origin, target=target
        )

    return _change(plan_id, do)


@blueprint.post("/plans/<int:plan_id>/board/locks")
@role_required(RoleKind.MANAGER)
def lock(plan_id: int) -> ResponseReturnValue:
    """Lock a stop to its truck, a route's beginning, or a whole route; or let it go."""

    def do(session: Session, seen: Seen, form: Form) -> object:
        is_locked = form.typed("locked") == "1"
        if form.typed("stop"):
            return board_changes.lock_stop(
                session, seen, stop_id=form.typed("stop"), is_locked=is_locked
            )
        vehicle = form.typed("vehicle")
        if form.typed("count"):
            count = _number(form.typed("count")) if is_locked else 0
            return board_changes.lock_start(session, seen, vehicle=vehicle, count=count)
        return board_changes.lock_route(session, seen, vehicle=vehicle, is_locked=is_locked)

    return _change(plan_id, do)


@blueprint.post("/plans/<int:plan_id>/board/mends")
@role_required(RoleKind.MANAGER)
def mend(plan_id: int) -> ResponseReturnValue:
    """Make the mend that was offered for a village without a truck."""
    return _change(
        plan_id,
        lambda session, seen, form: board_changes.apply(session, seen, stop_id=form.typed("stop")),
    )


@blueprint.post("/plans/<int:plan_id>/board/breakdowns")
@role_required(RoleKind.MANAGER)
def break_down(plan_id: int) -> ResponseReturnValue:
    """Take a truck that broke down off the board."""
    return _change(
        plan_id,
        lambda session, seen, form: board_changes.break_down(
            session, seen, vehicle=form.typed("vehicle")
        ),
    )


@blueprint.post("/plans/<int:plan_id>/board/undone")
@role_required(RoleKind.MANAGER)
def undo(plan_id: int) -> ResponseReturnValue:
    """Take the newest change back."""
    return _change(
        plan_id,
        lambda session, seen, _: drafts.undo(
            session, plan_id=plan_id, seen=seen.version, at=seen.at
        ),
    )


@blueprint.post("/plans/<int:plan_id>/board/redone")
@role_required(RoleKind.MANAGER)
def redo(plan_id: int) -> ResponseReturnValue:
    """Do the change again that was taken back last."""
    return _change(
        plan_id,
        lambda session, seen, _: drafts.redo(
            session, plan_id=plan_id, seen=seen.version, at=seen.at
        ),
    )


@blueprint.post("/plans/<int:plan_id>/board/improvement")
@role_required(RoleKind.MANAGER)
def improve(plan_id: int) -> ResponseReturnValue:
    """Have what is not locked improved in the background."""

    def do(session: Session, seen: Seen, _: Form) -> object:
        return improving.request_improvement(
            session,
            plan_id=plan_id,
            seen=seen.version,
            person_id=seen.person_id,
            at=seen.at,
        )

    return _change(plan_id, do)


@blueprint.post("/plans/<int:plan_id>/board/plan")
@role_required(RoleKind.MANAGER)
def keep(plan_id: int) -> ResponseReturnValue:
    """Make the board the day's plan, not published yet."""
    return _make_plan(plan_id, is_published=False)


@blueprint.post("/plans/<int:plan_id>/board/publication")
@role_required(RoleKind.MANAGER)
def publish(plan_id: int) -> ResponseReturnValue:
    """Make the board the day's plan and publish it; those concerned are told."""
    return _make_plan(plan_id, is_published=True)


def _make_plan(plan_id: int, *, is_published: bool) -> ResponseReturnValue:
    form = Form()
    plan = _own(plan_id)
    seen = form.whole("seen")

    def do(session: Session) -> Answer:
        kept_id = draft_saving.keep_draft(
            session,
            plan_id=plan_id,
            seen=seen,
            accepts_broken=form.ticked("accepts_broken"),
            at=now(),
        )
        if is_published:
            publishing.publish(session, plan_id=kept_id, at=now())
            publish_day = cast(PublishDay, current_app.extensions["publish_day"])
            publish_day(
                session,
                market_day_id=plan.market_day_id,
                key=f"publish:{plan.market_day_id}:{form.key}",
                person_id=current_person().id,
                at=now(),
            )
        return Answer(url_for("plans.show", plan_id=kept_id))

    return write_once(form, do) or _page(plan_id, form)


def _change(plan_id: int, do: Change) -> ResponseReturnValue:
    """Make one change; a script gets the parts that it touched, a browser the board."""
    form = Form()
    _own(plan_id)
    version = form.whole("seen")
    before: list[BoardState] = []

    def write(session: Session) -> Answer:
        seen = Seen(plan_id, version, current_person().id, now())
        drafts.refuse_changed(session, plan_id=plan_id, seen=version)
        if wants_json():
            opened = board_changes.open_board(session, plan_id=plan_id, at=now())
            before.append(opened.board)
        do(session, seen, form)
        return Answer(url_for("board.show", plan_id=plan_id))

    answer = write_once(form, write)
    if wants_json():
        return _parts(plan_id, form, before[0] if before and answer is not None else None)
    return answer or _page(plan_id, form, chosen=form.typed("chosen"))


def _parts(plan_id: int, form: Form, before: BoardState | None) -> Response:
    with reading() as session:
        page = board_page.compose(session, own_plan(session, plan_id), chosen="")
    columns = None
    if before is not None:
        columns = board_page.touched(before, page.opened.board)
    body = {
        "version": page.version,
        "parts": board_page.parts(page, form, touched=columns),
        "message": " ".join([*form.general_errors, *form.errors.values()]) or _said(page),
    }
    return Response(json.dumps(body), status=form.status, mimetype="application/json")


def _said(page: board_page.BoardPage) -> str:
    """Return what a screen reader says after a change."""
    broken = len(page.view.violations)
    if broken:
        return gettext(N_("Changed. Broken limits: %(count)s."), count=broken)
    return gettext(N_("Changed. No limit is broken."))


def _page(plan_id: int, form: Form, *, chosen: str = "") -> ResponseReturnValue:
    try:
        with reading() as session:
            page = board_page.compose(session, own_plan(session, plan_id), chosen=chosen)
    except Refusal:
        if form.valid:
            raise
        return render_template("logistics/refused.html", form=form), form.status
    if wants_json():
        body = {
            "version": page.version,
            "parts": {"panel": render_template("logistics/board/panel.html", page=page, form=form)},
            "message": "",
        }
        return Response(json.dumps(body), mimetype="application/json")
    drawing, data = board_page.drawing(page)
    return render_template(
        "logistics/board.html", page=page, form=form, drawing=drawing, map_data=data
    ), form.status


def _own(plan_id: int) -> Plan:
    with reading() as session:
        return own_plan(session, plan_id)


def _number(typed: str) -> int:
    if not (typed.isascii() and typed.isdigit() and len(typed) < 6):
        raise NotOnBoard(field="number")
    return int(typed)
