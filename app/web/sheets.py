"""Spreadsheets on pages: a sent file, an empty one to fill in, faults in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from app.documents.schema import Column, Schema
from app.documents.writing import CSV_TYPE, XLSX_TYPE, write_csv, write_xlsx
from app.kernel.errors import N_, BadInput, NotFound
from app.web.forms import Form
from app.web.locale import language
from app.web.translation import gettext


class NoFile(BadInput):
    """The form came without a file."""

    code = "setup_no_file"
    message = N_("Choose a file first.")


@dataclass(frozen=True)
class Fault:
    """One fault in words: the row's number, the column's heading, what is wrong."""

    row: int
    column: str
    message: str


def sent_file(form: Form) -> tuple[str, bytes]:
    """Return the name and the bytes of the form's file; none is noted at its field."""
    file = request.files.get("file")
    data = b"" if file is None else file.read()
    if not data:
        form.refuse(NoFile(field="file"))
    return "" if file is None else file.filename or "", data


def heading(column: Column) -> str:
    """Return a column's heading in the reader's language, as the reader of sheets knows it."""
    if language() == "zh" and column.headings:
        return column.headings[0]
    return column.key.replace("_", " ").capitalize()


def empty_sheet(schema: Schema, *, name: str, suffix: str) -> Response:
    """Return an empty sheet with the right headings, as CSV or XLSX.

    :raises NotFound: on any other suffix.
    """
    headings = [heading(column) for column in schema.columns]
    if suffix == "csv":
        body, media_type = write_csv(headings, []), CSV_TYPE
    elif suffix == "xlsx":
        body, media_type = write_xlsx(headings, [], title=name), XLSX_TYPE
    else:
        raise NotFound
    sent = Response(body, mimetype=media_type)
    sent.headers["Content-Disposition"] = f"attachment; filename=farmgate-{name}.{suffix}"
    return sent


def in_words(faults: Iterable[Mapping[str, Any]], names: Mapping[str, str]) -> list[Fault]:
    """Return kept faults in the reader's words.

    :param names: the columns' headings by their keys.
    """
    return [
        Fault(
            fault["row"],
            names.get(fault["column"], ""),
            gettext(fault["message"]) % fault["figures"],
        )
        for fault in faults
    ]
