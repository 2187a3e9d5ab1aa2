"""QR codes as drawings inside the page, sharp at any size and without a second request."""

from __future__ import annotations

import io

import segno
from markupsafe import Markup

from app.kernel.errors import N_, BadInput

LONGEST_TEXT = 1_000


class TextTooLongForCode(BadInput):
    """More text than a phone's camera can read off a small card."""

    code = "text_too_long_for_code"
    message = N_("This is too long for a QR code.")


def qr_svg(text: str, *, title: str) -> Markup:
    """Return an SVG element with a QR code (error correction M, quiet zone of four).

    It has no size of its own: the page's style gives it one.

    :param title: what the code is for, read out to those who cannot see it.
    :raises TextTooLongForCode: beyond 1,000 characters.
    """
    if len(text) > LONGEST_TEXT:
        raise TextTooLongForCode(field="text")
    out = io.BytesIO()
    segno.make(text, error="m", micro=False, boost_error=False).save(
        out,
        kind="svg",
        xmldecl=False,
        svgns=True,
        nl=False,
        border=4,
        omitsize=True,
        title=title,
        svgclass="qr",
        lineclass=None,
        light="#fff",
    )
    # segno escapes the title; nothing else in the drawing comes from outside.
    return Markup(out.getvalue().decode())


def qr_squares(text: str) -> list[list[bool]]:
    """Return the rows of the same code with its quiet zone, true where it is dark.

    :raises TextTooLongForCode: beyond 1,000 characters.
    """
    if len(text) > LONGEST_TEXT:
        raise TextTooLongForCode(field="text")
    code = segno.make(text, error="m", micro=False, boost_error=False)
    return [[bool(square) for square in row] for row in code.matrix_iter(border=4)]
