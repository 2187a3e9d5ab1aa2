"""Import from a spreadsheet: template, upload, preview of every fault, save."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, flash, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.kernel.database import reading
from app.kernel.errors import N_, NotFound
from app.models import RoleKind, SpreadsheetImport
from app.pages.setup import sheet_values
from app.setting_up import importing, sheets
from app.setting_up.importing import Saved
from app.setting_up.sheets import SheetKind
from app.web.forms import Form
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.session import current_cooperative, current_person, now
from app.web.sheets import Fault, empty_sheet, heading, in_words, sent_file
from app.web.translation import gettext
from app.web.writing import write_once

blueprint = Blueprint("imports", __name__, template_folder="templates")

_MOST_ROWS_SHOWN = 200
KINDS = {
    SheetKind.VILLAGES: N_("Villages with their gathering points"),
    SheetKind.FARMERS: N_("Farmers"),
    SheetKind.VEHICLES: N_("Vehicles"),
    SheetKind.SHOPS: N_("Shops with their pickup points"),
}


@dataclass(frozen=True)
class ImportPage:
    """A sheet as it was read: good rows, faults, and what was saved of it."""

    sheet: SpreadsheetImport
    kind_name: str
    headings: list[str]
    rows: list[tuple[int, list[str]]]
    good: int
    faults: list[Fault]
    ignored: Sequence[str]
    saved: Saved | None


@blueprint.app_template_filter()
def sheet_kind_name(kind: str) -> str:
    """Return what a sheet's rows are."""
    return gettext(KINDS[SheetKind(kind)])


@blueprint.get("/set-up/imports")
@role_required(RoleKind.MANAGER)
def index() -> ResponseReturnValue:
    """Show the kinds of sheets and the latest imports."""
    with reading() as session:
        found = importing.latest(session, cooperative_id=current_cooperative().id)
    return render_template("setup/imports.html", kinds=list(SheetKind), imports=found)


@blueprint.get("/set-up/imports/new/<kind>")
@role_required(RoleKind.MANAGER)
def new(kind: str) -> ResponseReturnValue:
    """Show the columns of a kind of sheet, with a form to send one."""
    return _upload_page(_kind(kind), Form({}))


@blueprint.post("/set-up/imports/new/<kind>")
@role_required(RoleKind.MANAGER)
def upload(kind: str) -> ResponseReturnValue:
    """Read a sheet; nothing of it is saved yet."""
    form, wanted = Form(), _kind(kind)
    file_name, data = sent_file(form)

    def do(session: Session) -> Answer:
        import_id = importing.upload(
            session,
            kind=wanted,
            cooperative_id=current_cooperative().id,
            person_id=current_person().id,
            file_name=file_name,
            data=data,
            key=f"{current_person().id}:{form.key}"[-64:],
            at=now(),
        )
        return Answer(url_for("imports.show", import_id=import_id))

    return write_once(form, do) or _upload_page(wanted, form)


@blueprint.get("/set-up/imports/new/<kind>/template.<suffix>")
@role_required(RoleKind.MANAGER)
def template(kind: str, suffix: str) -> ResponseReturnValue:
    """Send an empty sheet with the right headings, as CSV or XLSX."""
    wanted = _kind(kind)
    with reading() as session:
        schema = sheets.schema_of(session, kind=wanted, cooperative_id=current_cooperative().id)
    return empty_sheet(schema, name=wanted.value, suffix=suffix)


@blueprint.get("/set-up/imports/<int:import_id>")
@role_required(RoleKind.MANAGER)
def show(import_id: int) -> ResponseReturnValue:
    """Show what a sheet holds, with every fault by row and column."""
    return _page(import_id, Form({}))


@blueprint.post("/set-up/imports/<int:import_id>/save")
@role_required(RoleKind.MANAGER)
def save(import_id: int) -> ResponseReturnValue:
    """Save the good rows of a sheet, or all of it or nothing."""
    form, home_id = Form(), current_cooperative().id
    with reading() as session:
        importing.own_import(session, import_id=import_id, cooperative_id=home_id)

    def do(session: Session) -> Answer:
        done = importing.apply(
            session,
            import_id=import_id,
            cooperative_id=home_id,
            only_whole=form.typed("rows") != "good",
            person_id=current_person().id,
            at=now(),
        )
        flash(
            gettext(
                "%(added)s added, %(known)s were there already.",
                added=done.added,
                known=done.known,
            ),
            "good",
        )
        return Answer(url_for("imports.show", import_id=import_id))

    return write_once(form, do) or _page(import_id, form)


def _kind(kind: str) -> SheetKind:
    if kind not in set(SheetKind):
        raise NotFound
    return SheetKind(kind)


def _upload_page(kind: SheetKind, form: Form) -> ResponseReturnValue:
    with reading() as session:
        schema = sheets.schema_of(session, kind=kind, cooperative_id=current_cooperative().id)
    page = render_template(
        "setup/import_new.html",
        kind=kind,
        columns=[(heading(column), column.required) for column in schema.columns],
        form=form,
    )
    return page, form.status


def _page(import_id: int, form: Form) -> ResponseReturnValue:
    home = current_cooperative()
    with reading() as session:
        sheet = importing.own_import(session, import_id=import_id, cooperative_id=home.id)
        schema = sheets.schema_of(session, kind=SheetKind(sheet.kind), cooperative_id=home.id)
        places = sheet_values.names_of(session, cooperative_id=home.id)
    names = {column.key: heading(column) for column in schema.columns}
    good = sheet.rows["good"]
    shown = [
        (row["row"], [sheet_values.shown(key, row["values"].get(key), places) for key in names])
        for row in good[:_MOST_ROWS_SHOWN]
    ]
    page = ImportPage(
        sheet=sheet,
        kind_name=gettext(KINDS[SheetKind(sheet.kind)]),
        headings=list(names.values()),
        rows=shown,
        good=len(good),
        faults=in_words(sheet.rows["faults"], names),
        ignored=sheet.rows["ignored"],
        saved=None if sheet.applied_at is None else importing.result(sheet),
    )
    return render_template("setup/import.html", page=page, form=form), form.status
