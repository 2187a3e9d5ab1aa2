"""Pages as PDF, where the machine can make them; the print page serves where it cannot."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

from app.kernel.errors import N_, Refusal


class PdfUnavailable(Refusal):
    """WeasyPrint cannot start here, usually because Pango is missing."""

    code = "pdf_unavailable"
    message = N_("PDF cannot be made on this machine. Print the page instead.")
    status = 503


def pdf_available() -> bool:
    """Say whether PDF can be made here, so that a page offers it or the print page."""
    return _weasy() is not None


def render_pdf(html: str, *, static: Path) -> bytes:
    """Return an HTML page as a PDF.

    Addresses that begin with ``/static/`` are read from the folder; nothing else is
    fetched from anywhere.

    :raises PdfUnavailable: where :func:`pdf_available` says no.
    """
    weasy = _weasy()
    if weasy is None:
        raise PdfUnavailable
    pdf: bytes = weasy.write(html, static=static)
    return pdf


@cache
def _weasy() -> ModuleType | None:
    # Importing WeasyPrint loads Pango, which a small machine may not have; a market
    # without PDF is still a market.
    try:
        return import_module("app.documents.weasy")
    except (ImportError, OSError):
        return None
