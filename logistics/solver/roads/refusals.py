"""What building a road graph says no to."""

from __future__ import annotations

from app.kernel.errors import N_, BadInput


class BrokenExtract(BadInput):
    """The file is no OpenStreetMap extract, or was cut off on its way here."""

    code = "broken_extract"
    message = N_("This file cannot be read as an OpenStreetMap extract. Fetch it again.")


class ExtractTooLarge(BadInput):
    """The extract would not fit into this machine's memory."""

    code = "extract_too_large"
    message = N_(
        "The extract has %(size_mb)s MB; this machine takes %(most_mb)s MB. "
        "Cut it to your district first (osmium extract -b)."
    )


class NoRoads(BadInput):
    """The extract holds no road that a truck may drive."""

    code = "no_roads"
    message = N_("There is no road for trucks in this extract. Is it of the right district?")
