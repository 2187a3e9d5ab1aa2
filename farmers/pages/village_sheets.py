"""A whole village's harvests from a spreadsheet: sent, shown row by row, then listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from flask import Blueprint, flash, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.documents.schema import Schema
from app.kernel.database import reading
from app.models import Crop, Grade, Person, SpreadsheetImport
from app.web.formatting import day, money, number
from app.web.forms import Form
from app.web.guards import role_required
from app.web.idempotency import Answer
from app.web.session import current_cooperative, current_person, now
from app.web.sheets import Fault, empty_sheet, heading, in_words, sent_file
from app.web.translation import gettext
from app.web.words import crop_name, grade_name, unit_name
from app.web.writing import write_once
from farmers.pages.listing import HELPERS
from farmers.services import village_schema, village_sheets
from farmers.services.village_sheets import Listed

blueprint = Blueprint("village_sheets", __name__, template_folder="templates")

_MOST_ROWS_SHOWN = 200


@dataclass(frozen=True)
class SheetPage:
    """A sheet as it was read: good rows, faults, and what was listed of it."""

    sheet: SpreadsheetImport
    headings: list[str]
    rows: list[tuple[int, list[str]]]
    good: int
    faults: list[Fault]
    ignored: Sequence[str]
    listed: Listed | None
    refused: list[Fault]


@blueprint.get("/harvests/sheets")
@role_required(*HELPERS)
def index() -> ResponseReturnValue:
    """Show the columns of a village's sheet, a form to send one, and the latest."""
    return _upload_page(Form({}))


@blueprint.post("/harvests/sheets")
@role_required(*HELPERS)
def upload() -> ResponseReturnValue:
    """Read a sheet; nothing of it is listed yet."""
    form = Form()
    file_name, data = sent_file(form)

    def do(session: Session) -> Answer:
        import_id = village_sheets.upload(
            session,
            cooperative_id=current_cooperative().id,
            person_id=current_person().id,
            file_name=file_name,
            data=data,
            key=f"{current_person().id}:{form.key}"[-64:],
            at=now(),
        )
        return Answer(url_for("village_sheets.show", import_id=import_id))

    return write_once(form, do) or _upload_page(form)


@blueprint.get("/harvests/sheets/empty.<any(csv, xlsx):suffix>")
@role_required(*HELPERS)
def template(suffix: str) -> ResponseReturnValue:
    """Send an empty sheet with the right headings."""
    with reading() as session:
        schema = _schema(session)
    return empty_sheet(schema, name="harvests", suffix=suffix)


@blueprint.get("/harvests/sheets/<int:import_id>")
@role_required(*HELPERS)
def show(import_id: int) -> ResponseReturnValue:
    """Show what a sheet holds, with every fault by row and column."""
    return _page(import_id, Form({}))


@blueprint.post("/harvests/sheets/<int:import_id>/listing")
@role_required(*HELPERS)
def save(import_id: int) -> ResponseReturnValue:
    """List the good rows of a sheet, once."""
    form, home_id, person_id = Form(), current_cooperative().id, current_person().id
    with reading() as session:
        village_sheets.own_sheet(
            session, import_id=import_id, cooperative_id=home_id, person_id=person_id
        )

    def do(session: Session) -> Answer:
        done = village_sheets.apply(
            session, import_id=import_id, cooperative_id=home_id, person_id=person_id, at=now()
        )
        text = gettext(
            "%(added)s listed, %(known)s were listed before.", added=done.added, known=done.known
        )
        flash(text, "bad" if done.refused else "good")
        return Answer(url_for("village_sheets.show", import_id=import_id))

    return write_once(form, do) or _page(import_id, form)


def _schema(session: Session) -> Schema:
    known = village_schema.known(
        session, cooperative_id=current_cooperative().id, by_id=current_person().id
    )
    return village_schema.schema(known)


def _upload_page(form: Form) -> ResponseReturnValue:
    with reading() as session:
        schema = _schema(session)
        latest = village_sheets.latest(
            session, cooperative_id=current_cooperative().id, person_id=current_person().id
        )
    page = render_template(
        "farmers/sheets.html",
        columns=[(heading(column), column.required) for column in schema.columns],
        sheets=latest,
        form=form,
    )
    return page, form.status


def _page(import_id: int, form: Form) -> ResponseReturnValue:
    with reading() as session:
        sheet = village_sheets.own_sheet(
            session,
            import_id=import_id,
            cooperative_id=current_cooperative().id,
            person_id=current_person().id,
        )
        columns = {column.key: heading(column) for column in _schema(session).columns}
        good = sheet.rows["good"]
        shown = good[:_MOST_ROWS_SHOWN]
        names = _names(session, [row["values"] for row in shown])
    listed = None if sheet.applied_at is None else village_sheets.result(sheet)
    page = SheetPage(
        sheet=sheet,
        headings=list(columns.values()),
        rows=[
            (row["row"], [_shown(key, row["values"].get(key), names) for key in columns])
            for row in shown
        ],
        good=len(good),
        faults=in_words(sheet.rows["faults"], columns),
        ignored=sheet.rows["ignored"],
        listed=listed,
        refused=[
            Fault(row, "", gettext(message) % figures)
            for row, message, figures in (listed.refused if listed else ())
        ],
    )
    return render_template("farmers/sheet.html", page=page, form=form), form.status


def _names(session: Session, rows: Sequence[Mapping[str, object]]) -> dict[tuple[str, object], str]:
    """Return the names of the farmers and crops that rows point at."""
    people = session.execute(
        select(Person.id, Person.name).where(Person.id.in_({row["farmer"] for row in rows}))
    )
    crops = session.scalars(select(Crop).where(Crop.id.in_({row["crop"] for row in rows})))
    return {
        **{("farmer", person_id): name for person_id, name in people},
        **{("crop", crop.id): crop_name(crop) for crop in crops},
    }


def _shown(key: str, value: object, names: Mapping[tuple[str, object], str]) -> str:
    """Return one value by its column, in the reader's words."""
    if value is None or value == "":
        return "–"
    if isinstance(value, int):
        if key == "price":
            return money(value)
        if key == "quantity":
            return number(Decimal(value) / 1000)
        return names.get((key, value), str(value))
    text = str(value)
    if key in ("ready_from", "ready_until"):
        return day(date.fromisoformat(text))
    if key in ("unit", "price_unit"):
        return unit_name(text)
    return grade_name(Grade(text)) if key == "grade" else text
