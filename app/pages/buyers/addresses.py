"""Ids in a page's address, such as the row after which a list goes on."""

from __future__ import annotations

from flask import request


def row_id(name: str) -> int | None:
    """Return the id that an address gives under a name, or nothing if it gives none."""
    typed = request.args.get(name, "")
    # An id has at most 18 digits on either database; anything longer is no id of ours.
    is_id = typed.isascii() and typed.isdigit() and len(typed) < 19
    return int(typed) if is_id else None
